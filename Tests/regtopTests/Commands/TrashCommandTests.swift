import Foundation
import Testing

/// `trash`, `uploads` and `log`, on a pool that registry v2.3.1 wrote.
@Suite struct TrashCommandTests {
    @Test func aDeletedRepositoryIsListedAndRestored() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let run = try await RegtopProgram.run("rm", "app/web", "--yes", store, in: place)
        #expect(run.status == 0 && run.text.contains("in the trash as "), "\(run.text)\(run.error)")
        let rows: [[String: Any]] = try await RegtopProgram.run(
            ["--store", String(store.dropFirst(8)), "trash", "ls", "-f", "json"], in: place
        ).json()
        let row = try #require(rows.first)
        #expect(Set(row.keys) == ["id", "name", "kind", "deleted", "by", "bytes", "reclaimable"])
        #expect(row["name"] as? String == "app/web" && row["kind"] as? String == "repository")
        let id = try #require(row["id"] as? String)
        #expect(try await RegtopProgram.run("trash", "ls", store, in: place).text.contains(id))
        let status: [String: Any] = try await RegtopProgram.run("status", "-f", "json", store, in: place).json()
        #expect(status["trash"] as? Int == 1)
        let restored = try await RegtopProgram.run("trash", "restore", id, "--yes", "-f", "json", store, in: place)
        #expect(restored.status == 0, "\(restored.error)")
        let plan: [String: Any] = try restored.json()
        #expect(Set(plan.keys) == ["targets", "impact", "applied", "results"] && plan["targets"] as? [String] == [id])
        let after = try await place.dump(store)
        let isSame = after.lines(below: "/") == before.lines(below: "/")
        #expect(isSame, "line by line, identifiers included")
    }

    @Test func aRestoreRefusesANameThatIsInUse() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        _ = try await RegtopProgram.run("rm", "app/web:1.0", "--yes", store, in: place)
        let rows: [[String: Any]] = try await RegtopProgram.run("trash", "ls", "-f", "json", store, in: place).json()
        let id = try #require(rows.first?["id"] as? String)
        _ = try await RegtopProgram.run("mv", "app/web:1.1", "app/web:1.0", "--yes", store, in: place)
        let refused = try await RegtopProgram.run("trash", "restore", id, "--yes", store, in: place)
        #expect(refused.status == 1 && refused.error.contains("--to NAME"), "\(refused.error)")
        let run = try await RegtopProgram.run("trash", "restore", id, "--to", "app/web:old", "--yes", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        let tags = try await RegtopProgram.run("tags", "app/web", store, in: place).text
        #expect(tags.contains("\nold ") && tags.contains("\n1.0 "))
    }

    @Test func emptyingAsksAndRemovesPermanently() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        _ = try await RegtopProgram.run("rm", "stale/old-service", "--yes", store, in: place)
        let nothing = try await RegtopProgram.run("trash", "empty", "--older-than", "7d", "--yes", store, in: place)
        #expect(nothing.status == 0 && nothing.text.contains("nothing to drop"), "\(nothing.text)")
        #expect(try await RegtopProgram.run("trash", "empty", store, in: place).status == 64)
        let dry = try await RegtopProgram.run("trash", "empty", "--dry-run", store, in: place)
        #expect(dry.text.contains("removes 4 objects, 213 B"), "\(dry.text)")
        let run = try await RegtopProgram.run("trash", "empty", "--yes", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        let left: [Any] = try await RegtopProgram.run("trash", "ls", "-f", "json", store, in: place).json()
        #expect(left.isEmpty)
        #expect(try await !place.dump(store).text.contains("regtop-trash"))
    }

    /// An entry from a repair has a blank in its name. The name is the last column.
    @Test func blanksInNamesAreNotEscaped() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        _ = try await RegtopProgram.run("fsck", "--repair", "stale-upload", "--grace", "0", "--yes", store, in: place)
        let text = try await RegtopProgram.run("trash", "ls", store, in: place).text
        #expect(text.contains("  stale-upload /docker/") && !text.contains("x20"), "\(text)")
        let run = try await RegtopProgram.run("trash", "empty", "--older-than", "0", "--dry-run", store, in: place)
        #expect(run.status == 0, "\(run.error)")
    }

    @Test func uploadsAreListedAndPurged() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let rows: [[String: Any]] = try await RegtopProgram.run("uploads", "-f", "json", store, in: place).json()
        #expect(!rows.isEmpty && rows.allSatisfy { Set($0.keys) == ["repository", "id", "started", "size"] })
        let one: [[String: Any]] = try await RegtopProgram.run(
            "uploads", "uploads/partial", "-f", "json", store, in: place
        )
        .json()
        #expect(one.allSatisfy { $0["repository"] as? String == "uploads/partial" } && one.count < rows.count)
        #expect(
            try await RegtopProgram.run("uploads", "purge", "--older-than", "1d", "--now", "--yes", store, in: place)
                .status
                == 64)
        let run = try await RegtopProgram.run("uploads", "purge", "--older-than", "0", "--yes", store, in: place)
        #expect(run.status == 0, "\(run.error)")
        let left: [Any] = try await RegtopProgram.run("uploads", "-f", "json", store, in: place).json()
        #expect(left.isEmpty)
        let trash: [[String: Any]] = try await RegtopProgram.run("trash", "ls", "-f", "json", store, in: place).json()
        #expect(trash.count == rows.count && trash.allSatisfy { $0["kind"] as? String == "upload" })
    }

    @Test func theLogListsChangesWithTheirOutcomes() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        #expect(try await RegtopProgram.run("log", store, in: place).text == "no changes yet\n")
        _ = try await RegtopProgram.run("rm", "stale/old-service", "--yes", store, in: place)
        _ = try await RegtopProgram.run("mv", "app/web", "app/new", "--yes", store, in: place)
        let rows: [[String: Any]] = try await RegtopProgram.run("log", "-f", "json", store, in: place).json()
        #expect(rows.map { $0["action"] as? String } == ["move", "remove"])
        #expect(rows.map { $0["targets"] as? [String] } == [["app/web to app/new"], ["stale/old-service"]])
        #expect(rows.allSatisfy { $0["ended"] is String && ($0["outcomes"] as? [String: Int]) == ["done": 1] })
        let text = try await RegtopProgram.run("log", "--last", "1", store, in: place).text
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines.first?.split(separator: " ") == ["TIME", "USER", "CLIENT", "ACTION", "TARGETS", "AND", "OUTCOME"])
        #expect(lines.last?.hasSuffix("  move    app/web to app/new  done") == true)
    }
}
