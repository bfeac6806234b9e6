import Testing

@testable import regtop

@MainActor @Suite(.timeLimit(.minutes(15))) struct GoldenTests {
    /// Every screen that there is has a golden: whoever adds one adds a line to `Scene.all`.
    @Test func everyScreenLooksAsItIsToLookAndNoneIsLeftOut() async throws {
        var seen: Set<String> = []
        for scene in Scene.all {
            let bench = try await ScreenBench()
            await bench.play(scene)
            seen.formUnion(bench.console.stack.map { "\(type(of: $0))" })
            for size in Golden.sizes {
                bench.size = size
                await bench.settle()
                try Golden.check(Golden.steady(bench.text), scene.name, size)
            }
        }
        let bench = try await ScreenBench()
        for entry in ScreenCatalog.entries {
            let screen = entry.make(.init(store: bench.store, board: bench.console.board))
            #expect(seen.contains("\(type(of: screen))"), "the screen \"\(entry.name)\" has no golden")
        }
    }
}
