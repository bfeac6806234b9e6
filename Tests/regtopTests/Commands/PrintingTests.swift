import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Presentation
@testable import Registry
@testable import SafeText
@testable import regtop

@Suite struct PrintingTests {
    @Test func jsonKeepsTheOrderOfItsKeys() {
        let value: JSONValue = ["b": .number(-1), "a": [.null, .bool(true)], "c": [:], "d": []]
        #expect(value.text() == #"{"b":-1,"a":[null,true],"c":{},"d":[]}"#)
        #expect(
            value.text(pretty: true) == """
                {
                    "b": -1,
                    "a": [
                        null,
                        true
                    ],
                    "c": {},
                    "d": []
                }
                """)
    }

    @Test(arguments: [
        "plain", "\"quoted\\", "\u{1b}[31m\u{0}\u{7f}\u{9b}", "line\nreturn\rtab\t", "\u{202e}\u{2028}\u{e0001}", "é漢🙂",
    ])
    func jsonStringsAreValidAndHarmless(_ text: String) throws {
        let json = JSONValue.string(text).text()
        let back = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed) as? String
        #expect(back == text)
        #expect(json.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
        #expect(!json.unicodeScalars.contains("\u{202e}") && !json.unicodeScalars.contains("\u{2028}"))
    }

    @Test func largeNumbersStayExact() {
        #expect(JSONValue.unsigned(.max).text() == "18446744073709551615")
        #expect(JSONValue.bytes(nil).text() == "null")
    }

    @Test func timesAreRFC3339InUTC() {
        let date = Date(timeIntervalSince1970: 1_446_472_992)
        #expect(TimeText.rfc3339(date) == "2015-11-02T14:03:12Z")
        #expect(TimeText.rfc3339(date.addingTimeInterval(0.25)) == "2015-11-02T14:03:12.250Z")
        #expect(TimeText.rfc3339(Date(timeIntervalSince1970: -0.5)) == "1969-12-31T23:59:59.500Z")
        #expect(TimeText.second(date.addingTimeInterval(0.999)) == "2015-11-02T14:03:12Z")
        for millisecond in 1..<1000 {
            let digits = String(millisecond + 1000).dropFirst()
            let date = Date(timeIntervalSince1970: 1_795_480_136 + Double(millisecond) / 1000)
            #expect(TimeText.rfc3339(date).hasSuffix(".\(digits)Z"))
        }
        #expect(TimeText.second(nil) == "-")
    }

    @Test func tablesAlignAndEachCellIsOneWord() {
        var table = PlainTable(.left("NAME"), .right("N"), .left("LAST"))
        table.add("a b\u{1b}[2J", "7", "x")
        table.add("", "1234", "y z")
        let lines = table.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4 && lines[3].isEmpty)
        #expect(lines[1] == "a\\x20b\\x1b[2J     7  x")
        #expect(lines[2] == "-              1234  y\\x20z")
        #expect(lines.dropLast().allSatisfy { $0.split(separator: " ").count == 3 })
        var texts = PlainTable([.left("A"), .text("WHAT")])
        texts.add("a b", "c d\u{1b}")
        texts.add("x", "")
        #expect(texts.text == "A       WHAT\na\\x20b  c d\\x1b\nx       -\n")
    }

    @Test func sizesAreOneWord() {
        #expect(PlainTable.size(0) == "0B")
        #expect(PlainTable.size(9_011_200) == "8.6MiB")
        #expect(PlainTable.size(nil) == "-")
    }

    @Test func progressShowsItsPartAndItsDuration() {
        let half = WorkProgress(phase: "repositories", completed: 602, total: 1204)
        #expect(ProgressLine.text(half, after: .seconds(3)) == "repositories  602 of 1,204  50 %  3 s left")
        let open = WorkProgress(phase: "objects", completed: 7, total: nil)
        #expect(ProgressLine.text(open, after: .seconds(3)) == "objects  7")
        let bytes = WorkProgress(phase: "hashing", unit: .bytes, completed: 3 << 30, total: 6 << 30)
        #expect(
            ProgressLine.text(bytes, after: .seconds(3))
                == "hashing  3.0 GiB of 6.0 GiB  50 %  1.0 GiB/s  3 s left")
    }

    @Test func longListsOfTagsAreCut() throws {
        var impact = Impact()
        impact.tags = (0..<5000).map { "a:\($0)" }
        let plan = ChangePlan(action: .remove, targets: [], impact: impact, notes: [])
        #expect(PlanWords(plan).text.contains("and 4,980 more"))
        #expect(PlanWords(plan).text.contains("removes 0 links (5,000 tags)"))
        #expect(PlanWords(plan).lines.flatMap(\.rows).contains(PlanLine("  ").adding("a:4999", .bad)))
    }

    @Test func aPlanTellsWhetherItCanBeRestored() throws {
        let reference = try #require(ImageReference("a:b"))
        let target = ChangePlan.Target(reference: reference, stages: [], directories: [])
        func words(skipsTrash: Bool) -> PlanWords {
            PlanWords(
                ChangePlan(
                    action: .remove, skipsTrash: skipsTrash, targets: [target], impact: .init(), notes: []))
        }
        #expect(words(skipsTrash: false).question == "Delete a:b?")
        #expect(words(skipsTrash: false).text.contains("goes to the trash, can be restored"))
        #expect(words(skipsTrash: true).text.contains("PERMANENT: skips the trash, cannot be undone"))
    }
}
