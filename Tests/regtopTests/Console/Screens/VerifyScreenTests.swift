import Testing

@testable import AdminCore
@testable import regtop

/// Verification from the console: from each place where something can be verified, one and several, kept in sight.
@MainActor @Suite(.timeLimit(.minutes(15))) struct VerifyScreenTests {
    private func bench(columns: Int = 140) async throws -> ScreenBench {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: columns)
        return bench
    }

    @Test func markedRepositoriesAreVerifiedAndEachSaysWhatIsWrong() async throws {
        let bench = try await bench()
        await bench.find("damaged/short-chunk")
        await bench.press(.character(" "), .escape)
        await bench.find("ml/weights")
        await bench.press(.character(" "), .character("v"))
        #expect(bench.title == "Verification")
        #expect(bench.rows.contains { $0.contains("ml/weights") && $0.contains("ok") && $0.contains("8.5 MiB") })
        #expect(bench.rows.contains { $0.contains("damaged/short-chunk") && $0.contains("damaged") })
        #expect(bench.status == "1 of 2 damaged.")
        #expect(bench.rows[1].contains("1 ok  1 damaged"))
        await bench.find("short")
        #expect(bench.text.contains("has a first chunk that is too short"))
        await bench.press(.enter)
        #expect(bench.title == "damaged/short-chunk")
        #expect(bench.writer.count == 0)
    }

    @Test func aTagAManifestAndABlobAreVerified() async throws {
        let bench = try await bench()
        await bench.find("ml/weights")
        await bench.press(.enter, .character("v"))
        #expect(bench.rows.contains { $0.contains("ml/weights:2015-11") && $0.contains(" ok") })
        await bench.press(.character("y"))
        #expect(bench.status == "regtop verify ml/weights:2015-11")
        await bench.press(.character("q"), .enter, .character("v"))
        #expect(bench.rows.contains { $0.contains("ml/weights:2015-11") && $0.contains(" ok") })
        await bench.press(.character("q"))
        await bench.find("layer")
        await bench.press(.enter, .character("v"))
        #expect(bench.rows.contains { $0.contains("sha256:") && $0.contains("8.5 MiB") && $0.contains(" ok") })
    }

    /// What several share is read once.
    @Test func whatIsSharedIsReadOnce() async throws {
        let bench = try await bench()
        await bench.find("library/alpine")
        await bench.press(.enter)
        await bench.find("3")
        await bench.press(.character("*"), .character("v"))
        let read = bench.rows.filter { $0.contains("library/alpine:3") }.map { $0.contains(" 0 B ") }
        #expect(read.contains(true) && read.contains(false), "\(bench.text)")
    }

    @Test func theResultsAreThereUntilTheNextOnes() async throws {
        let bench = try await bench()
        await bench.press(.character("V"))
        #expect(bench.text.contains("Nothing was verified yet"))
        await bench.press(.character("q"))
        await bench.find("attic/cron")
        await bench.press(.character("v"), .character("q"), .character("V"))
        #expect(bench.rows.contains { $0.contains("attic/cron") && $0.contains(" ok") })
    }

    /// It goes on while one is elsewhere; Esc on its screen stops it and keeps what it has.
    @Test func itGoesOnElsewhereAndStopsOnEscape() async throws {
        let bench = try await bench()
        await bench.find("damaged/")
        await bench.press(.character("*"))
        bench.console.handle(.character("v"), size: bench.size)
        bench.console.handle(.character("q"), size: bench.size)
        #expect(bench.title == "Repositories")
        #expect(bench.console.board.activities.contains { $0.label == "verifying" })
        bench.console.handle(.character("V"), size: bench.size)
        bench.console.handle(.escape, size: bench.size)
        #expect(!bench.console.board.activities.contains { $0.label == "verifying" })
        #expect(bench.title == "Verification")
        #expect(bench.text.contains("stopped"))
        await bench.press(.character("r"))
        #expect(!bench.text.contains("stopped"))
        #expect(bench.rows.contains { $0.contains("damaged/short-chunk") && $0.contains("damaged ") })
    }
}
