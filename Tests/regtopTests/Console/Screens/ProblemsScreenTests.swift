import Foundation
import Testing

@testable import ConsoleKit
@testable import ObjectStore

@MainActor @Suite(.timeLimit(.minutes(15))) struct ProblemsScreenTests {
    @Test func problemsAreShownByKindWithTheirMeaning() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 140)
        await bench.press(.character("F"))
        #expect(bench.title == "Problems")
        let text = bench.text
        for kind in [
            "double-reference", "dangling-reference", "short-chunk", "long-chunk", "unlisted-directory", "bad-name",
        ] {
            #expect(text.contains(kind), "\(kind)")
        }
        let first = try #require(text.range(of: "double-reference"))
        let last = try #require(text.range(of: "orphan-blob"))
        #expect(first.lowerBound < last.lowerBound)
        #expect(text.contains("purges old uploads"), "the detail of the first problem")
    }

    @Test func problemsOpenTheirPlaces() async throws {
        let bench = try await ScreenBench()
        await bench.press(.character(":"))
        await bench.type("problems")
        await bench.press(.enter)
        #expect(bench.title == "Problems")
        await bench.find("short-chunk")
        await bench.press(.enter)
        #expect(bench.title.hasPrefix("Blob sha256:"))
        await bench.press(.escape)
        await bench.press(.escape)
        await bench.find("unlisted-directory")
        await bench.press(.enter)
        #expect(bench.title.hasPrefix("Tree /docker/registry/v2/repositories/damaged/"))
    }

    /// Repositories share blobs, so the first screen is read again.
    @Test func repairedRepositoriesAreReadAgain() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 140)
        func state() -> Bool {
            bench.rows.contains { $0.contains("damaged/resumed-upload") && $0.contains(" damaged ") }
        }
        #expect(state())
        await bench.press(.character("F"))
        await bench.find("rearrange")
        await bench.press(.character("R"), .character("y"))
        await bench.press(.escape, .escape)
        #expect(bench.title == "Repositories")
        #expect(!state(), "\(bench.text)")
    }

    @Test func markedProblemsAreRepairedAfterAQuestion() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 140)
        await bench.press(.character("F"))
        await bench.find("resumed-upload")
        #expect(bench.writer.count == 0, "looking changes nothing")
        await bench.press(.escape)
        await bench.find("long-chunk")
        await bench.press(.character("K"), .character("R"))
        #expect(bench.text.contains("Repair 2 targets?"))
        #expect(bench.text.contains("repair: put the chunks of 1 blob back in order"))
        await bench.press(.character("y"))
        #expect(bench.writer.count > 0)
        await bench.press(.escape)
        #expect(!bench.text.contains("long-chunk"), "\(bench.text)")
    }

    /// A repair during the scan takes what was found, and its question says so.
    @Test func aRepairDuringTheScanSaysThatTheScanStillRuns() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 140)
        await bench.press(.character("F"))
        let orphan = try #require(bench.text.firstMatch(of: /blob:[0-9a-f-]{36}-0/)).output
        // The inventory reads the chunk first, then the check of orphans.
        bench.gate.close(ObjectID(ByteString(String(orphan))), after: 1)
        bench.console.handle(.character("r"), size: bench.size)
        await bench.wait { bench.text.contains("rearrange") && bench.text.contains("double-reference") }
        for key in [Key.character("*"), .character("R")] { bench.console.handle(key, size: bench.size) }
        func isAsked() -> Bool { if case .question? = bench.console.overlay { true } else { false } }
        await bench.wait(until: isAsked)
        #expect(
            bench.text.contains(/\n  The scan still runs: [0-9]+ problems found so far\. What it finds later is not in/)
        )
        bench.console.handle(.escape, size: bench.size)
        bench.gate.open()
        await bench.settle()
        await bench.press(.character("*"), .character("R"))
        #expect(isAsked() && !bench.text.contains("scan"))
    }

    /// The question tells the space that it needs and gives; the message after the next check tells
    /// what is left, and why; the header counts again at once.
    @Test func aRepairTellsItsSpaceAndWhatIsLeft() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 50, columns: 140)
        await bench.press(.character("F"), .character("*"), .character("R"))
        #expect(
            bench.text.contains(
                "needs 8.6 MiB of free space: content is written anew; a collection frees 10.3 MiB of old chunks"))
        #expect(bench.text.contains(/frees [0-9.]+ MiB of surplus bytes at once/))
        #expect(bench.rows[0].contains("30 repos"))
        await bench.accept()
        if bench.title == "Results" { await bench.press(.escape) }
        let message = try #require(bench.text.firstMatch(of: /Repaired 16; ([0-9]+) left: [^.]+\./)).output
        #expect(message.0.contains("without a repair (see their texts)"))
        #expect(message.0.contains("for a collection (:collection)"))
        #expect(bench.rows[1].contains("Problems  \(message.1)  "), "\(bench.rows[1])")
        #expect(bench.rows[0].contains("27 repos"), "three are empty: \(bench.rows[0])")
    }

    @Test func aReadOnlySessionRepairsNothing() async throws {
        let bench = try await ScreenBench(isReadOnly: true, reason: "--read-only")
        await bench.press(.character("F"))
        await bench.find("long-chunk")
        await bench.press(.character("R"))
        #expect(bench.writer.count == 0)
        #expect(!bench.text.contains("Repair "))
    }
}
