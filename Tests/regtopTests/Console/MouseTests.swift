import Synchronization
import Testing

@testable import ConsoleKit

@MainActor @Suite(.timeLimit(.minutes(15))) struct MouseTests {
    private func press(_ bench: Bench, _ kind: MouseEvent.Kind, row: Int, column: Int = 50) {
        bench.press(.mouse(MouseEvent(kind: kind, row: row, column: column)))
    }

    /// The first place of a text in a row.
    private func place(of text: String, _ row: String) throws -> Int {
        row.distance(from: row.startIndex, to: try #require(row.firstRange(of: text)).lowerBound)
    }

    /// A click on a title sorts by its column, and another one reverses the order.
    @Test func aClickOnATitleSorts() throws {
        let bench = Bench()
        let (size, name) = (try place(of: "SIZE", bench.rows[2]) + 3, try place(of: "NAME", bench.rows[2]))
        press(bench, .click, row: 2, column: size)
        #expect(bench.rows[2].contains("SIZE▼"))
        press(bench, .doubleClick, row: 2, column: size)
        #expect(bench.rows[2].contains("SIZE▲"))
        press(bench, .click, row: 2, column: name)
        #expect(bench.rows[2].contains("NAME▲") && bench.rows[3].contains("api"))
        // This column has no order.
        press(bench, .click, row: 2, column: try place(of: "STATE", bench.rows[2]))
        #expect(bench.rows[2].contains("NAME▲"))
    }

    /// A click on a hint is its key.
    @Test func aClickOnAHintRunsItsCommand() throws {
        let bench = Bench()
        press(bench, .click, row: 11, column: try place(of: "delete", bench.rows[11]))
        #expect(bench.hasOverlay && bench.rows.contains("Delete web?  y yes  N no"))
        // The hints of a question are no answers.
        for column in 0..<60 { press(bench, .click, row: 11, column: column) }
        #expect(bench.hasOverlay && bench.screen.changes.withLock { $0 } == 0)
        bench.press(.escape)
        for text in ["   d delete", "   ? help"] {
            press(bench, .click, row: 11, column: try place(of: text, bench.rows[11]) + 1)
            #expect(!bench.hasOverlay && bench.console.stack.count == 1, "a gap is no hint")
        }
        press(bench, .click, row: 11, column: try place(of: "? help", bench.rows[11]))
        #expect(bench.console.screen.title.title == "Help")
        // The second click of two would quit.
        press(bench, .click, row: 11, column: try place(of: "q back", bench.rows[11]))
        press(bench, .doubleClick, row: 11, column: try place(of: "q quit", bench.rows[11]))
        #expect(bench.console.stack.count == 1 && !bench.console.hasEnded)
    }

    /// A click on a title of a screen below returns to it.
    @Test func aClickOnACrumbGoesBack() throws {
        let bench = Bench()
        bench.press(.enter, .character("?"))
        #expect(bench.rows[1].hasPrefix("Repositories › Tags of web › Help"))
        press(bench, .click, row: 1, column: try place(of: "Help", bench.rows[1]))
        #expect(bench.console.stack.count == 3)
        press(bench, .click, row: 1, column: try place(of: "Tags", bench.rows[1]))
        #expect(bench.console.screen.title.title == "Tags of web")
        bench.press(.character("?"))
        press(bench, .click, row: 1, column: 0)
        #expect(bench.console.screen === bench.screen && bench.screen.appearances == 2)
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
        for row in [0, 1, 6, 9, 10, 40] { press(bench, .click, row: row) }
        #expect(bench.screen.view.table.selected?.id == "web")
        press(bench, .doubleClick, row: 10)
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

    /// The wheel and the arrows of an input move, whatever keys the user gave to the moves.
    @Test func theWheelMovesWithOtherKeys() {
        let bench = Bench(keys: KeyMap(["down": [.function(12)], "up": [], "delete": [.down, .up]]))
        press(bench, .wheelDown, row: 1)
        #expect(!bench.hasOverlay && bench.screen.view.table.selected?.id == "cron")
        press(bench, .wheelUp, row: 1)
        #expect(bench.screen.view.table.selected?.id == "web")
        bench.press(.character("/"), .down)
        #expect(bench.screen.view.table.selected?.id == "api")
        press(bench, .wheelDown, row: 1)
        #expect(bench.screen.view.table.selected?.id == "cron" && bench.hasOverlay)
        bench.press(.escape, .character("d"))
        #expect(!bench.hasOverlay)
        bench.press(.down)
        #expect(bench.hasOverlay)
        press(bench, .wheelDown, row: 1)
        #expect(bench.hasOverlay, "the wheel is no answer")
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
