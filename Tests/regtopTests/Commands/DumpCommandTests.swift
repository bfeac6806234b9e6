import Foundation
import Testing

/// `load` restores what `dump` writes.
@Suite struct DumpCommandTests {
    @Test func aDumpEqualsTheLoadedDump() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let dump = try await place.dump(store)
        for name in ["copy.jsonl", "copy.jsonl.gz"] {
            #expect(try await RegtopProgram.run("dump", "-o", name, store, in: place).status == 0)
            let into = "--store=sqlite:\(place.path)/\(name).db"
            #expect(try await RegtopProgram.run("load", into, "\(place.path)/\(name)", in: place).status == 0)
            #expect(try await place.dump(into) == dump)
        }
        let plain = try Data(contentsOf: URL(filePath: "\(place.path)/copy.jsonl"))
        let packed = try Data(contentsOf: URL(filePath: "\(place.path)/copy.jsonl.gz"))
        #expect(plain == Data(dump.text.utf8))
        #expect(packed.starts(with: [0x1f, 0x8b]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).allSatisfy { !$0.contains(".part-") })
    }

    @Test func timesSurvive() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let timed = try await place.dump(store, "--times")
        try timed.text.write(toFile: "\(place.path)/timed.jsonl", atomically: true, encoding: .utf8)
        let into = "--store=sqlite:\(place.path)/timed.db"
        #expect(try await RegtopProgram.run("load", into, "timed.jsonl", in: place).status == 0)
        #expect(try await place.dump(into, "--times") == timed)
        let hasTimes = timed.text.contains("\"mtime\"")
        #expect(hasTimes)
    }

    @Test func aDumpOfTheStructureHasNoData() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let structure = try await place.dump(store, "--no-data")
        let whole = try await place.dump(store)
        let isAlone = structure.lines.allSatisfy { $0.starts(with: Data("{\"name\"".utf8)) }
        #expect(isAlone)
        #expect(structure.lines.count == whole.lines.count)
    }

    @Test func loadRefusesAStoreThatIsNotEmpty() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let run = try await RegtopProgram.run("load", Fixture.path, "--yes", store, in: place)
        #expect(run.status == 1)
        #expect(run.error.contains("not empty"))
        #expect(try await place.dump(store) == before)
    }

    @Test func aDryRunMakesNoFile() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run(
            "load", Fixture.path, "--dry-run", "--store", "sqlite:new.db", "-f", "json", in: place)
        #expect(run.status == 0)
        let summary: [String: Any] = try run.json()
        #expect(Set(summary.keys) == ["objects", "bytes", "applied"])
        #expect(summary["objects"] as? Int == 480)
        #expect(summary["applied"] as? Bool == false)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).allSatisfy { !$0.contains("new.db") })
    }

    @Test func aWrongDumpLeavesNoFile() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run(
            "load", "-", "--store", "sqlite:new.db", input: "{\"name\":\"a\"}\nnonsense\n", in: place)
        #expect(run.status == 1)
        #expect(run.error.contains("line "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).allSatisfy { !$0.contains("new.db") })
    }
}
