import Foundation
import Testing

@testable import ConsoleKit
@testable import Presentation
@testable import regtop

@Suite struct CSVTextTests {
    /// The cells of RFC 4180, read by a second reader.
    private static func cells(_ text: String) -> [[String]] {
        var rows: [[String]] = [[""]]
        var isQuoted = false
        var rest = Array(text.unicodeScalars)[...]
        func add(_ scalar: Unicode.Scalar) {
            rows[rows.count - 1][rows[rows.count - 1].count - 1].unicodeScalars.append(scalar)
        }
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"" where isQuoted && rest.first == "\"": add(rest.removeFirst())
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: rows[rows.count - 1].append("")
            case "\r" where !isQuoted && rest.first == "\n":
                rest.removeFirst()
                rows.append([""])
            default: add(scalar)
            }
        }
        return rows.dropLast()
    }

    @Test func cellsAreQuotedAndHarmless() {
        let texts = ["a", "", "a,b", "say \"x\"", "\"", " a ", "=1+1", "+1", "-1", "@x", "＝1", "a=b", "日本,"]
        let text = CSVText.of(texts.map { ["name": .string($0), "size": .number(-1)] })
        let expected = texts.map { text in
            [["=", "+", "-", "@", "＝"].contains { text.hasPrefix($0) } ? "'" + text : text, "-1"]
        }
        #expect(Self.cells(text) == [["name", "size"]] + expected)
        #expect(text.hasPrefix("name,size\r\na,-1\r\n,-1\r\n\"a,b\",-1\r\n\"say \"\"x\"\"\",-1\r\n"))
    }

    /// Keys of any object are columns; lists are joined, and what a terminal obeys is visible.
    @Test func rowsMayDiffer() {
        let rows: [JSONValue] = [
            ["a": .null, "b": .array(["x", "=y"])], ["a": .bool(true), "c": ["d": .number(1)]],
            ["a": "\u{1b}[2J\nx", "b": .array([["e": "f"]])],
        ]
        #expect(
            Self.cells(CSVText.of(rows)) == [
                ["a", "b", "c"], ["", "x '=y", ""], ["true", "", #"{"d":1}"#], ["\\x1b[2J\\nx", #"[{"e":"f"}]"#, ""],
            ])
    }
}

@MainActor @Suite(.timeLimit(.minutes(15))) struct RowFileTests {
    private func write(_ name: String, _ bench: ScreenBench) async {
        await bench.press(.character(":"))
        await bench.type("write ")
        await bench.press(.paste(name), .enter)
    }

    private func keys(_ path: String) throws -> [[String]] {
        let rows = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [[String: Any]]
        return try #require(rows).map { $0.keys.sorted() }
    }

    /// The rows of the filter in the order of the list; a file that exists is asked about.
    @Test func theShownRowsAreWritten() async throws {
        let place = try TemporaryPlace()
        let bench = try await ScreenBench()
        bench.size = Size(rows: 24, columns: 200)
        await bench.find("attic")
        await bench.press(.character(":"))
        await bench.type("sort tags")
        await bench.press(.enter)
        let path = "\(place.path)/rows.csv"
        await write(path, bench)
        #expect(bench.status == "Wrote 3 rows to \(path).")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = text.split(separator: "\r\n").map { $0.split(separator: ",").first.map(String.init) }
        #expect(lines == ["name", "attic/cron", "attic/intranet", "attic/y2k"])
        #expect(text.hasPrefix("name,tags,revisions,uploads,size,unique,modified,state\r\n"))
        await bench.press(.escape)
        await write(path, bench)
        #expect(bench.text.contains("Replace \(path)?"))
        await bench.press(.character("n"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        await write(path, bench)
        await bench.press(.character("y"))
        #expect(bench.status == "Wrote 30 rows to \(path).")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["rows.csv"], "no draft is left")
    }

    /// The keys are those of the command; rows that it does not list have the same keys.
    @Test func jsonHasTheKeysOfTheCommand() async throws {
        let place = try TemporaryPlace()
        let bench = try await ScreenBench()
        let path = "\(place.path)/a.JSON"
        let screens: [(open: String, keys: [String])] = [
            ("go attic/intranet", ["created", "digest", "mediaType", "modified", "platforms", "size", "state", "tag"]),
            ("uploads", ["id", "repository", "size", "started"]),
            ("tree", ["blob", "modified", "path", "size", "type"]),
            ("problems", ["blob", "detail", "kind", "object", "path", "repair", "severity"]),
            ("usage", ["name", "size"]),
            ("collection", ["batch", "bytes", "due", "kind", "next", "objects", "since", "state"]),
            ("tasks", ["change", "done", "note", "seconds", "state", "task", "total", "unit"]),
            ("go ml/weights:2015-11", ["command", "created", "digest", "mediaType", "part", "size", "state"]),
        ]
        for (open, wanted) in screens {
            await bench.press(.character(":"))
            await bench.type(open)
            await bench.press(.enter)
            // Only a mark has rows of the next step.
            if open == "collection" { await bench.press(.character("M")) }
            await write(path, bench)
            if bench.text.contains("Replace ") { await bench.press(.character("y")) }
            let found = try keys(path)
            #expect(!found.isEmpty && found.allSatisfy { Set($0).isSuperset(of: wanted) }, "\(open): \(bench.status)")
            await bench.press(.escape)
        }
        await bench.press(.character("v"))
        await write(path, bench)
        await bench.press(.character("y"))
        #expect(
            try keys(path).allSatisfy {
                $0 == ["blobs", "bytes", "complete", "error", "findings", "manifests", "state", "target"]
            })
        await bench.press(.escape, .character(":"))
        await bench.type("trash")
        await bench.press(.enter)
        await write(path, bench)
        #expect(bench.status == "There are no rows to write.")
    }

    @Test func whatCannotBeWrittenIsSaid() async throws {
        let place = try TemporaryPlace()
        let bench = try await ScreenBench()
        bench.size = Size(rows: 24, columns: 300)
        await write("\(place.path)/rows.txt", bench)
        #expect(bench.status == "\(place.path)/rows.txt: the name must end in .csv or .json.")
        try FileManager.default.createDirectory(atPath: "\(place.path)/x.csv", withIntermediateDirectories: false)
        await write("\(place.path)/x.csv", bench)
        #expect(bench.status == "\(place.path)/x.csv exists and is not a regular file.")
        await write("\(place.path)/gone/x.csv", bench)
        #expect(bench.status.contains("No such file or directory"), "\(bench.status)")
        await bench.press(.character(":"))
        await bench.type("write")
        await bench.press(.enter)
        #expect(bench.status == "write the rows to:")
    }
}
