import Testing

@testable import ConsoleKit
@testable import SafeText
@testable import regtop

@Suite struct WidgetTests {
    @Test func headersDropTheLeastImportantItems() {
        var bar = HeaderBar(items: [
            .init(text: "regtop"), .init(text: "registry"), .init(text: "HEALTH_OK", priority: 1),
            .init(text: "3.1 M objects", priority: 2),
        ])
        bar.badge = "READ-ONLY"
        #expect(bar.line(60).text == " regtop  registry  HEALTH_OK  3.1 M objects       READ-ONLY ")
        #expect(bar.line(42).text == " regtop  registry  HEALTH_OK    READ-ONLY ")
        #expect(bar.line(30).text == " regtop  registry   READ-ONLY ")
        #expect(bar.line(11).text == " READ-ONLY ")
        for columns in 0...80 { #expect(bar.line(columns).width == columns) }
    }

    /// At any width at which their shortest texts fit.
    @Test func headersNeverDropAlerts() {
        let bar = HeaderBar(items: [
            .init(text: "regtop"), .init(text: "pool registry", priority: 1),
            .init(
                text: "WAITING 8 s for read of blob:803639da-1c19", isAlert: true,
                shorter: ["WAITING 8 s for read", "WAITING 8 s"]),
            .init(
                text: "1 INTERRUPTED CHANGE :recover", isAlert: true,
                shorter: ["1 INTERRUPTED :recover", "1 INTERRUPTED"]),
            .init(text: "HEALTH_WARN", isAlert: true, shorter: ["WARN"]), .init(text: "30 repos", priority: 9),
        ])
        #expect(
            bar.line(80).text.hasPrefix(
                " regtop  pool registry  WAITING 8 s  1 INTERRUPTED :recover  HEALTH_WARN"))
        for columns in 36...120 {
            let text = bar.line(columns).text
            for alert in ["WAITING 8 s", "1 INTERRUPTED", "WARN"] {
                #expect(text.contains(alert), "\(columns): \(text)")
            }
        }
        for columns in 0...120 { #expect(bar.line(columns).width == columns) }
    }

    /// Three blanks if they cost no hint, two otherwise.
    @Test func hintsMoveCloserIfMoreFit() {
        let hints = [HintBar.Hint(key: "d", text: "delete"), HintBar.Hint(key: "m", text: "move")]
        #expect(HintBar.line(hints, columns: 17).text == "d delete   m move")
        #expect(HintBar.line(hints, columns: 16).text == "d delete  m move")
        #expect(HintBar.line(hints, columns: 15).text == "d delete")
    }

    @Test func hintsAreNeverCut() {
        let hints = [HintBar.Hint(key: "Enter", text: "open"), .init(key: "d", text: "delete")]
        let always = [HintBar.Hint(key: "?", text: "help"), .init(key: "q", text: "quit")]
        #expect(HintBar.line(hints, always: always, columns: 80).text == "Enter open   d delete   ? help   q quit")
        #expect(HintBar.line(hints, always: always, columns: 30).text == "Enter open   ? help   q quit")
        #expect(HintBar.line(hints, always: always, columns: 8).text == "? help")
        #expect(HintBar.line(hints, always: always, columns: 0).text == "")
    }

    @Test(arguments: [
        (0.0, ""), (0.001, "▏"), (0.25, "██"), (0.5, "████"), (0.99, "███████▉"), (0.9999, "███████▉"), (1, "████████"),
        (7, "████████"), (.nan, ""),
    ])
    func bars(_ part: Double, _ text: String) {
        let line = Bar.line(part, of: 1, columns: 8)
        #expect(line.width == 8)
        #expect(line.text.replacing(" ", with: "") == text)
    }

    @Test func progressShowsTheTimeLeft() {
        let progress = TaskProgress(done: 812, total: 1204, unit: "repositories")
        #expect(progress.remaining(after: .seconds(8))?.components.seconds == 3)
        #expect(
            progress.line(label: "scanning", elapsed: .seconds(8), columns: 80).text
                == "scanning  812 of 1,204 repositories  " + Bar.line(812, of: 1204, columns: 27).text
                + "  67 %  3 s left")
        #expect(TaskProgress().line(label: "listing", elapsed: .seconds(2), columns: 80).text == "listing  2 s")
        for columns in 0...80 {
            #expect(progress.line(label: "scanning", elapsed: .seconds(8), columns: columns).width <= columns)
        }
        #expect(TaskProgress(done: 5, total: 3).remaining(after: .seconds(9)) == nil)
    }

    /// A bar with a shared part is as long as the bar of the same size without one.
    @Test(arguments: [0, 1, 185, 373, 740] as [UInt64]) func sharedPartsKeepTheLengthOfABar(_ unique: UInt64) {
        let scale = Scale()
        scale.take([784, 741])
        let plain = scale.bar(741, unique: nil, columns: 24)
        let parted = scale.bar(741, unique: unique, columns: 24)
        #expect(parted.text == plain.text)
        let own = parted.spans.filter { $0.style == .bar }.reduce(0) { $0 + $1.width }
        #expect(abs(own - Int(unique) * 23 / 741) <= 1)
    }

    @Test func chunkMapsAreToScale() {
        let map = ChunkMap(
            parts: [
                .init(length: 4_194_304, state: .right), .init(length: 1_805_696, state: .beyond),
                .init(length: 2_388_608, state: .hole), .init(length: 611_392, state: .missing),
            ], chunkSize: 4_194_304)
        let lines = map.lines(columns: 45).map(\.text)
        #expect(lines[0].hasPrefix("0") && lines[0].contains("4.0 MiB"))
        #expect(lines[1].count == 45)
        #expect(lines[1].hasPrefix("████████████████████▒") && lines[1].hasSuffix("░····"))
        #expect(lines[2] == "█ in place  ▒ after its chunk  ░ hole  · mis…")
        for columns in 0...60 { #expect(map.lines(columns: columns).allSatisfy { $0.width <= columns }) }
        #expect(ChunkMap(parts: [], chunkSize: 4).lines(columns: 10).isEmpty)
    }

    /// Damage of a few bytes in a huge file is visible.
    @Test func chunkMapsHideNoDamage() {
        let map = ChunkMap(
            parts: [
                .init(length: 1 << 40, state: .right), .init(length: 1, state: .missing),
                .init(length: 1 << 40, state: .right),
            ],
            chunkSize: 4_194_304)
        #expect(map.lines(columns: 20)[1].text.contains("·"))
    }
}

@Suite struct LineEditorTests {
    private func typed(_ keys: [Key], in text: String = "") -> LineEditor {
        var editor = LineEditor(text)
        for key in keys { _ = editor.handle(key) }
        return editor
    }

    @Test func editsLikeAShell() {
        #expect(typed([.character("a"), .character("b"), .left, .character("x")]).string == "axb")
        #expect(typed([.control("a"), .delete], in: "abc").string == "bc")
        #expect(typed([.home, .control("k")], in: "abc").string == "")
        #expect(typed([.control("w"), .control("a"), .control("y")], in: "one two").string == "twoone ")
        #expect(typed([.control("u"), .control("y"), .control("y")], in: "ab").string == "abab")
        #expect(typed([.backspace, .backspace, .backspace], in: "ab").string == "")
        #expect(typed([.control("w")], in: "team/app").string == "team/")
        #expect(typed([.control("w"), .control("w")], in: "team/app").string == "")
    }

    @Test func movesAndCutsByNames() {
        #expect(typed([.meta("b"), .character("x")], in: "team/app").string == "team/xapp")
        #expect(typed([.meta("b"), .meta("b"), .meta("f"), .character("x")], in: "team/app").string == "teamx/app")
        #expect(typed([.home, .meta("d")], in: "team/app").string == "/app")
        #expect(typed([.home, .meta("d"), .end, .control("y")], in: "team/app").string == "/appteam")
        #expect(typed([.meta("\u{7f}")], in: "team/app").string == "team/")
        #expect(typed([.control("t")], in: "ab").string == "ba")
        #expect(typed([.home, .control("t")], in: "ab").string == "ab")
    }

    @Test func unknownKeysAreNotHandled() {
        var editor = LineEditor("a")
        let takesKeys = [Key.up, .escape, .enter, .function(1)].map { editor.handle($0) }
        #expect(takesKeys == [false, false, false, false])
    }

    @Test func theCursorStaysVisible() {
        for columns in 1...20 {
            let (line, cursor) = LineEditor("a long text that does not fit").line(label: "Move to: ", columns: columns)
            #expect(cursor < columns)
            #expect(line.width <= columns)
        }
        #expect(LineEditor("web").line(label: "/", columns: 20).line.text == "/web")
        #expect(LineEditor("web").line(label: "/", columns: 20).cursor == 4)
    }
}

@Suite struct QuestionPanelTests {
    private let panel = QuestionPanel(
        title: "Delete attic/cron", lines: (1...20).map { Line("remove link \($0)") }, question: "Delete attic/cron?")

    @Test func onlyYMeansYes() {
        for key in [Key.enter, .escape, .character("n"), .character("q"), .character("N")] {
            var asked = panel
            #expect(asked.handle(key, Size(rows: 20, columns: 60)) == .no)
        }
        for key in [Key.tab, .character("x"), .control("y"), .delete, .function(9)] {
            var asked = panel
            #expect(
                asked.handle(key, Size(rows: 20, columns: 60)) == .other, "No, and the keys that follow are dropped")
        }
        for key in [Key.down, .character(" "), .pageUp, .meta("y"), .paste("y"), .paste("y\n")] {
            var asked = panel
            #expect(asked.handle(key, Size(rows: 20, columns: 60)) == nil)
        }
        var asked = panel
        #expect(asked.handle(.character("y"), Size(rows: 20, columns: 60)) == .yes)
    }

    @Test func aTypedQuestionNeedsTheName() {
        let size = Size(rows: 20, columns: 60)
        let wanted = QuestionPanel(
            title: "Delete web", lines: [Line("delete web")], question: "Delete web?", typed: "web")
        func answer(_ keys: Key...) -> QuestionPanel.Answer? {
            var asked = wanted
            return keys.reduce(nil) { $0 ?? asked.handle($1, size) }
        }
        #expect(answer(.character("y")) == nil)
        #expect(answer(.character("y"), .enter) == .mistyped)
        #expect(answer(.character("w"), .character("e"), .character("b")) == nil)
        #expect(answer(.character("w"), .character("e"), .character("b"), .enter) == .yes)
        #expect(answer(.character("w"), .character("e"), .character("x"), .backspace, .character("b"), .enter) == .yes)
        #expect(answer(.enter) == .no)
        #expect(answer(.character("w"), .escape) == .no)
        #expect(answer(.function(9)) == .other)
        #expect(answer(.paste("web"), .enter) == .no)
        var asked = wanted
        _ = asked.handle(.character("w"), size)
        #expect(asked.lines(size).last?.text == "Delete web?  type web: w_")
        #expect(asked.lines(Size(rows: 5, columns: 20)).last?.text == "type web: w_", "what is wanted is always seen")
        for columns in 0...60 {
            #expect(asked.lines(Size(rows: 3, columns: columns)).allSatisfy { $0.width <= columns })
        }
    }

    /// A person does not answer so fast.
    @Test func hurriedKeysAreNoAnswer() {
        let size = Size(rows: 20, columns: 60)
        var asked = panel
        for key in [Key.character("y"), .enter, .character("x")] {
            #expect(asked.handle(key, size, isHurried: true) == nil)
        }
        #expect(asked.handle(.escape, size, isHurried: true) == .no)
        var typed = QuestionPanel(title: "Delete", lines: [Line("delete w")], question: "Delete w?", typed: "w")
        #expect(typed.handle(.character("w"), size, isHurried: true) == nil)
        #expect(typed.handle(.enter, size, isHurried: true) == nil)
        #expect(typed.handle(.enter, size) == .yes)
    }

    /// A window that shows no line of the plan does not accept a yes.
    @Test func anInvisiblePlanIsNotAccepted() {
        var unseen = panel
        #expect(unseen.handle(.character("y"), Size(rows: 2, columns: 40)) == .unseen)
        #expect(unseen.handle(.character("y"), Size(rows: 3, columns: 40)) == .yes)
        #expect(unseen.handle(.escape, Size(rows: 1, columns: 40)) == .no)
    }

    /// A yes needs the whole summary; the names after it may be many.
    @Test func theSummaryComesBeforeAYes() {
        let size = Size(rows: 6, columns: 60)
        var asked = QuestionPanel(
            title: "Delete 20 targets FOR GOOD", summary: (1...6).map { Line("fact \($0)") },
            lines: (1...20).map { Line("delete \($0)") }, question: "Delete?", isPermanent: true)
        #expect(asked.lines(size).map(\.text)[1...4] == ["  fact 1", "  fact 2", "  fact 3", "  fact 4"])
        #expect(asked.lines(size).last?.spans.first?.style == .bad)
        #expect(asked.handle(.character("y"), size) == .unseen)
        #expect(asked.handle(.down, size) == nil)
        #expect(asked.handle(.character("y"), size) == .unseen)
        // No yes is offered before it counts.
        #expect(!asked.mayAgree(size) && asked.lines(size).last?.text == "Delete?  ↓ read on  N no")
        #expect(asked.handle(.down, size) == nil)
        #expect(asked.mayAgree(size) && asked.lines(size).last?.text == "Delete?  y yes  N no")
        #expect(asked.handle(.up, size) == nil)
        #expect(asked.handle(.character("y"), size) == .yes)
    }

    @Test func scrollsToTheLastLine() {
        var asked = panel
        #expect(asked.lines(Size(rows: 20, columns: 60)).map(\.text).contains("  remove link 1"))
        _ = asked.handle(.end, Size(rows: 20, columns: 60))
        let lines = asked.lines(Size(rows: 20, columns: 60)).map(\.text)
        #expect(lines.first == "── Delete attic/cron 8–20 of 20, ↑↓ scroll " + String(repeating: "─", count: 17))
        #expect(lines.contains("  remove link 20"))
        #expect(lines.last == "Delete attic/cron?  y yes  N no")
        #expect(lines.count == asked.height(of: Size(rows: 20, columns: 60)))
    }

    /// No line of the plan is cut.
    @Test func longLinesAreWrapped() {
        let asked = QuestionPanel(
            title: "Move", lines: [Line("! ", .warning) + Line("who pulls it has to be told the new name", .warning)],
            question: "Move?")
        let lines = asked.lines(Size(rows: 10, columns: 30)).map(\.text)
        #expect(lines[1...2] == ["  ! who pulls it has to be", "    told the new name"])
    }

    @Test func fitsEverySize() {
        for rows in 0...30 {
            for columns in 0...40 {
                var asked = panel
                _ = asked.handle(.pageDown, Size(rows: rows, columns: columns))
                let lines = asked.lines(Size(rows: rows, columns: columns))
                #expect(lines.count == asked.height(of: Size(rows: rows, columns: columns)))
                #expect(lines.allSatisfy { $0.width <= columns })
            }
        }
    }
}
