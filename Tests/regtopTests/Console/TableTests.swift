@testable import ConsoleKit
@testable import Registry
@testable import SafeText
@testable import regtop
import Testing

/// A row of the test table.
struct TestRow: Identifiable, Sendable, Equatable {
    let id: String
    var size: Int64?
}

func testTable(_ rows: [TestRow] = []) -> Table<TestRow> {
    var table = Table<TestRow>(
        columns: [
            Column(
                id: "name", title: "NAME", trimming: .middle, minimum: 6, ideal: 20, isSearched: true,
                order: .text { $0.id }
            ) {
                row, _ in Line(row.id)
            },
            Column(
                id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
                order: .number { $0.size },
                startsDescending: true
            ) { row, _ in Line(row.size.map { HumanText.bytes(UInt64($0)) } ?? "–") },
            Column(id: "state", title: "STATE", minimum: 7, ideal: 8, priority: 2) { _, _ in Line("ok", .good) },
        ],
        searchText: { $0.id }, clock: .test,
        values: { row, field in
            field == .size ? row.size.map { .number(UInt64($0)) } : nil
        })
    table.replace(rows)
    return table
}

@Suite struct TableTests {
    @Test func marksThatAFilterHidesAreCountedWhenTheyAreMade() {
        var table = testTable(["a1", "a2", "b"].map { TestRow(id: $0, size: 1) })
        table.filter("a1")
        table.mark { $0.id.hasPrefix("a") }
        #expect(table.hiddenMarks.names == ["a2"])
    }

    private let rows = [
        TestRow(id: "ml/weights", size: 10_485_760), TestRow(id: "attic/cron", size: 2048),
        TestRow(id: "attic/y2k", size: nil),
        TestRow(id: "app/web", size: 4_194_304),
    ]

    private func text(_ table: Table<TestRow>, _ rows: Int, _ columns: Int) -> [String] {
        Frame(size: Size(rows: rows, columns: columns), lines: table.lines(Size(rows: rows, columns: columns)))
            .text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The texts of many updates take no more than twice the memory of the present ones, and none
    /// of them gets lost.
    @Test func rowTextsKeepThePresentTexts() {
        var texts = RowTexts(["a", "B", ""])
        for number in 0..<1000 { texts.set("Long \(number)", at: number % 2 * 2) }
        #expect((0..<3).map { String(decoding: texts[$0], as: UTF8.self) } == ["long 998", "b", "long 999"])
        #expect(texts.bytes.count <= 2 * 17 + 8)
    }

    @Test func drawsColumnsMarksAndCursor() {
        var table = testTable(rows)
        table.sort(by: "size", descending: true)
        table.move(to: 1)
        table.toggleMark()
        #expect(
            text(table, 5, 50) == [
                "    NAME                      SIZE▼  STATE",
                "    ml/weights             10.0 MiB  ok",
                "> * app/web                 4.0 MiB  ok",
                "    attic/cron              2.0 KiB  ok",
                "    attic/y2k                     –  ok",
            ])
    }

    @Test func columnsYieldOnNarrowScreens() {
        let table = testTable(rows)
        #expect(text(table, 2, 29) == ["    NAME                 SIZE", ">   ml/weights       10.0 MiB"])
        #expect(
            text(table, 2, 20)
                == [" NAME           SIZE", ">ml/w…hts   10.0 MiB"])
        #expect(text(table, 2, 8) == [" NAME", ">ml/…hts"])
        #expect(text(table, 1, 8) == [">ml/…hts"])
    }

    @Test func everySizeIsValid() {
        let table = testTable(rows)
        for height in 0...6 {
            for width in 0...60 {
                let lines = table.lines(Size(rows: height, columns: width))
                #expect(lines.count <= height)
                #expect(lines.allSatisfy { $0.width <= width })
            }
        }
    }

    @Test func sortsWithUnknownLast() {
        var table = testTable(rows)
        func names() -> [String] { (0..<table.count).compactMap { table.row(at: $0)?.id } }
        table.sort(by: "size", descending: false)
        #expect(names() == ["attic/cron", "app/web", "ml/weights", "attic/y2k"])
        table.sort(by: "size", descending: true)
        #expect(names() == ["ml/weights", "app/web", "attic/cron", "attic/y2k"])
        table.sort(by: "name", descending: false)
        #expect(names() == ["app/web", "attic/cron", "attic/y2k", "ml/weights"])
        table.sort(by: nil, descending: false)
        #expect(names() == rows.map(\.id))
    }

    @Test func filtersByWordsAndRules() {
        var table = testTable(rows)
        func names() -> [String] { (0..<table.count).compactMap { table.row(at: $0)?.id } }
        table.filter("ATT")
        #expect(names() == ["attic/cron", "attic/y2k"])
        table.filter("ATT cr")
        #expect(names() == ["attic/cron"])
        table.filter("ATT")
        #expect(names() == ["attic/cron", "attic/y2k"])
        table.filter("size>=1000000 w")
        #expect(names() == ["ml/weights", "app/web"])
        table.filter("nothing")
        #expect(text(table, 2, 40)[1] == "    Nothing matches \"nothing\".")
        table.filter("")
        #expect(table.count == 4)
    }

    @Test func highlightsMatches() {
        var table = testTable(rows)
        table.filter("web")
        table.move(to: 0)
        let line = table.lines(Size(rows: 2, columns: 40))[1]
        #expect(line.spans.map(\.style) == [.selected], "the row under the cursor has one style")
        table.filter("att")
        table.move(to: 1)
        #expect(table.lines(Size(rows: 2, columns: 40))[1].spans.contains { $0.style == .selected })
        #expect(table.lines(Size(rows: 3, columns: 40))[1].spans.contains { $0.text == "att" && $0.style == .match })
    }

    /// The whole row, to the edge of the screen, and no other one.
    @Test(arguments: [8, 40, 100]) func theCursorIsAWholeRow(_ columns: Int) {
        var table = testTable(rows)
        table.move(to: 1)
        let lines = table.lines(Size(rows: 5, columns: columns))
        let marked = lines.map { $0.spans.filter { $0.style == .selected }.reduce(0) { $0 + $1.width } }
        #expect(marked == [0, 0, columns, 0, 0])
        #expect(lines[2].text.hasPrefix(">"))
    }

    @Test func rowsDoNotJumpWhileSizesComeIn() {
        var table = testTable(rows)
        table.sort(by: "size", descending: true)
        table.update([TestRow(id: "attic/y2k", size: 1 << 40), TestRow(id: "unknown", size: 1)])
        #expect(table.row(at: 3)?.id == "attic/y2k")
        table.settle()
        #expect(table.row(at: 0)?.id == "attic/y2k")
        #expect(table.count == 4)
    }

    @Test func theTopStaysUntilTheUserMoves() {
        var table = testTable([TestRow(id: "m")])
        table.sort(by: "name", descending: false)
        table.replace([TestRow(id: "m"), TestRow(id: "a")])
        #expect(table.selected?.id == "a")
        table.move(to: 1)
        table.replace([TestRow(id: "m"), TestRow(id: "a"), TestRow(id: "b")])
        #expect(table.selected?.id == "m")
    }

    @Test func theFirstOfEqualIdentitiesIsKept() {
        let table = testTable([TestRow(id: "a", size: 1), TestRow(id: "a", size: 2)])
        #expect(table.rows == [TestRow(id: "a", size: 1)])
    }

    @Test func scrollsAsFarAsNeeded() {
        var table = testTable((0..<100).map { TestRow(id: "row\($0)") })
        table.move(to: 50)
        table.scroll(toFit: 10)
        #expect(table.top == 41)
        table.move(by: -5)
        table.scroll(toFit: 10)
        #expect(table.top == 41)
        table.move(to: 99)
        table.scroll(toFit: 10)
        table.scroll(toFit: 50)
        #expect(table.top == 50)
        table.move(by: .max / 2)
        #expect(table.cursor == 99)
    }

    /// Hostile names: no control character gets into a line.
    @Test func hostileNamesAreHarmless() {
        let names = ["\u{1b}]0;owned\u{7}", "a\nb", "\u{202e}txt", "x\u{9b}2J", "\u{0}", "tab\tbed"]
        var table = testTable(names.map { TestRow(id: $0) })
        table.filter("")
        for line in table.lines(Size(rows: 10, columns: 60)) {
            #expect(line.text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
            #expect(!line.text.unicodeScalars.contains("\u{202e}"))
        }
        table.filter("\u{1b}zzz")
        #expect(table.lines(Size(rows: 10, columns: 60)).allSatisfy { !$0.text.unicodeScalars.contains("\u{1b}") })
    }
}
