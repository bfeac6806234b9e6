import Foundation
import Testing

@testable import ConsoleKit

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

    @Test func aReadOnlySessionRepairsNothing() async throws {
        let bench = try await ScreenBench(isReadOnly: true, reason: "--read-only")
        await bench.press(.character("F"))
        await bench.find("long-chunk")
        await bench.press(.character("R"))
        #expect(bench.writer.count == 0)
        #expect(!bench.text.contains("Repair "))
    }
}
