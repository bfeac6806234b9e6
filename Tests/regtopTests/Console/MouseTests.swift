import Synchronization
import Testing

@testable import ConsoleKit

@MainActor @Suite(.timeLimit(.minutes(15))) struct MouseTests {
    private func press(_ bench: Bench, _ kind: MouseEvent.Kind, row: Int) {
        bench.press(.mouse(MouseEvent(kind: kind, row: row, column: 8)))
    }

    @Test func aClickChoosesTheRowItPointsAt() {
        let bench = Bench()
        _ = bench.rows
        press(bench, .click, row: 5)
        #expect(bench.screen.view.table.selected?.id == "cron")
        #expect(bench.rows[5].hasPrefix(">   cron"))
        press(bench, .click, row: 3)
        #expect(bench.screen.view.table.selected?.id == "web")
    }

    @Test func clicksOutsideTheRowsDoNothing() {
        let bench = Bench()
        _ = bench.rows
        for row in [0, 1, 2, 6, 9, 10, 11, 40] { press(bench, .click, row: row) }
        #expect(bench.screen.view.table.selected?.id == "web")
        press(bench, .doubleClick, row: 11)
        #expect(bench.console.stack.count == 1)
    }

    @Test func aDoubleClickOpens() {
        let bench = Bench()
        _ = bench.rows
        press(bench, .doubleClick, row: 4)
        #expect(bench.console.screen.title.title == "Tags of api")
    }

    @Test func theWheelMoves() {
        let bench = Bench()
        press(bench, .wheelDown, row: 1)
        #expect(bench.screen.view.table.selected?.id == "cron")
        press(bench, .wheelUp, row: 1)
        #expect(bench.screen.view.table.selected?.id == "web")
    }

    /// A question keeps its subject.
    @Test func clicksDoNotEndAQuestion() {
        let bench = Bench()
        _ = bench.rows
        bench.press(.character("d"))
        press(bench, .click, row: 4)
        press(bench, .doubleClick, row: 4)
        #expect(bench.hasOverlay)
        #expect(bench.screen.view.table.selected?.id == "web")
        #expect(bench.screen.changes.withLock { $0 } == 0)
    }

    /// Outside an input, no key with Alt has a meaning.
    @Test func altOutsideAnEditorIsNoKey() {
        let bench = Bench()
        bench.press(.character("d"), .meta("y"), .meta("j"))
        #expect(bench.hasOverlay)
        #expect(bench.screen.changes.withLock { $0 } == 0)
        bench.press(.escape, .meta("d"))
        #expect(!bench.hasOverlay)
    }
}
