import Testing

@testable import ConsoleKit

@MainActor @Suite(.timeLimit(.minutes(15))) struct UsageScreenTests {
    @Test func usageIsSortedAndOpensParts() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 120)
        await bench.press(.character("b"))
        #expect(bench.title == "Usage")
        let first = try #require(bench.rows.first { $0.hasPrefix(">") })
        #expect(first.contains("damaged/resumed-upload"), "\(first)")
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
        await bench.press(.character("n"))
        #expect(bench.text.contains("UNIQUE") && bench.text.contains("SHARED"))
        await bench.find("unique>5M")
        #expect(bench.rows.filter { $0.contains("ml/weights") }.count == 1)
        #expect(!bench.text.contains("attic/cron"))
    }

    @Test func anInvalidFilterTellsItsMistake() async throws {
        let bench = try await ScreenBench()
        await bench.find("age>fast")
        #expect(bench.rows[1].contains("age needs a duration"), "\(bench.rows[1])")
        #expect(bench.text.contains("app/web"))
        await bench.press(.escape)
        await bench.find("not (damaged or ok)")
        #expect(bench.text.contains("attic/y2k") && !bench.text.contains("app/web"))
    }
}
