import Synchronization
import Testing

@testable import ConsoleKit
@testable import SafeText

/// A gate at which work waits until the test opens it, with the number of arrivals.
private final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

private struct Broken: Error, CustomStringConvertible {
    let description = "osd.3 does not answer"
}

@MainActor @Suite(.timeLimit(.minutes(15))) struct TaskBoardTests {
    @Test func partsArriveDuringTheWork() async {
        let bench = Bench()
        let gate = Gate()
        bench.screen.work = { reporter in
            reporter.emit(1)
            reporter.progress(TaskProgress(done: 1, total: 2))
            await gate.pass()
            reporter.emit(2)
        }
        bench.press(.character("u"))
        #expect(bench.console.board.busy == 1)
        await bench.settle { bench.console.board.activities.first?.progress.done == 1 }
        #expect(bench.screen.found == [1])
        gate.open()
        await bench.settle { bench.console.board.busy == 0 }
        #expect(bench.screen.found == [1, 2])
        #expect(bench.rows[10] == "Scanned.")
    }

    /// On a hanging cluster keys still work. Esc ends the scan at once and keeps its results.
    @Test func aHangingQueryBlocksNothing() async {
        let bench = Bench()
        let gate = Gate()
        bench.screen.work = { reporter in
            reporter.emit(1)
            await gate.pass()
            reporter.emit(99)
        }
        bench.press(.character("u"))
        await bench.settle { bench.screen.found == [1] }
        bench.press(.character("j"))
        #expect(bench.screen.view.table.selected?.id == "api")
        bench.press(.escape)
        #expect(bench.console.board.busy == 0)
        #expect(bench.rows[10] == "Stopped; the results so far stay.")
        gate.open()
        bench.console.drain()
        #expect(bench.screen.found == [1])
    }

    @Test func theNewestQueryWins() async {
        let bench = Bench()
        let gate = Gate()
        bench.screen.work = { reporter in
            await gate.pass()
            reporter.emit(1)
        }
        bench.press(.character("u"))
        bench.screen.work = { $0.emit(2) }
        bench.press(.character("u"))
        #expect(bench.console.board.busy == 1)
        gate.open()
        await bench.settle { bench.console.board.busy == 0 }
        #expect(bench.screen.found == [2])
    }

    @Test func failuresAreShown() async {
        let bench = Bench()
        bench.screen.work = { _ in throw Broken() }
        bench.press(.character("u"))
        await bench.settle { bench.console.board.busy == 0 }
        #expect(bench.rows[10] == "osd.3 does not answer")
    }

    @Test func queriesEndWithTheirScreenAndChangesDoNot() async {
        let bench = Bench()
        let gate = Gate()
        bench.press(.enter)
        let upper = bench.console.screen
        bench.console.perform(
            .ask(
                .stream(Slot(upper, "scan"), "scanning") { (_: Reporter<Int>) in
                    await gate.pass()
                } fold: { _ in
                } end: { _ in
                    .none
                }))
        bench.console.perform(
            .apply(
                .change(Slot(upper, "delete"), "deleting") { _ in
                    await gate.pass()
                } then: { _ in
                    .say(.info("Done."))
                }))
        #expect(bench.console.board.busy == 2)
        bench.press(.character("q"))
        #expect(bench.console.board.activities.map(\.label) == ["deleting"])
        // Quit asks while a change runs.
        bench.press(.character("q"))
        #expect(!bench.console.hasEnded && bench.hasOverlay)
        bench.press(.escape)
        gate.open()
        await bench.settle { bench.console.board.busy == 0 }
        #expect(bench.rows[10] == "Done.")
    }

    @Test func aStoppedChangeReportsItsOutcome() async {
        let bench = Bench()
        let gate = Gate()
        let slot = Slot(bench.screen, "delete")
        let change = Query.change(slot, "deleting") { _ in
            await gate.pass()
            return Task.isCancelled ? "3 done, 4 not done" : "7 done"
        } then: { result in
            .say(.info((try? result.get()) ?? "no outcome"))
        }
        bench.console.perform(.apply(change))
        bench.press(.escape, .character("y"))
        #expect(bench.console.board.busy == 1)
        #expect(bench.console.board.activities.first?.isStopping == true)
        // A running change is never replaced.
        bench.console.perform(.apply(change))
        #expect(bench.rows[10].hasPrefix("A change is still running here"))
        gate.open()
        await bench.settle { bench.console.board.busy == 0 }
        #expect(bench.rows[10] == "3 done, 4 not done")
    }

    /// Lists say how old they are, from a minute on.
    @Test func oldListsTellTheirAge() {
        let view = Bench().screen.view
        let now = ContinuousClock.now
        func text(_ later: Duration) -> String { view.selection(at: now + later).map(\.text).joined(separator: " ") }
        #expect(!text(.seconds(50)).contains("ago"))
        #expect(text(.seconds(190)).contains("read 3 min"))
    }

    @Test func slowQueriesAreShown() {
        let bench = Bench()
        let gate = Gate()
        bench.screen.work = { _ in await gate.pass() }
        bench.press(.character("u"))
        let started = ContinuousClock.now
        #expect(!bench.console.frame(bench.size, now: started).text.contains("scanning"))
        let later = bench.console.frame(bench.size, now: started.advanced(by: .seconds(12))).text
        #expect(later.contains("scanning  12 s   Esc stops"))
        gate.open()
    }
}
