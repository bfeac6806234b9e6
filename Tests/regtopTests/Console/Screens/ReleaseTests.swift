import Testing

@testable import ConsoleKit
@testable import regtop

/// The memory of screens.
@MainActor @Suite(.timeLimit(.minutes(15))) struct ReleaseTests {
    /// Commands belong to their screen; one that kept it would keep its rows for ever.
    @Test func closedScreensAreReleased() async throws {
        let bench = try await ScreenBench()
        var closed: [Released] = []
        await bench.find("ml/weights")
        for _ in 0..<4 {
            await bench.press(.enter)
            closed.append(Released(screen: bench.console.screen))
        }
        for key in Array("bFTPLcp|") {
            await bench.press(.character(key))
            closed.append(Released(screen: bench.console.screen))
        }
        let count = bench.console.stack.count
        #expect(count >= 11 && closed.allSatisfy { $0.screen != nil })
        for _ in 1..<count { await bench.press(.character("q")) }
        #expect(bench.console.stack.count == 1)
        let kept = closed.compactMap(\.screen).filter { $0 !== bench.console.screen }
        #expect(kept.isEmpty, "\(kept.map(\.title.title))")
    }

    private struct Released {
        weak var screen: (any Screen)?
    }
}
