@testable import Registry
import Foundation
import Subprocess
import Testing

/// Errors, closed pipes, and output that is safe for a terminal.
@Suite struct StreamsTests {
    @Test(arguments: [
        ["repos", "-f", "yes"], ["rm", "app/web", "-f"],
    ])
    func theShortOptionOfFormatIsNotForce(_ words: [String]) async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run(words, in: place)
        #expect(run.status == 64)
        #expect(run.error.contains("-f is --format; did you mean --yes?"))
    }

    /// Only `status` prints metrics; the others say so.
    @Test func theFormatOfMetricsBelongsToStatus() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run("repos", "-f", "prometheus", in: place)
        #expect(run.status == 64 && run.error.contains("only `regtop status` prints metrics for prometheus"))
        let status = try await RegtopProgram.run("status", "-f", "metrics", in: place)
        #expect(status.status == 64 && status.error.contains("must be plain, json, json-pretty or prometheus"))
    }

    @Test func aPathIsNotAReference() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run("rm", "/docker/registry/v2", "--yes", in: place)
        #expect(run.status == 64)
        #expect(run.error.contains("a path is not a reference"))
    }

    @Test func versionTellsWhetherTheBuildHasRADOS() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run("--version", in: place)
        #expect(run.status == 0)
        // A build of a git tree knows its commit.
        let lines =
            #/regtop \S+\ncommit [0-9a-f]{40,}\nbuilt \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\nSwift \d+\.\d\S*\nwith.*\n/#
        #expect(try lines.wholeMatch(in: run.text) != nil, "\(run.text)")
        #if RADOS
        #expect(run.text.contains("with RADOS through librados "))
        #else
        #expect(run.text.contains("without RADOS"))
        #endif
    }

    @Test func helpGoesToStandardOutput() async throws {
        let place = try TemporaryPlace()
        for words in [["--help"], ["help"], ["help", "rm"], ["rm", "--help"]] {
            let run = try await RegtopProgram.run(words, in: place)
            #expect(run.status == 0)
            #expect(run.text.contains("USAGE: regtop"))
            #expect(run.error.isEmpty)
        }
        #expect(try await RegtopProgram.run("frobnicate", in: place).status == 64)
    }

    @Test(arguments: ["repos", "dump", "cat /docker/registry/v2/blobs/sha256/d7/\(Fixture.bigLayer.dropFirst(7))/data"])
    func aClosedPipeEndsSilently(_ command: String) async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        // head ends after one byte. The file has the errors and the exit status of the program.
        let words = (["env"] + RegtopProgram.environment(place) + [RegtopProgram.path, command, store])
            .joined(separator: " ")
        let result = try await Subprocess.run(
            .name("bash"), arguments: ["-c", "{ \(words); echo \"status $?\" >&2; } | head -c 1 > /dev/null"],
            output: .discarded, error: .string(limit: 1 << 16))
        #expect(result.standardError == "status 0\n")
    }

    @Test func interruptedLoadLeavesNothing() async throws {
        let place = try TemporaryPlace()
        let words =
            RegtopProgram.environment(place) + [
                RegtopProgram.path, "load", "--store", "sqlite:\(place.path)/new.db", "-",
            ]
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(words), input: .inputWriter, output: .sequence,
            error: .combinedWithOutput
        ) { execution in
            // An invalid line would end the program, but half a line keeps it reading. When the
            // draft exists, all lines before are loaded.
            _ = try await execution.standardInputWriter.write("{\"name\":")
            while try FileManager.default.contentsOfDirectory(atPath: place.path).allSatisfy({ !$0.contains(".part-") })
            {
                await Task.yield()
            }
            try execution.send(signal: .interrupt)
            var said = ""
            for try await piece in execution.standardOutput {
                said += piece.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            }
            try await execution.standardInputWriter.finish()
            return said
        }
        #expect(result.terminationStatus.code == 130)
        #expect(result.closureResult == "regtop: cancelled\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).allSatisfy { !$0.contains("new.db") })
    }

    @Test func hostileNamesAreEscapedAndNotFollowed() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        try files.addImage("good", tags: ["1"])
        let repositories = "\(DumpText.root)/repositories"
        files.addDirectory("\(repositories)/..")
        files.addDirectory("\(repositories)/\u{1b}[31mred\n", withObject: false)
        files.add("\(repositories)/\u{202e}evil", [1])
        let store = try await place.store(files)
        for words in [
            ["ls", repositories], ["ls", repositories, "-f", "json"], ["repos"], ["repos", "-f", "json-pretty"],
        ] {
            let run = try await RegtopProgram.run(words + [store], in: place)
            #expect(run.status == 0)
            #expect(!run.output.contains(0x1b))
            #expect(!run.text.contains("\u{202e}"))
        }
        let rows: [[String: Any]] = try await RegtopProgram.run("ls", repositories, "-f", "json", store, in: place)
            .json()
        let types = rows.reduce(into: [String: String]()) { $0[$1["path"] as? String ?? ""] = $1["type"] as? String }
        #expect(types["\(repositories)/.."] == "invalid")
        #expect(types["\(repositories)/good"] == "directory")
        #expect(types.count == 4)
        let names: [[String: Any]] = try await RegtopProgram.run("repos", "-f", "json", store, in: place).json()
        #expect(names.compactMap { $0["name"] as? String } == ["good"])
    }

    @Test func aManifestThatIsNotJSONIsReported() async throws {
        let place = try TemporaryPlace()
        var files = DumpText()
        try files.addImage("good", tags: ["1"])
        let garbage = Array("\u{1b}[2J{not json".utf8)
        let digest = Digest.sha256(of: garbage).string
        let hex = digest.dropFirst(7)
        files.add("\(DumpText.root)/blobs/sha256/\(hex.prefix(2))/\(hex)/data", garbage)
        files.add("\(DumpText.root)/repositories/bad/_manifests/revisions/sha256/\(hex)/link", Array(digest.utf8))
        files.add("\(DumpText.root)/repositories/bad/_manifests/tags/1/current/link", Array(digest.utf8))
        let store = try await place.store(files)
        let rows: [[String: Any]] = try await RegtopProgram.run("repos", "-f", "json", store, in: place).json()
        #expect(rows.compactMap { $0["state"] as? String } == ["damaged", "ok"])
        for words in [["show", "bad:1"], ["tags", "bad"], ["show", "bad"]] {
            let run = try await RegtopProgram.run(words + [store], in: place)
            #expect(run.status == 0)
            #expect(run.text.contains("damaged"))
            #expect(!run.output.contains(0x1b))
        }
    }

    @Test func storesWithoutARegistryHaveNoRepositories() async throws {
        let place = try TemporaryPlace()
        var others = DumpText()
        for index in 0..<50 { others.addObject("benchmark_data_\(index)", [1, 2, 3]) }
        others.addObject("blob:no-identifier-0", [])
        for store in [
            try await place.store(others.objectsOnly, "others.db"),
            try await place.store(DumpText().objectsOnly, "empty.db"),
        ] {
            let repos = try await RegtopProgram.run("repos", "-f", "json", store, in: place)
            #expect(repos.status == 0 && repos.text == "[]\n")
            #expect(try await RegtopProgram.run("ls", "/", "-f", "json", store, in: place).text == "[]\n")
            #expect(try await RegtopProgram.run("status", store, in: place).status == 0)
            #expect(try await RegtopProgram.run("rm", "a", "--yes", store, in: place).status == 1)
        }
    }

    @Test func readingWorksWithoutALog() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run("repos", "--log-file", "/proc/nowhere/x.log", store, in: place)
        #expect(run.status == 0 && run.error.isEmpty)
    }

    @Test func aMissingStoreIsAnError() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run("repos", "--store", "sqlite:nowhere.db", in: place)
        #expect(run.status == 1)
        #expect(run.error.contains("nowhere.db"))
        #expect(!FileManager.default.fileExists(atPath: "\(place.path)/nowhere.db"))
    }
}
