import Foundation
import Testing

/// Journeys through the real program in a real terminal, on the sample registry.
@Suite(.serialized, .timeLimit(.minutes(15))) struct JourneyTests {
    struct Look: Sendable, CustomTestStringConvertible {
        let columns: Int
        let rows: Int
        let environment: [String]

        var testDescription: String { "\(columns)x\(rows) \(environment.joined(separator: " "))" }

        static let all: [Look] = [(80, 24), (200, 60), (40, 10)].flatMap { columns, rows in
            [["TERM=tmux-256color"], ["TERM=tmux-256color", "NO_COLOR=1"]].map {
                Look(columns: columns, rows: rows, environment: $0)
            }
        }
    }

    @Test(arguments: Look.all) func fromTheRepositoriesToAChunkObject(_ look: Look) async throws {
        try await TerminalWindow.with(
            ["demo"], columns: look.columns, rows: look.rows, environment: look.environment
        ) { window in
            try await window.idle()
            let first = try await window.screen()
            #expect(first[0].hasPrefix(" regtop  sample registry"))
            #expect(first[1].hasPrefix("Repositories"))
            #expect(first.contains { $0.contains("app/web") })
            try await window.press("/")
            try await window.type("ml/w")
            let filtered = try await window.text()
            #expect(filtered.contains("ml/weights") && !filtered.contains("app/web"))
            try await window.press("Enter", "Enter")
            #expect(try await window.press("Enter").screen.hasPrefix("ml/weights:"))
            try await window.press("/")
            try await window.type("layer")
            #expect(try await window.press("Enter", "Enter").screen.hasPrefix("Blob sha256:"))
            #expect(try await window.text().contains("ok"))
            #expect(try await window.press("Enter").screen.hasPrefix("Object blob:"))
            let object = try await window.screen()
            #expect(object.count <= look.rows + 1)
            #expect(object.contains { $0.contains("blob:") })
            #expect(try await window.press("h", "h", "h", "h").screen == "Repositories")
        }
    }

    @Test func helpSortAndTree() async throws {
        try await TerminalWindow.with(["demo"], rows: 60) { window in
            try await window.idle()
            #expect(try await window.press("?").screen == "Help")
            #expect(try await window.text().contains("Sorts by the next column"))
            #expect(try await window.press("Escape").screen == "Repositories")
            try await window.press("s", "s", "s")
            let sorted = try await window.screen()
            #expect(sorted[2].contains("SIZE▼"))
            #expect(sorted[1].contains("sorted by size, descending"))
            #expect(try await window.press("t").screen == "Tree /")
            #expect(try await window.press("Enter").screen == "Tree /docker")
            #expect(try await window.press("BSpace", "q").screen == "Repositories")
        }
    }

    @Test func answeringNoKeepsAndYesDeletes() async throws {
        let place = try TemporaryPlace()
        let file = "\(place.path)/sample.db"
        try await TerminalWindow.with(["demo", file], in: place) { window in
            try await window.idle()
            try await window.press("/")
            try await window.type("attic/")
            try await window.press("Enter", "d")
            let question = try await window.text()
            #expect(question.contains("Delete attic/cron?"))
            #expect(question.contains("reclaimable"))
            #expect(question.contains("goes to the trash, can be restored"))
            try await window.press("Escape")
            #expect(try await window.text().contains("attic/cron "))
            try await window.press("d")
            try await window.type("attic/cron")
            #expect(try await window.text().contains("Pasted text is not taken here; type it."))
            try await window.spell("attic/cron")
            try await window.press("Enter")
            let after = try await window.text()
            #expect(after.contains("Deleted attic/cron"))
            #expect(after.contains(">   attic/intranet"))
            try await window.press("m")
            try await window.type("2")
            try await window.press("Enter")
            try await window.press("y")
            #expect(try await window.text().contains("Moved attic/intranet to attic/intranet2."))
            #expect(try await window.finish("C-c") == 130)
        }
        let names = try await RegtopProgram.run("repos", "--store=sqlite:\(file)", in: place)
        let text = String(decoding: names.output, as: UTF8.self)
        #expect(!text.contains("attic/cron") && text.contains("attic/intranet2"))
    }

    /// A step of the cursor repaints two rows with at most 250 bytes, for slow lines. A key that
    /// changes nothing writes the same trace, and is taken off.
    @Test func aStepOfTheCursorIsCheap() async throws {
        try await TerminalWindow.with(["demo"]) { window in
            try await window.idle()
            func cost(of key: String) async throws -> Int {
                let before = try await window.written
                try await window.press(key)
                return try await window.written - before
            }
            var costs: [Int] = []
            for _ in 0..<12 { costs.append(try await cost(of: "j")) }
            try await window.press("g")
            let nothing = try await cost(of: "g")
            // A refresh of the header during a step adds a frame to the trace.
            #expect((costs.min() ?? 0) - nothing <= 250, "\(costs) \(nothing)")
            #expect(try await window.finish("q") == 0)
        }
    }

    /// Replies, reports and pastes change nothing, open nothing, and leave no screen.
    @Test func nothingThatIsNotTypedIsACommand() async throws {
        let place = try TemporaryPlace()
        let file = "\(place.path)/sample.db"
        try await TerminalWindow.with(["demo", file], in: place) { window in
            try await window.idle()
            try await window.press("/")
            try await window.type("attic/cron")
            try await window.press("Enter")
            let before = try await window.screen()
            for report in Capture.reports {
                // In two writes, the first of which does not end with Esc: that could be the key.
                let bytes = report.unicodeScalars
                let middle = bytes.index(after: bytes.firstIndex { $0 != "\u{1b}" } ?? bytes.startIndex)
                try await window.send(String(bytes[..<middle]))
                try await window.send(String(bytes[middle...]))
            }
            try await window.press("j")
            #expect(try await window.screen() == before)
            for paste in ["daily y\r", "\u{1b}[200~d\u{1b}[201~", "\u{1b}[200~y\r\u{1b}[201~"] {
                let text = paste.replacing("\u{1b}[200~", with: "").replacing("\u{1b}[201~", with: "")
                try await window.send(paste, strokes: text.unicodeScalars.count)
                try await window.idle()
                let after = try await window.screen()
                #expect(after.dropLast(3) == before.dropLast(3))
                #expect(after.contains { $0.contains("Pasted text is no command") })
            }
            // The answer comes before the question is on the screen.
            try await window.type("dy")
            #expect(try await window.text().contains("Delete attic/cron?"))
            try await window.press("Escape")
            #expect(try await window.finish("C-c") == 130)
        }
        let log = try await RegtopProgram.run(["log", "-f", "json", "--store=sqlite:\(file)"], in: place)
        #expect(log.text.trimmingCharacters(in: .whitespacesAndNewlines) == "[]")
    }

    @Test func everySizeShowsSomething() async throws {
        try await TerminalWindow.with(["demo"]) { window in
            try await window.idle()
            for (columns, rows) in [(200, 60), (40, 10), (20, 5), (10, 3), (2, 2), (80, 24)] {
                try await window.resize(columns: columns, rows: rows)
                try await window.press("j")
                #expect(try await !window.text().allSatisfy(\.isWhitespace), "\(columns)x\(rows)")
            }
            #expect(try await window.screen()[0].hasPrefix(" regtop  sample registry"))
        }
    }

    enum Ending: String, CaseIterable, Sendable {
        case quit, interrupt, terminate, terminateHeld, abort
    }

    @Test(arguments: Ending.allCases) func theTerminalIsRestored(_ ending: Ending) async throws {
        try await TerminalWindow.with(["demo"]) { window in
            try await window.idle()
            #expect(try await window.variable("alternate_on") == "1")
            let code =
                switch ending {
                case .quit: try await window.finish("q")
                case .interrupt: try await window.finish("C-c")
                case .terminate: try await end(window, by: SIGTERM)
                // ^S holds the output: the answer to the next key waits for ^Q.
                case .terminateHeld:
                    try await endHeld(window)
                // Neither a question of a backtrace nor a process without a terminal follows.
                case .abort: try await end(window, by: SIGQUIT)
                }
            #expect(code == [.quit: 0, .interrupt: 130, .terminate: 143, .terminateHeld: 143, .abort: 131][ending])
            let (before, after) = try (window.note("before"), window.note("after"))
            #expect(before == after)
            let errors = try window.note("errors")
            #expect(ending == .abort ? errors.contains("regtop: ended by signal 03") : errors.isEmpty)
            #expect(try await window.variable("alternate_on") == "0")
            #expect(try await window.variable("cursor_flag") == "1")
            #expect(try await window.variable("keypad_flag") == "0")
        }
    }

    /// ^Z restores the terminal of the shell; `fg` returns to the same screen.
    @Test func suspendsAndContinues() async throws {
        try await TerminalWindow.with(["demo"]) { window in
            try await window.idle()
            try await window.press("/")
            try await window.type("attic")
            try await window.press("Enter", "Space")
            let before = try await window.screen()
            #expect(try await window.finish("C-z") == 148)
            #expect(try await window.text().contains("this is the shell"))
            #expect(try await window.variable("alternate_on") == "0")
            #expect(try window.note("between") == window.note("before"))
            try await window.resume()
            #expect(try await window.screen() == before)
            try await window.press("j")
            #expect(try await window.screen().contains { $0.hasPrefix(">   attic/y2k") })
            #expect(try await window.finish("q") == 0)
            #expect(try window.note("after") == window.note("before"))
        }
    }

    /// A click chooses, the wheel moves, a double click opens; with --no-mouse the terminal keeps
    /// the mouse.
    @Test(arguments: [true, false]) func theMouseChoosesAndOpens(_ hasMouse: Bool) async throws {
        let words = hasMouse ? ["demo"] : ["demo", "--no-mouse"]
        try await TerminalWindow.with(words, environment: ["TERM=xterm-256color"]) { window in
            try await window.idle()
            #expect(try await window.variable("mouse_any_flag") == (hasMouse ? "1" : "0"))
            guard hasMouse else { return }
            try await window.click(row: 6)
            #expect(try await window.screen()[6].hasPrefix(">   attic/cron"))
            try await window.scroll()
            #expect(try await window.screen()[9].hasPrefix(">   ci/base"))
            // Both clicks at once: two that wait for the screen can be too far from each other.
            #expect(try await window.click(row: 7, times: 2).screen == "attic/intranet")
        }
    }

    @Test func aTypeWithoutADescriptionIsDrawnAsItsFamily() async throws {
        try await TerminalWindow.with(["demo"], columns: 100, environment: ["TERM=xterm-of-tomorrow"]) { window in
            try await window.idle()
            let text = try await window.text()
            #expect(text.contains("no description of xterm-of-tomorrow; the screen is drawn as for xterm-256color."))
            #expect(try await window.finish("q") == 0)
            #expect(try window.note("after") == window.note("before"))
            #expect(try await window.variable("alternate_on") == "0")
        }
    }

    private func end(_ window: TerminalWindow, by signal: Int32) async throws -> Int {
        kill(try await window.process, signal)
        return try await window.exitCode()
    }

    private func endHeld(_ window: TerminalWindow) async throws -> Int {
        try await window.send("\u{13}")
        try await window.send("j")
        return try await end(window, by: SIGTERM)
    }

    @Test func openingErrorsFollowTheRestoredTerminal() async throws {
        try await TerminalWindow.with(["--store", "sqlite:/nowhere/at/all.db"]) { window in
            #expect(try await window.exitCode() == 1)
            let errors = try window.note("errors")
            #expect(errors.contains("/nowhere/at/all.db"))
            #expect(errors.split(separator: "\n").count == 1)
            let (before, after) = try (window.note("before"), window.note("after"))
            #expect(before == after)
            #expect(try await window.variable("alternate_on") == "0")
        }
    }
}
