@testable import Registry
import Foundation
import Testing

/// The reading commands on the pool that registry v2.3.1 wrote, in an SQLite file.
@Suite struct ReadingCommandTests {
    private func rows(_ words: String...) async throws -> [[String: Any]] {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run(words + ["-f", "json", store], in: place)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.error.isEmpty)
        #expect(run.text.filter { $0 == "\n" }.count == 1)
        return try run.json()
    }

    private func object(_ words: String...) async throws -> [String: Any] {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        return try await RegtopProgram.run(words + ["-f", "json-pretty", store], in: place).json()
    }

    @Test func reposListsTwelveRepositoriesWithTheirStates() async throws {
        let rows = try await rows("repos")
        let states = rows.reduce(into: [String: String]()) { $0[$1["name"] as? String ?? ""] = $1["state"] as? String }
        #expect(states == Fixture.states)
        for row in rows {
            #expect(
                Set(row.keys) == ["name", "tags", "revisions", "uploads", "size", "unique", "modified", "state"])
            #expect(row["unique"] is NSNull)
            #expect(row["size"] is NSNumber)
        }
    }

    /// With a wrong chunk size everything seems damaged; the commands name both sizes.
    @Test(arguments: [["repos"], ["tags", "team/x/deep"], ["verify"], ["chunks", Fixture.damagedLayer]])
    func aWrongChunkSizeIsReported(_ words: [String]) async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run(words + ["--chunk-size", "3M", store], in: place)
        let isDamaged = run.text.contains("damaged") || run.text.contains("long")
        #expect(run.error.contains("--chunk-size 4194304") == isDamaged, "\(run.error)")
        #expect(isDamaged || words[0] == "tags")
        let largeBlob =
            "/docker/registry/v2/blobs/sha256/d7/d7753236ac931d8900916d827206f55848958a59e3a137a20acd509fd8ab40c6/data"
        let cat = try await RegtopProgram.run("cat", largeBlob, "--chunk-size", "3M", store, in: place)
        #expect(cat.status == 1 && cat.output.isEmpty && cat.error.contains("--chunk-size 4194304"))
    }

    #if RADOS
    /// librados prints a message to standard error if a name cannot be resolved.
    @Test func messagesOfLibradosAreNotPrinted() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run("repos", "-p", "x", "-m", "nosuchhost.invalid", "-f", "json", in: place)
        #expect(run.status == 1 && run.output.isEmpty, "\(run.text)")
    }
    #endif

    @Test func uniqueSizesAreComputedOnRequest() async throws {
        let rows = try await rows("repos", "--unique")
        for row in rows {
            let unique = try #require(row["unique"] as? Int)
            #expect(unique <= row["size"] as? Int ?? -1)
        }
        let shared = try #require(rows.first { $0["name"] as? String == "team/x/deep" })
        #expect(shared["unique"] as? Int ?? .max < 9_011_200)
        #expect(shared["size"] as? Int ?? 0 > 9_011_200)
    }

    @Test func tagsPrintsItsKeys() async throws {
        let rows = try await rows("tags", "multi/arch")
        #expect(rows.compactMap { $0["tag"] as? String } == ["latest", "tmp-amd64", "tmp-arm64"])
        for row in rows {
            #expect(
                Set(row.keys) == [
                    "tag", "digest", "mediaType", "size", "created", "modified", "platforms", "state",
                ])
        }
        #expect(rows[0]["platforms"] as? [String] == ["linux/amd64", "linux/arm64"])
    }

    @Test func showPrintsItsKeys() async throws {
        let image = try await object("show", "stale/layer-unlinked:v1")
        #expect(
            Set(image.keys) == [
                "name", "tag", "digest", "mediaType", "size", "config", "layers", "manifests", "signatures", "state",
            ])
        #expect(image["state"] as? String == "damaged")
        let layers = try #require(image["layers"] as? [[String: Any]])
        #expect(layers.allSatisfy { Set($0.keys) == ["digest", "size", "mediaType", "state"] })
        #expect(layers.compactMap { $0["state"] as? String } == ["ok", "unlinked"])
    }

    @Test func showOfARepositoryPrintsAllItsManifests() async throws {
        let repository = try await object("show", "app/web")
        #expect(repository["tag"] is NSNull && repository["digest"] is NSNull)
        #expect((repository["manifests"] as? [Any])?.count == 3)
        #expect(repository["state"] as? String == "ok")
    }

    @Test func chunksOfTheBigLayer() async throws {
        let report = try await object("chunks", Fixture.bigLayer)
        #expect(
            Set(report.keys) == [
                "path", "blob", "size", "chunkSize", "modified", "usedBy", "chunks", "holes", "state",
            ])
        #expect(report["size"] as? Int == 9_011_200)
        #expect(report["chunkSize"] as? Int == 4_194_304)
        let chunks = try #require(report["chunks"] as? [[String: Any]])
        #expect(chunks.compactMap { $0["length"] as? Int } == [4_194_304, 4_194_304, 622_592])
        #expect(
            chunks.allSatisfy {
                Set($0.keys) == ["index", "object", "offset", "length", "expected", "state", "pg", "osds"]
            })
        let users = try #require(report["usedBy"] as? [[String: Any]])
        #expect(users.contains { $0["repository"] as? String == "team/x/deep" && $0["tag"] as? String == "v1" })
        #expect(users.allSatisfy { Set($0.keys) == ["repository", "tag", "digest"] })
    }

    @Test func chunksOfTheDamagedLayer() async throws {
        let report = try await object("chunks", Fixture.damagedLayer)
        #expect(report["state"] as? String == "damaged")
        let chunks = try #require(report["chunks"] as? [[String: Any]])
        #expect(chunks.compactMap { $0["state"] as? String } == ["long", "long", "missing"])
        #expect(chunks.last?["length"] is NSNull)
        let holes = try #require(report["holes"] as? [[String: Int]])
        #expect(holes == [["offset": 8_388_608, "length": 611_392]])
    }

    @Test func treePrintsTheTree() async throws {
        let rows = try await rows("ls", "/docker/registry/v2/repositories/team")
        #expect(rows.count == 1)
        #expect(Set(rows[0].keys) == ["path", "type", "size", "modified", "blob"])
        #expect(rows[0]["path"] as? String == "/docker/registry/v2/repositories/team/x")
        let link = "/docker/registry/v2/repositories/app/web/_manifests/tags/1.0/current/link"
        let status = try await object("stat", link)
        #expect(status["type"] as? String == "file")
        #expect(status["size"] as? Int == 71)
        #expect((status["blob"] as? String)?.hasPrefix("blob:") == true)
        #expect(try await self.rows("ls", link).count == 1)
    }

    @Test func catPrintsTheExactBytes() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let hex = Fixture.bigLayer.dropFirst(7)
        let path = "/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
        let whole = try await RegtopProgram.run("cat", path, store, in: place)
        #expect(whole.status == 0)
        #expect(Digest.sha256(of: whole.output).string == Fixture.bigLayer)
        #expect(try await RegtopProgram.run("cat", String(hex.prefix(8)), store, in: place).output == whole.output)
        let rest = try await RegtopProgram.run("cat", "--offset", "4194300", path, store, in: place)
        #expect(rest.output == Array(whole.output[4_194_300...]))
        let damaged = Fixture.damagedLayer.dropFirst(7)
        let broken = try await RegtopProgram.run(
            "cat", "/docker/registry/v2/blobs/sha256/\(damaged.prefix(2))/\(damaged)/data", store, in: place)
        #expect(broken.status == 1)
        #expect(broken.error.contains("missing"))
    }

    @Test func statusOfAFile() async throws {
        let status = try await object("status")
        #expect(status["store"] as? String == "sqlite")
        #expect(status["repositories"] as? Int == 12)
        #expect(status["chunkSizeFound"] as? Int == 4_194_304)
        #expect(status["readOnly"] as? Bool == false)
    }

    @Test func plainAndJSONOutputAgree() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let plain = try await RegtopProgram.run("repos", store, in: place).text.split(separator: "\n").dropFirst()
        let json: [[String: Any]] = try await RegtopProgram.run("repos", "-f", "json", store, in: place).json()
        let cells = plain.map { $0.split(separator: " ").map(String.init) }
        #expect(cells.map { $0[0] } == json.compactMap { $0["name"] as? String })
        #expect(cells.map { $0[7] } == json.compactMap { $0["state"] as? String })
        #expect(cells.allSatisfy { $0.count == 8 })
    }
}
