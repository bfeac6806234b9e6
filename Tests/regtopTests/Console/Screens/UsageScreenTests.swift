import Testing

@testable import ConsoleKit

@MainActor @Suite(.timeLimit(.minutes(15))) struct UsageScreenTests {
    @Test func usageIsSortedAndOpensParts() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 120)
        await bench.press(.character("b"))
        #expect(bench.title == "Usage")
        let first = try #require(bench.rows.first { $0.hasPrefix(">") })
        #expect(first.contains("(surplus)"), "\(first)")
        await bench.press(.down)
        #expect(bench.rows.contains { $0.hasPrefix(">") && $0.contains("damaged/resumed-upload") })
        #expect(bench.text.contains("(links)"))
        await bench.find("app/web")
        await bench.press(.enter)
        #expect(bench.title == "Usage of app/web")
        await bench.press(.enter)
        #expect(bench.title.hasPrefix("Usage of app/web:"))
        await bench.press(.enter)
        #expect(bench.title.hasPrefix("Blob sha256:"))
        await bench.press(.character("q"), .character("w"))
        #expect(bench.title.hasPrefix("Who needs sha256:"))
    }

    @Test func uniqueAndSharedAddUpToTheSize() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 60, columns: 140)
        await bench.press(.character("%"))
        #expect(bench.text.contains("UNIQUE") && bench.text.contains("SHARED"))
        await bench.find("unique>5M")
        #expect(bench.rows.filter { $0.contains("ml/weights") }.count == 1)
        #expect(!bench.text.contains("attic/cron"))
    }

    @Test func anInvalidFilterTellsItsMistake() async throws {
        let bench = try await ScreenBench()
        await bench.find("age>fast")
        #expect(bench.text.contains("age needs a duration"), "\(bench.rows[1])")
        #expect(bench.text.contains("app/web"))
        await bench.press(.escape)
        await bench.find("not (damaged or ok)")
        #expect(bench.text.contains("attic/y2k") && !bench.text.contains("app/web"))
    }

    /// Usage is a place to delete from; the rows of uploads and of garbage open their screens.
    @Test func deletesAndOpensWhatUsesSpace() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character("b"), .character("/"))
        await bench.type("attic/")
        await bench.press(.enter, .character("*"), .character("d"))
        #expect(bench.text.contains("Delete 3 targets?"))
        await bench.accept()
        #expect(bench.status.hasPrefix("Deleted 3 targets") && bench.title == "Usage")
        await bench.press(.escape)
        #expect(!bench.text.contains("attic/"))
        for (row, title) in [
            ("(uploads)", "Uploads"), ("(unreferenced", "Collection"), ("(surplus)", "Problems"),
        ] {
            await bench.press(.character("/"), .control("u"))
            await bench.type("\"\(row)\"")
            await bench.press(.enter, .enter)
            #expect(bench.title == title)
            await bench.press(.character("q"))
        }
    }

    /// The same bytes in every question and sum: its data and the notes of the registry about it.
    @Test func theSumsOfAnUploadAgree() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 140)
        await bench.press(.character("P"))
        await bench.find("partial")
        let size = "49.0 KiB"
        await bench.press(.character("d"))
        #expect(bench.text.contains("reclaimable later: \(size),"))
        await bench.press(.escape, .character("F"))
        await bench.find("uploads/partial")
        #expect(bench.text.contains("is unfinished and has \(size)."))
        await bench.press(.escape, .escape, .escape, .character("P"))
        await bench.find("partial")
        await bench.press(.character("d"))
        await bench.accept()
        await bench.press(.character("T"))
        #expect(bench.rows.contains { $0.contains("uploads/partial") && $0.ranges(of: size).count == 2 })
    }
}
