import Foundation
import Testing

/// `export`, `compare` and `import` on the pool that registry v2.3.1 wrote.
@Suite struct ExportCommandTests {
    private static let keys: Set<String> = [
        "target", "repositories", "tags", "manifests", "blobs", "bytes", "sharedBytes", "present", "missingBytes",
        "room",
        "available", "removals", "conversions", "leftOut", "applied",
    ]

    @Test func aDryRunShowsThePlanAndWritesNothing() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let dry = try await RegtopProgram.run(
            "export", "--all", "--to", "registry:out", "--dry-run", "-f", "json", store, in: place)
        #expect(dry.status == 4, "\(dry.error)")
        let plan: [String: Any] = try dry.json()
        #expect(Set(plan.keys) == Self.keys && plan["applied"] as? Bool == false)
        let left = try #require(plan["leftOut"] as? [[String: String]])
        #expect(left.map { $0["target"] } == ["damaged/resumed:v1"])
        #expect(plan["sharedBytes"] as? Int ?? 0 > 9_000_000, "the layer that two repositories share is copied once")
        #expect(!FileManager.default.fileExists(atPath: "\(place.path)/out"))
        let one = try await RegtopProgram.run(
            "export", "legacy/schema1", "--to", "oci:out", "--dry-run", store, in: place)
        #expect(one.status == 4 && one.text.contains("has schema 1"))
        let converted = try await RegtopProgram.run(
            "export", "legacy/schema1", "--to", "oci:out", "--convert-schema1", "-f", "json", store, in: place)
        #expect(converted.status == 0, "\(converted.error)\(converted.text)")
        let made = try #require(try converted.json([String: Any].self)["conversions"] as? [[String: String]])
        #expect(!made.isEmpty && made.allSatisfy { $0["old"] != $0["new"] })
    }

    @Test func whatIsExportedAgreesAndComesBack() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run("export", "--all", "--to", "registry:out", "-f", "json", store, in: place)
        #expect(run.status == 4, "\(run.error)")
        let result: [String: Any] = try run.json()
        #expect(Set(result.keys) == Self.keys.union(["result"]) && result["applied"] as? Bool == true)
        let same = try await RegtopProgram.run("compare", "registry:out", "registry:out", "--deep", in: place)
        #expect(same.status == 0, "\(same.text)\(same.error)")
        let source = "sqlite:\(store.dropFirst("--store=sqlite:".count))"
        let compared = try await RegtopProgram.run("compare", source, "registry:out", "-f", "json", in: place)
        #expect(compared.status == 1)
        let differences = try #require(
            try compared.json([String: Any].self)["differences"] as? [[String: Any]])
        #expect(differences.map { $0["tag"] as? String } == ["v1"])
        #expect(differences.map { $0["kind"] as? String } == ["missing"])
        // A tag that is lost in the store comes back.
        let lost = try await RegtopProgram.run("rm", "app/web:1.0", "--yes", store, in: place)
        #expect(lost.status == 0, "\(lost.error)")
        let unasked = try await RegtopProgram.run("import", "registry:out", "app/web", store, in: place)
        #expect(unasked.status == 64)
        let back = try await RegtopProgram.run("import", "registry:out", "app/web", "--yes", store, in: place)
        #expect(back.status == 0, "\(back.error)")
        #expect(try await RegtopProgram.run("show", "app/web:1.0", store, in: place).status == 0)
        let log = try await RegtopProgram.run("log", store, in: place)
        #expect(log.text.contains("import  app/web  done"), "\(log.text)")
    }

    @Test func anArchiveGoesThroughAPipe() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run("export", "app/web:1.0", "--to", "oci-archive:-", store, in: place)
        #expect(run.status == 0 && run.error.contains("1 tag set"), "\(run.error)")
        #expect(run.output.count % 10240 == 0)
        #expect(run.output[257..<262].elementsEqual("ustar".utf8))
        let file = try await RegtopProgram.run("export", "app/web:1.0", "--to", "oci-archive:one.tar", store, in: place)
        #expect(file.status == 0, "\(file.error)")
        let isSame = FileManager.default.contents(atPath: "\(place.path)/one.tar").map(Array.init) == run.output
        #expect(isSame, "equal images give equal archives")
    }

    @Test func aStoreInAFileIsATarget() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let dry = try await RegtopProgram.run(
            "export", "app/web", "--to", "sqlite:new.db", "--dry-run", store, in: place)
        #expect(dry.status == 0 && !FileManager.default.fileExists(atPath: "\(place.path)/new.db"))
        let run = try await RegtopProgram.run("export", "app/web", "--to", "sqlite:new.db", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        #expect(try await RegtopProgram.run("verify", "--store", "sqlite:new.db", in: place).status == 0)
    }

    /// A disk that is too small is refused before the first byte. The disk is real: a file system
    /// of two megabytes in memory.
    @Test(.enabled(if: geteuid() == 0, "only root can mount")) func aSmallDiskIsRefused() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let script = "mkdir disk && mount -t tmpfs -o size=2m none disk && \"$@\"; status=$?; ls -A disk; exit $status"
        let run = try await RegtopProgram.run(
            ["export", "team/x/deep", "--to", "registry:disk", store],
            through: ["unshare", "-m", "sh", "-c", script, "sh"],
            in: place)
        #expect(run.status == 1 && run.error.contains("nothing was copied"), "\(run.error)")
        #expect(run.text == "")
    }

    @Test func aTargetThatCannotBeWrittenIsSaid() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run("export", "app/web", "--to", "registry:/proc/regtop", store, in: place)
        #expect(run.status == 1 && run.error.contains("/proc/regtop"), "\(run.error)")
    }

    @Test(arguments: [
        ["export", "--to", "registry:x"], ["export", "--all"], ["export", "--all", "a", "--to", "registry:x"],
        ["export", "--all", "--to", "x"], ["export", "--all", "--to", "oci-archive:x", "--delete"],
        ["import", "sqlite:x"], ["import", "oci-archive:x"], ["compare", "registry:x"],
        ["export", "--all", "--to", "oci:"],
    ])
    func wrongUsage(_ words: [String]) async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        #expect(try await RegtopProgram.run(words + (words[0] == "compare" ? [] : [store]), in: place).status == 64)
    }
}
