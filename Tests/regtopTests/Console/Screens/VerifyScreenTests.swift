import Testing

@testable import ConsoleKit

/// Verification in the console, from every screen that offers it, of one and of several rows.
@MainActor @Suite(.timeLimit(.minutes(15))) struct VerifyScreenTests {
    private func bench(columns: Int = 140) async throws -> ScreenBench {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: columns)
        return bench
    }

    @Test func markedRepositoriesAreVerified() async throws {
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
        await bench.press(.character("y"), .character("y"))
        #expect(bench.status == "regtop verify ml/weights:2015-11")
        await bench.press(.character("q"), .enter, .character("v"))
        #expect(bench.rows.contains { $0.contains("ml/weights:2015-11") && $0.contains(" ok") })
        await bench.press(.character("q"))
        await bench.find("layer")
        await bench.press(.enter, .character("v"))
        #expect(bench.rows.contains { $0.contains("sha256:") && $0.contains("8.5 MiB") && $0.contains(" ok") })
    }

    /// Shared blobs are read once.
    @Test func sharedBlobsAreReadOnce() async throws {
        let bench = try await bench()
        await bench.find("library/alpine")
        await bench.press(.enter)
        await bench.find("3")
        await bench.press(.character("*"), .character("v"))
        let read = bench.rows.filter { $0.contains("library/alpine:3") }.map { $0.contains(" 0 B ") }
        #expect(read.contains(true) && read.contains(false), "\(bench.text)")
    }

    @Test func resultsStayUntilTheNextVerification() async throws {
        let bench = try await bench()
        await bench.press(.character("X"))
        #expect(bench.text.contains("Nothing verified yet"))
        await bench.press(.character("q"))
        await bench.find("attic/cron")
        await bench.press(.character("v"), .character("q"), .character("X"))
        #expect(bench.rows.contains { $0.contains("attic/cron") && $0.contains(" ok") })
    }

    /// The verification goes on after the user leaves its screen; Esc on the screen stops it and
    /// keeps the results.
    @Test func verificationsOutliveTheirScreenAndStopOnEscape() async throws {
        let bench = try await bench()
        await bench.find("damaged/")
        await bench.press(.character("*"))
        bench.console.handle(.character("v"), size: bench.size)
        bench.console.handle(.character("q"), size: bench.size)
        #expect(bench.title == "Repositories")
        #expect(bench.console.board.activities.contains { $0.label == "verifying" })
        bench.console.handle(.character("X"), size: bench.size)
        bench.console.handle(.escape, size: bench.size)
        #expect(!bench.console.board.activities.contains { $0.label == "verifying" })
        #expect(bench.title == "Verification")
        #expect(bench.text.contains("stopped"))
        await bench.press(.character("r"))
        #expect(!bench.text.contains("stopped"))
        #expect(bench.rows.contains { $0.contains("damaged/short-chunk") && $0.contains("damaged ") })
    }
}
