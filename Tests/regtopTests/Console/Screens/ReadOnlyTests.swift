import Testing

@testable import AdminCore
@testable import regtop

/// Every declared command, fired on every screen of a console that may change nothing, writes nothing; whether it is the session that
/// is read-only, or the console turned so.
@MainActor @Suite(.timeLimit(.minutes(15))) struct ReadOnlyTests {
    @Test(arguments: [true, false]) func noCommandOfAnyScreenWrites(isReadOnly: Bool) async throws {
        let bench = try await ScreenBench(isReadOnly: isReadOnly, reason: "a test says so.")
        var walk = Walk(bench: bench)
        try await walk.explore(depth: 0)
        #expect(bench.writer.count == 0)
        #expect(bench.rows[0].hasSuffix(" READ-ONLY"))
        let screens: Set = [
            "RepositoriesScreen", "RepositoryScreen", "ManifestScreen", "BlobScreen", "ObjectScreen", "UsesScreen",
            "TreeScreen", "HelpScreen", "TrashScreen", "UploadsScreen", "LogScreen", "CollectionScreen",
            "VerifyScreen",
        ]
        #expect(walk.visited.isSuperset(of: screens), "\(screens.subtracting(walk.visited)) was not reached")
        #expect(walk.changes >= 5)
    }

    /// The walk finds what it is there to find: where changes are allowed, it writes.
    @Test func theSameWalkWritesWhereItMay() async throws {
        let bench = try await ScreenBench()
        var walk = Walk(bench: bench)
        try await walk.explore(depth: 0)
        #expect(bench.writer.count > 0)
    }

    @MainActor private struct Walk {
        let bench: ScreenBench
        var visited: Set<String> = []
        /// How many commands that change something were fired.
        var changes = 0

        /// Fires every command of the screen shown, by name and by each of its keys, says yes to every question, and goes into every
        /// kind of screen that was not seen before.
        mutating func explore(depth: Int) async throws {
            let console = bench.console
            visited.insert(Self.kind(console.screen))
            let height = console.stack.count
            for command in console.screen.commands + console.globalCommands where command.name != "quit" {
                if command.isChange { changes += 1 }
                for way in 0...command.keys.count {
                    guard console.stack.count == height else { return }
                    if way == 0 {
                        console.run(command)
                    } else {
                        console.handle(command.keys[way - 1], size: bench.size)
                    }
                    try await answer()
                    await bench.settle()
                    if console.stack.count > height, !visited.contains(Self.kind(console.screen)) {
                        try await explore(depth: depth + 1)
                    }
                    while console.stack.count > height { await bench.press(.character("q")) }
                }
            }
        }

        /// Says yes to every question and gives every input another text than it had.
        private func answer() async throws {
            for _ in 0..<5 {
                await bench.settle()
                switch bench.console.overlay {
                case nil: return
                case .question(let panel, _) where panel.typed != nil:
                    await bench.type(panel.typed ?? "")
                    await bench.press(.enter)
                case .question: await bench.press(.character("y"))
                case .choice: await bench.press(.enter)
                // A filter that lets nothing through would leave the commands nothing to work on.
                case .prompt(let prompt, _) where ["/", ":"].contains(prompt.label): await bench.press(.escape)
                case .prompt: await bench.press(.character("x"), .enter)
                }
            }
        }

        private static func kind(_ screen: any Screen) -> String { "\(type(of: screen))" }
    }
}
