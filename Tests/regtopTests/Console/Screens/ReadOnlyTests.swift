import Testing

@testable import ConsoleKit

/// Every command, run on every screen of a read-only console, writes nothing. Either the session is
/// read-only, or only the console is.
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

    /// The walk does write if changes are allowed, so it reaches the changing commands. It ends at
    /// the first write.
    @Test func theWalkWritesIfChangesAreAllowed() async throws {
        let bench = try await ScreenBench()
        var walk = Walk(bench: bench, endsAtAWrite: true)
        try await walk.explore(depth: 0)
        #expect(bench.writer.count > 0)
    }

    @MainActor private struct Walk {
        let bench: ScreenBench
        var endsAtAWrite = false
        var visited: Set<String> = []
        /// The number of changing commands that were run.
        var changes = 0

        /// Runs every command of the screen by name and by each key, answers every question with
        /// yes, and enters every new kind of screen. The keys of the commands that every screen has
        /// are pressed on the first one only.
        mutating func explore(depth: Int) async throws {
            let console = bench.console
            visited.insert(Self.kind(console.screen))
            let height = console.stack.count
            let own = console.screen.commands.map { ($0, 0...$0.keys.count) }
            let others = console.globalCommands.map { ($0, 0...(depth == 0 ? $0.keys.count : 0)) }
            for (command, ways) in own + others where command.name != "quit" {
                if command.isChange { changes += 1 }
                for way in ways {
                    guard console.stack.count == height, !endsAtAWrite || bench.writer.count == 0 else { return }
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

        /// Answers every question with yes and changes the text of every input.
        private func answer() async throws {
            for _ in 0..<5 {
                await bench.settle()
                switch bench.console.overlay {
                case nil, .planning: return
                case .question(let panel, _) where panel.typed != nil:
                    await bench.type(panel.typed ?? "")
                    await bench.press(.enter)
                case .question: await bench.press(.pageDown, .pageDown, .character("y"))
                case .choice: await bench.press(.enter)
                // A filter without matches leaves no rows for the commands; an export leaves files.
                case .prompt(let prompt, _) where ["/", ":", "export to: "].contains(prompt.label):
                    await bench.press(.escape)
                case .prompt: await bench.press(.character("x"), .enter)
                }
            }
        }

        private static func kind(_ screen: any Screen) -> String { "\(type(of: screen))" }
    }
}
