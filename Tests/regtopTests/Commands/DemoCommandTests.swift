@testable import SampleRegistry
import Foundation
import Testing

/// The commands on the embedded sample in a file.
@Suite struct DemoCommandTests {
    /// Without a terminal there is no console, but the sample is created once.
    @Test func theSampleIsCreatedOnceAndKept() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run("demo", "sample.db", in: place)
        #expect(run.status == 0)
        #expect(run.error.contains("use it with --store sqlite:FILE"))
        let store = "--store=sqlite:\(place.path)/sample.db"
        let rows: [[String: Any]] = try await RegtopProgram.run("repos", "-f", "json", store, in: place).json()
        let states = rows.reduce(into: [String: String]()) { $0[$1["name"] as? String ?? ""] = $1["state"] as? String }
        #expect(states["library/alpine"] == "ok")
        #expect(states["attic/intranet"] == "untagged")
        #expect(states["uploads/partial"] == "uploads-only")
        #expect(states["damaged/resumed-upload"] == "damaged")
        #expect(try await RegtopProgram.run("rm", "library/debian", "--yes", store, in: place).status == 0)
        #expect(try await RegtopProgram.run("demo", "sample.db", in: place).status == 0)
        let again = try await RegtopProgram.run("repos", store, in: place).text
        #expect(!again.contains("library/debian") && again.contains("library/alpine"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).allSatisfy { !$0.contains(".part-") })
    }

    /// Every reading command works on every specimen of damage.
    @Test func everyReadingCommandWorksOnEverySpecimen() async throws {
        let place = try TemporaryPlace()
        _ = try await RegtopProgram.run("demo", "sample.db", in: place)
        let store = "--store=sqlite:\(place.path)/sample.db"
        for specimen in Specimen.allCases {
            let name = specimen.repository
            for words in [["tags", name], ["show", name], ["ls", "/docker/registry/v2/repositories/\(name)"]] {
                let run = try await RegtopProgram.run(words + ["-f", "json", store], in: place)
                #expect(run.status == 0, "\(words): \(run.error)")
            }
        }
        for words in [["status"], ["repos", "--unique"], ["ls", "/"]] {
            #expect(try await RegtopProgram.run(words + [store], in: place).status == 0)
        }
    }

    @Test func theConsoleNeedsATerminal() async throws {
        let place = try TemporaryPlace()
        for words in [[], ["demo"], ["--store", "sqlite:nowhere.db"]] {
            let run = try await RegtopProgram.run(words, in: place)
            #expect(run.status == 1)
            #expect(run.output.isEmpty)
            #expect(run.error.hasPrefix("regtop: ") && run.error.contains("terminal"))
        }
    }

    @Test func changesAreLogged() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        #expect(try await RegtopProgram.run("rm", "app/web:1.0", "--yes", store, in: place).status == 0)
        let log = try String(contentsOfFile: "\(place.path)/state/regtop/regtop.log", encoding: .utf8)
        #expect(log.contains("remove app/web:1.0 in file"))
        #expect(log.contains("done"))
    }
}
