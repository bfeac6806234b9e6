import Testing

@testable import ConsoleKit
@testable import Presentation
@testable import regtop

/// Themes, keys and confirmations of the user's own.
@MainActor @Suite(.timeLimit(.minutes(15))) struct LookTests {
    private func run(_ command: String, _ bench: ScreenBench) async {
        await bench.press(.character(":"))
        await bench.type(command)
        await bench.press(.enter)
    }

    @Test func themesChangeWhileTheConsoleRuns() async throws {
        let bench = try await ScreenBench()
        await run("theme light", bench)
        #expect(bench.console.look.theme == .light && bench.status == "The theme is light.")
        await run("theme purple", bench)
        #expect(bench.console.look.theme == .light)
        #expect(bench.status == "No theme \"purple\". Themes: default, dark, light, high-contrast, mono.")
        await run("theme", bench)
        await bench.press(.down, .down, .enter)
        #expect(bench.console.look.theme == .dark)
    }

    @Test func theMouseIsToggledWhileTheConsoleRuns() async throws {
        let bench = try await ScreenBench()
        await run("mouse", bench)
        #expect(!bench.console.look.hasMouse && bench.status.hasPrefix("The mouse is left to the terminal"))
        await run("mouse", bench)
        #expect(bench.console.look.hasMouse && bench.status == "The console takes the mouse.")
    }

    /// The terminal gets the colours of the theme, but none with NO_COLOR.
    @Test func theTerminalGetsTheColours() async throws {
        let whiteOnBlack = "\u{1b}[38;5;231m\u{1b}[48;5;16m"
        try await TerminalWindow.with(["demo"], environment: ["TERM=tmux-256color"]) { window in
            try await window.idle()
            #expect(try await !window.colours().contains(whiteOnBlack))
            for word in [":", "theme high-contrast"] { try await window.type(word) }
            try await window.press("Enter")
            let screen = try await window.colours()
            // Every cell, also one without text, has colours of the theme.
            #expect(screen.contains(whiteOnBlack) && !screen.contains("[49m"))
            #expect(!screen.contains(/\[0m[^\u{1b}]/))
        }
        try await TerminalWindow.with(["demo"], environment: ["TERM=tmux-256color", "NO_COLOR=1"]) { window in
            try await window.idle()
            for word in [":", "theme high-contrast"] { try await window.type(word) }
            try await window.press("Enter")
            #expect(try await !window.colours().contains("8;5;"))
            #expect(try await window.text().contains("NO_COLOR is set, so no theme has colours."))
        }
    }

    /// A key of the user's own shows in hints, help, palette and sentences, and replaces the usual
    /// one.
    @Test func ownKeysShowAndWork() async throws {
        let settings = Settings(
            keys: KeyMap(["delete": [.character("x")], "delete-now": [], "undo": [.character("z")]]))
        let bench = try await ScreenBench(settings: settings)
        await bench.press(.character("d"), .delete, .character("D"), .function(9))
        #expect(!bench.isAsked)
        #expect(bench.rows[23].contains("x delete"))
        await bench.press(.character(":"))
        await bench.type("dele")
        #expect(bench.text.contains(/delete +x +Deletes/) && bench.text.contains(/delete-now +Permanently/))
        await bench.press(.escape, .character("?"))
        bench.size = Size(rows: 60, columns: 120)
        #expect(bench.text.contains(/x +:delete +Deletes/) && bench.text.contains(/\n +:delete-now +Perm/))
        bench.size = Size(rows: 24, columns: 80)
        await bench.press(.escape)
        await bench.find("app/web/cache")
        await bench.press(.character("x"))
        #expect(bench.isAsked)
        await bench.accept()
        #expect(bench.status.hasSuffix("z restores it."))
        await bench.press(.character("z"))
        #expect(bench.isAsked)
    }

    /// A user can ask for more confirmations, and the guards of the others stay as they are.
    @Test func everyChangeIsTypedIfTheUserSaysSo() async throws {
        for confirmation in Confirmation.allCases {
            let bench = try await ScreenBench(settings: Settings(confirmation: confirmation))
            await bench.find("library/alpine")
            await bench.press(.enter, .character("d"))
            let isAlways = confirmation == .alwaysTyped
            #expect((bench.typed == nil) == !isAlways)
            await bench.press(.pageDown, .pageDown, .character("y"))
            #expect((bench.writer.count == 0) == isAlways)
            await bench.press(.escape, .escape, .escape)
            // Deleting for good is typed anyway.
            await bench.find("app/web/cache")
            await bench.press(.character("D"))
            #expect(bench.typed == "app/web/cache")
            await bench.press(.escape)
            await run("collection", bench)
            await bench.press(.character("x"), .enter)
            #expect(bench.typed == (isAlways ? "collect" : nil))
        }
    }
}

extension ScreenBench {
    /// True if a question is on the screen.
    var isAsked: Bool {
        if case .question = console.overlay { true } else { false }
    }

    /// The text to type for a yes; nil if `y` is enough.
    var typed: String? {
        if case .question(let panel, _) = console.overlay { panel.typed } else { nil }
    }
}
