import Testing

@testable import ConsoleKit

@Suite struct LineTests {
    @Test func widthCountsColumns() {
        #expect(Line("abc").width == 3)
        #expect(Line("日本").width == 4)
        #expect(Line("e\u{301}").width == 1)
        #expect(Line("").spans.isEmpty)
    }

    @Test(arguments: [(6, "sha256"), (5, "sha2…"), (1, "…"), (0, "")])
    func truncates(_ columns: Int, _ text: String) {
        #expect(Line("sha256").truncated(to: columns).text == text)
    }

    @Test func truncatesInTheMiddle() {
        #expect(Line("sha256:0123456789").truncated(to: 10, .middle).text == "sha25…6789")
        #expect(Line("ab").truncated(to: 1, .middle).text == "…")
    }

    @Test func wideCharactersAreNeverHalved() {
        let line = Line("日本語")
        #expect(line.slice(from: 0, width: 3).text == "日 ")
        #expect(line.slice(from: 1, width: 3).text == " 本")
        for columns in 0...8 {
            #expect(line.fitted(to: columns).width == columns)
            #expect(line.fitted(to: columns, .right, trimming: .middle).width == columns)
        }
    }

    @Test func combiningMarksStayWithTheirBase() {
        let line = Line("xe\u{301}y")
        #expect(line.slice(from: 1, width: 1).text.unicodeScalars.count == 2)
        #expect(line.slice(from: 2, width: 1).text == "y")
    }

    @Test func highlightsEveryOccurrence() {
        let line = Line("Web/web").highlighting(["web"], .match)
        #expect(line.spans.map(\.style) == [.match, .normal, .match])
        #expect(line.text == "Web/web")
        #expect(Line("aaa").highlighting(["aa"], .match).spans.map(\.style) == [.match])
        #expect(Line("日本web").highlighting(["web"], .match).text == "日本web")
    }

    @Test func wraps() {
        #expect(Line.wrapped("one two three", to: 7).map(\.text) == ["one two", "three"])
        #expect(Line.wrapped("abcdefgh", to: 3).map(\.text) == ["abc", "def", "gh"])
        #expect(Line.wrapped("", to: 3).map(\.text) == [""])
        #expect(Line.wrapped("anything", to: 0).isEmpty)
    }

    @Test func framesHaveExactlyTheirSize() {
        let frame = Frame(size: Size(rows: 2, columns: 3), lines: [Line("abcdef"), Line("x"), Line("gone")])
        #expect(frame.text == "abc\nx")
        #expect(frame.lines.count == 2)
        #expect(Frame(size: Size(rows: -1, columns: -1), lines: [Line("a")]).lines.isEmpty)
    }
}
