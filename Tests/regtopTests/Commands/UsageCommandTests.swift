import Foundation
import Testing

/// `du`, `why`, `verify` and filters on the pool that registry v2.3.1 wrote.
@Suite struct UsageCommandTests {
    @Test func duOfThePool() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let usage: [String: Any] = try await RegtopProgram.run("du", "-f", "json", store, in: place).json()
        #expect(Set(usage.keys) == ["complete", "blobs", "size", "unique", "shared", "repositories", "pool"])
        #expect(usage["complete"] as? Bool == true)
        #expect(usage["size"] as? Int == 18_211_886)
        #expect(usage["shared"] as? Int == 9_011_200)
        let rows = try #require(usage["repositories"] as? [[String: Any]])
        #expect(rows.allSatisfy { Set($0.keys) == ["name", "blobs", "size", "unique", "shared", "unread"] })
        let deep = try #require(rows.first { $0["name"] as? String == "team/x/deep" })
        #expect(deep["unique"] as? Int == 11_471)
        let pool = try #require(usage["pool"] as? [String: [String: Int]])
        #expect(
            Set(pool.keys) == [
                "referenced", "links", "trash", "uploads", "quarantine", "unreferenced", "orphaned", "surplus",
                "directories", "regtop", "foreign", "total",
            ])
        #expect(pool["unreferenced"] == ["objects": 4, "bytes": 21_709])
        let plain = try await RegtopProgram.run("du", store, in: place)
        #expect(plain.status == 0 && plain.error.isEmpty)
        #expect(plain.text.contains("team/x/deep") && plain.text.contains("unreferenced"))
    }

    @Test func duOfARepository() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let usage: [String: Any] = try await RegtopProgram.run("du", "app/web", "-f", "json", store, in: place).json()
        #expect(Set(usage.keys) == ["name", "size", "unique", "shared", "items"])
        let items = try #require(usage["items"] as? [[String: Any]])
        #expect(items.map { $0["tag"] as? String } == ["1.0", "1.1", "doomed", "latest"])
        #expect(items.map { $0["unique"] as? Int } == [11_833, 0, 11_471, 0])
        let missing = try await RegtopProgram.run("du", "no/such", store, in: place)
        #expect(missing.status == 1 && missing.error.contains("no/such does not exist"))
    }

    @Test func whyPrintsThePathsOrGarbage() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let found: [String: Any] = try await RegtopProgram.run(
            "why", Fixture.damagedLayer, "-f", "json", store, in: place
        ).json()
        #expect(Set(found.keys) == ["digest", "state", "size", "uses", "trash", "quarantine", "linkedIn"])
        #expect(found["state"] as? String == "needed")
        let uses = try #require(found["uses"] as? [[String: Any]])
        #expect(uses.map { $0["repository"] as? String } == ["damaged/resumed"])
        #expect(uses.map { ($0["path"] as? [String])?.count } == [1])
        let shared = try await RegtopProgram.run("why", Fixture.bigLayer, store, in: place)
        #expect(shared.text.contains("team/x/deep"))
        let nowhere = try await RegtopProgram.run(
            "why", "sha256:" + String(repeating: "0", count: 64), store, in: place)
        #expect(nowhere.status == 1 && nowhere.error.contains("no blob"))
        #expect(try await RegtopProgram.run("why", "layer", store, in: place).status == 64)
        for text in ["\(Fixture.bigLayer.prefix(15))…", String(Fixture.bigLayer.dropFirst(7).prefix(6))] {
            let short = try await RegtopProgram.run("why", text, store, in: place)
            #expect(short.text == shared.text, "\(short.error)")
        }
    }

    @Test func verifyEndsWith4AfterDamage() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let sound = try await RegtopProgram.run("verify", "app/web", "library/alpine:3.1", store, in: place)
        #expect(sound.status == 0, "\(sound.error)")
        #expect(sound.error.isEmpty)
        let all = try await RegtopProgram.run("verify", "-f", "json", store, in: place)
        #expect(all.status == 4)
        #expect(all.error.isEmpty)
        let found: [String: Any] = try all.json()
        #expect(Set(found.keys) == ["manifests", "blobs", "bytes", "complete", "state", "findings"])
        #expect(found["state"] as? String == "damaged")
        let findings = try #require(found["findings"] as? [[String: Any]])
        #expect(findings.map { $0["repository"] as? String } == ["damaged/resumed", "stale/layer-unlinked"])
        #expect(findings.map { $0["state"] as? String } == ["damaged", "unlinked"])
        #expect(findings.allSatisfy { Set($0.keys) == ["repository", "tag", "digest", "state", "problem"] })
        #expect(try await RegtopProgram.run("verify", "damaged/resumed:v1", store, in: place).status == 4)
        #expect(try await RegtopProgram.run("verify", "damaged/none:v1", store, in: place).status == 1)
    }

    @Test func filtersWorkInEveryCommand() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let repos: [[String: Any]] = try await RegtopProgram.run(
            "repos", "--where", "state=damaged or unique>5M or tags=0 and name~^stale/", "-f", "json", store, in: place
        ).json()
        #expect(
            repos.compactMap { $0["name"] as? String } == [
                "damaged/resumed", "stale/layer-unlinked", "stale/old-service",
            ])
        let tags: [[String: Any]] = try await RegtopProgram.run(
            "tags", "app/web", "--where", "created<2015-06-01 or latest", "-f", "json", store, in: place
        ).json()
        #expect(tags.compactMap { $0["tag"] as? String } == ["doomed", "latest"])
        let wrong = try await RegtopProgram.run("repos", "--where", "age>fast", store, in: place)
        #expect(wrong.status == 64 && wrong.error.contains("column 5"), "\(wrong.error)")
    }

    @Test func selectedImagesAreShownWithReasonsAndRemoved() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let before = try await place.dump(store)
        let dry: [String: Any] = try await RegtopProgram.run(
            "rm", "--where", "tags=0 not uploads-only", "--dry-run", "-f", "json", store, in: place
        ).json()
        #expect(dry["targets"] as? [String] == ["stale/old-service"])
        let selection = try #require(dry["selection"] as? [[String: Any]])
        #expect(selection.count == 12)
        #expect(selection.allSatisfy { Set($0.keys) == ["target", "goes", "reason", "sharedWith"] })
        let plain = try await RegtopProgram.run(
            "rm", "--tags-of", "stale/never-touched", "--where", "v1 or v2", "--dry-run", store, in: place)
        #expect(plain.text.contains("delete  stale/never-touched:v1  it matches v1 or v2; its manifest stays with v3"))
        #expect(plain.text.contains("stays   stale/never-touched:v3  it does not match v1 or v2"))
        #expect(try await place.dump(store) == before)
        let done = try await RegtopProgram.run(
            "rm", "--tags-of", "stale/never-touched", "--where", "v1 or v2", "--yes", store, in: place)
        #expect(done.status == 0, "\(done.error)")
        let left: [[String: Any]] = try await RegtopProgram.run(
            "tags", "stale/never-touched", "-f", "json", store, in: place
        ).json()
        #expect(left.compactMap { $0["tag"] as? String } == ["v3"])
    }

    @Test(arguments: [
        ["rm"], ["rm", "app/web", "--where", "untagged"], ["rm", "--where", " "], ["rm", "--keep", "3"],
        ["rm", "--tags-of", "app/web"], ["rm", "--tags-of", "app/web", "--keep", "-1"],
    ])
    func removalsWithoutAClearSelectionAreRefused(_ words: [String]) async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run(words + ["--yes", store], in: place)
        #expect(run.status == 64, "\(run.text)\(run.error)")
    }
}
