import Foundation
import Subprocess
import Testing

@testable import ObjectStore
@testable import Registry
@testable import SQLiteStore
@testable import SampleRegistry
@testable import StorageDriver
@testable import Transfer

/// A reader that knows only files never sees a tag whose image is not whole.
@Suite(.timeLimit(.minutes(15))) struct TransferOrderTests {
    @Test func everyStepShowsWholeImages() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let transfer = Transfer(from: fixture.source, to: .registry(directory: fixture.place.path("out")))
        let plan = try await transfer.plan(["app/web", "multi/arch"].compactMap { ImageReference($0) })
        let sink = try ObservedSink(directory: fixture.place.path("out"))
        try await sink.begin()
        let report = try await TransferRun(source: fixture.source, plan: plan, sink: sink, options: .init()).run(
            progress: nil)
        try await sink.end(isWhole: true)
        #expect(sink.faults == [])
        #expect(report.tags == plan.tagCount && report.tags == 7)
        let steps = sink.steps.filter { $0 != "settle" }
        #expect(steps.last == "tag" && steps.count(where: { $0 == "blob" }) == plan.blobs.count)
    }

    /// A blob that the target loses before its links are written is copied again.
    @Test func aBlobThatTheTargetLosesIsCopiedAgain() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        let transfer = Transfer(from: fixture.source, to: .registry(directory: directory))
        let plan = try await transfer.plan([try #require(ImageReference("app/web"))])
        let layer = try #require(plan.repositories.first?.layers.first?.content)
        let sink = try ObservedSink(directory: directory, losing: directory + fixture.source.paths.blob(layer).string)
        try await sink.begin()
        let report = try await TransferRun(source: fixture.source, plan: plan, sink: sink, options: .init()).run(
            progress: nil)
        try await sink.end(isWhole: true)
        #expect(sink.faults == [])
        #expect(report.copied == plan.blobs.count + 1)
    }

    /// The real program, killed at drawn numbers of entries and run again, ends with the bytes of
    /// an undisturbed run.
    @Test func killedExportsAreContinued() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let store = fixture.place.path("sample.db")
        let file = try await SQLiteStore.open(path: store, create: true)
        try await SampleRegistry.make(in: file.reader, file.writer, specimens: [])
        await file.close()
        let (whole, directory) = (fixture.place.path("whole"), fixture.place.path("out"))
        func words(_ directory: String) -> [String] {
            ["export", "--store", "sqlite:\(store)", "--all", "--to", "registry:\(directory)"]
        }
        try await CommandLineTool.run("env", program(words(whole)))
        let total = try TransferFixture.contents(of: whole).count
        var random = SeededGenerator(seed: "killed exports")
        var (killed, present) = (0, 0)
        for round in 0..<8 {
            // Half of what is missing at most, so that later rounds have something to do.
            let count = present + Int.random(in: 1...max(1, (total - present) / 2), using: &random)
            let result = try await Subprocess.run(
                .name("env"),
                arguments: Arguments(
                    program(words(directory), through: ["sh", "-c", Self.kill, "sh", directory, "\(count)"])),
                output: .discarded, error: .discarded)
            if !result.terminationStatus.isSuccess { killed += 1 }
            #expect(try FilesOfARegistry(root: directory).faults() == [], "round \(round)")
            present = try TransferFixture.contents(of: directory).count
        }
        #expect(killed > 0)
        try await CommandLineTool.run("env", program(words(directory)))
        #expect(try FilesOfARegistry(root: directory).faults() == [])
        #expect(try await FilesOfARegistry(root: directory).tags() == fixture.tags())
        #expect(try TransferFixture.contents(of: directory) == TransferFixture.contents(of: whole))
    }

    /// Runs a program that writes into a directory, and kills it when that many entries are there.
    private static let kill = """
        directory=$1 count=$2; shift 2
        "$@" & program=$!
        while kill -0 $program && [ "$(find "$directory" -mindepth 1 | wc -l)" -lt "$count" ]; do :; done
        kill -9 $program
        wait $program
        """

    /// The arguments of `env` that run the program.
    private func program(_ words: [String], through: [String] = []) -> [String] {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let path = URL(filePath: tests).deletingLastPathComponent().appending(path: "regtop").path(
            percentEncoded: false)
        let home = FileManager.default.temporaryDirectory.path(percentEncoded: false)
        return ["XDG_STATE_HOME=\(home)/regtop-state"] + through + [path] + words
    }
}
