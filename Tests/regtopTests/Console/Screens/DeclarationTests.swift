import Testing

@testable import ConsoleKit
@testable import regtop

/// A screen without the declaration of one of its commands.
@MainActor private final class ThinnedScreen: Screen {
    let base: any Screen
    let missing: String?

    init(_ base: any Screen, without missing: String?) {
        self.base = base
        self.missing = missing
    }

    var title: TitleBar { base.title }
    var commands: [Command] { base.commands.filter { $0.name != missing } }
    func lines(_ size: Size) -> [Line] { base.lines(size) }
}

@MainActor @Suite(.timeLimit(.minutes(15))) struct DeclarationTests {
    /// Key, hint, help and name of a command come from its declaration: without it all four are
    /// gone.
    @Test func undeclaredCommandsDoNotExist() async throws {
        let bench = try await ScreenBench()
        await bench.press(.down)
        let size = Size(rows: 60, columns: 400)
        for command in bench.console.screen.commands where command.isEnabled() {
            for isDeclared in [true, false] {
                let console = Console(
                    root: ThinnedScreen(bench.console.screen, without: isDeclared ? nil : command.name),
                    board: TaskBoard {}, readOnlyReason: nil, header: { HeaderBar() })
                let working = console.workingCommands
                #expect(working.contains { $0.name == command.name } == isDeclared, "\(command.name)")
                for key in command.keys {
                    #expect(working.contains { $0.keys.contains(key) && $0.name == command.name } == isDeclared)
                }
                if let hint = command.hint, let key = command.keys.first {
                    let hints = console.frame(size).text.split(separator: "\n").last ?? ""
                    #expect(hints.contains("\(key.label) \(hint)") == isDeclared, "\(command.name)")
                }
                // A longer name that begins like this one would run instead.
                if !isDeclared, !working.contains(where: { $0.name.hasPrefix(command.name) }) {
                    for character in ":" + command.name { console.handle(.character(character), size: size) }
                    console.handle(.enter, size: size)
                    guard case .failure(let text) = console.status, text.hasPrefix("Unknown command") else {
                        Issue.record("\(command.name) was not refused")
                        continue
                    }
                }
                console.handle(.character("?"), size: size)
                #expect(console.frame(size).text.contains(":\(command.name) ") == isDeclared, "\(command.name)")
            }
        }
    }

    /// Every entry of the catalog has a unique name, and a key that the first screen does not use.
    @Test func everyEntryOfTheCatalogOpens() async throws {
        let bench = try await ScreenBench()
        let entries = ScreenCatalog.entries
        #expect(Set(entries.map(\.name)).count == entries.count)
        let keys = entries.flatMap(\.keys)
        #expect(Set(keys).count == keys.count)
        #expect(Set(keys).isDisjoint(with: bench.console.screen.commands.flatMap(\.keys)))
        for entry in entries {
            let first = bench.console.screen
            await bench.press(.character(":"))
            await bench.type(entry.name)
            await bench.press(.enter)
            #expect(bench.console.stack.count == 2, "\(entry.name)")
            await bench.press(.character("q"))
            #expect(bench.console.screen === first)
            for key in entry.keys {
                await bench.press(key)
                #expect(bench.console.stack.count == 2, "\(entry.name)")
                await bench.press(.character("q"))
            }
        }
    }

    @Test func namesAreCompletedAndTakeArguments() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character(":"))
        await bench.type("poo")
        await bench.press(.tab)
        #expect(bench.status == ":pool")
        await bench.press(.escape, .character(":"))
        await bench.type("sort si")
        await bench.press(.tab)
        #expect(bench.status == ":sort size")
        await bench.press(.enter)
        #expect(bench.rows[1].contains("sorted by size, descending"))
        await bench.press(.character(":"))
        await bench.type("sort nothing")
        await bench.press(.enter)
        #expect(bench.text.contains("Cannot sort by \"nothing\". Columns: name, tags, revisions"))
        await bench.press(.character(":"))
        await bench.type("refresh now")
        await bench.press(.enter)
        #expect(bench.status == ":refresh takes no argument.")
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ characters: String) -> String {
        var text = self
        while let last = text.last, characters.contains(last) { text.removeLast() }
        return String(text)
    }
}
