import Foundation
import Testing

@testable import ConsoleKit
@testable import regtop

/// `e` in the console: target, plan, question, copy.
@MainActor @Suite(.timeLimit(.minutes(15))) struct ExportScreenTests {
    private func bench() async throws -> ScreenBench {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: 160)
        return bench
    }

    @Test func markedRepositoriesAreExported() async throws {
        let place = try TemporaryPlace()
        let bench = try await bench()
        await bench.find("app/api")
        await bench.press(.character(" "), .escape)
        await bench.find("damaged/short-chunk")
        await bench.press(.character(" "), .escape)
        await bench.press(.character("e"))
        await bench.type("\(place.path)/out")
        await bench.press(.enter)
        #expect(bench.text.contains("Export to registry:\(place.path)/out"))
        #expect(bench.text.contains("left out") && bench.text.contains("damaged/short-chunk:v1"), "\(bench.text)")
        #expect(!FileManager.default.fileExists(atPath: "\(place.path)/out"))
        await bench.press(.character("y"))
        // The message has several rows.
        let said = bench.rows.suffix(4).joined(separator: " ")
        #expect(said.contains("copied to registry:\(place.path)/out; 1 left out"), "\(said)")
        let tag = "\(place.path)/out/docker/registry/v2/repositories/app/api/_manifests/tags/latest/current/link"
        #expect(try String(contentsOfFile: tag, encoding: .utf8).hasPrefix("sha256:"))
        #expect(bench.writer.count == 0)
    }

    @Test func aTagGoesIntoAnArchiveAndNoIsNo() async throws {
        let place = try TemporaryPlace()
        let bench = try await bench()
        await bench.find("app/api")
        await bench.press(.enter, .character("e"))
        await bench.press(.control("u"))
        await bench.type("oci-archive:\(place.path)/one.tar")
        await bench.press(.enter, .character("n"))
        #expect(!FileManager.default.fileExists(atPath: "\(place.path)/one.tar"))
        await bench.press(.character("e"), .control("u"))
        await bench.type("oci-archive:\(place.path)/one.tar")
        await bench.press(.enter, .character("y"))
        #expect(FileManager.default.fileExists(atPath: "\(place.path)/one.tar"))
        await bench.press(.character("e"), .control("u"))
        await bench.type("/somewhere")
        await bench.press(.enter)
        #expect(bench.rows.last?.contains("is not a target") == true, "the input stays, with the reason below it")
    }

    @Test func targetsAreCompleted() throws {
        let place = try TemporaryPlace()
        try FileManager.default.createDirectory(atPath: "\(place.path)/copies", withIntermediateDirectories: true)
        #expect(ExportFlow.completed("reg") == "registry:")
        #expect(ExportFlow.completed("o") == "oci")
        #expect(ExportFlow.completed("oci:\(place.path)/co") == "oci:\(place.path)/copies/")
        #expect(ExportFlow.completed("oci:/no/such/place") == "oci:/no/such/place")
    }
}
