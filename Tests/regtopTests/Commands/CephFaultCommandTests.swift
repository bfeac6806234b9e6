#if RADOS
import Foundation
import Testing

/// Real faults, made with Ceph's own tools: the commands report them and continue with the rest.
extension CephCommandTests {
    private static let blobs = "/docker/registry/v2/blobs/sha256"
    private static let tags = "/docker/registry/v2/repositories/app/web/_manifests/tags"

    /// A pool with the fixture.
    private func withFixture(
        _ name: String,
        _ body: (_ cluster: CephCluster, _ run: (String...) async throws -> ProgramRun, TemporaryPlace)
            async throws -> Void
    ) async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        try await cluster.withPool(name, holding: Fixture.path, in: place) {
            try await body(
                cluster, { try await RegtopProgram.run($0 + ["-c", cluster.conf, "-p", name], in: place) }, place)
        }
    }

    private func blob(_ run: ProgramRun) throws -> String {
        let facts: [String: Any] = try run.json()
        return try #require(facts["blob"] as? String)
    }

    @Test func aChunkObjectThatIsRemoved() async throws {
        try await withFixture("chunkless") { cluster, run, place in
            let hex = Fixture.bigLayer.dropFirst("sha256:".count)
            let path = "\(Self.blobs)/\(hex.prefix(2))/\(hex)/data"
            let blob = try blob(try await run("stat", path, "-f", "json"))
            let whole = try await run("cat", path).output
            try await cluster.rados("chunkless", "get", "\(blob)-1", "saved", in: place)
            try await cluster.rados("chunkless", "rm", "\(blob)-1", in: place)

            let cut = try await run("cat", path)
            #expect(cut.status == 1 && cut.output.count == 4 << 20 && whole.starts(with: cut.output))
            #expect(cut.error == "regtop: \(path) is damaged: \(blob)-1 is missing\n")
            let chunks: [String: Any] = try await run("chunks", Fixture.bigLayer, "-f", "json").json()
            #expect(chunks["state"] as? String == "damaged")
            #expect((chunks["holes"] as? [[String: Int]]) == [["offset": 4 << 20, "length": 4 << 20]])
            try await cluster.rados("chunkless", "put", "\(blob)-1", "saved", in: place)
            #expect(try await run("cat", path).output == whole)

            // A move copies no data, so lost data does not prevent it.
            try await cluster.rados("chunkless", "rm", "\(blob)-0", in: place)
            let lost = try await run("cat", path)
            #expect(lost.status == 1 && lost.output.isEmpty)
            #expect(lost.error == "regtop: \(path) is damaged: \(blob)-0 is missing, and the size with it\n")
            #expect(try await run("stat", path).text.contains("problem   chunk 0, which has the size, is missing\n"))
            #expect(try await run("mv", "library/alpine", "moved/alpine", "--yes").status == 0)
            #expect(try await run("show", "moved/alpine:3.2").text.contains("damaged"))
            #expect(try await run("rm", "moved/alpine", "--yes").status == 0)

            let link = "\(Self.tags)/1.0/current/link"
            try await cluster.rados(
                "chunkless", "rm", "\(try self.blob(try await run("stat", link, "-f", "json")))-0", in: place)
            let empty = try await run("cat", link)
            #expect(empty.status == 0 && empty.output.isEmpty && empty.error.contains("\(link) has no chunk"))
            #expect(try await run("stat", link).text.contains("problem   no chunk"))
            let rows: [[String: Any]] = try await run("tags", "app/web", "-f", "json").json()
            let states = Dictionary(uniqueKeysWithValues: rows.map { ($0["tag"] as? String, $0["state"] as? String) })
            #expect(states["1.0"] == "damaged" && states.count == 4)
        }
    }

    @Test func aSizeOf3BytesAndOneOf2To63() async throws {
        try await withFixture("sizes") { cluster, run, place in
            try Data([97, 98, 99]).write(to: URL(filePath: "\(place.path)/three"))
            try Data([0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0]).write(to: URL(filePath: "\(place.path)/huge"))
            var tag = "1.0"
            for (value, next) in [("three", "x"), ("huge", "y")] {
                let link = "\(Self.tags)/\(tag)/current/link"
                let blob = try blob(try await run("stat", link, "-f", "json"))
                try await cluster.rados(
                    "sizes", "setxattr", "\(blob)-0", "total-size", "--input-file", value, in: place)
                let cat = try await run("cat", link)
                #expect(cat.status == 1 && cat.output.isEmpty)
                #expect(cat.error == "regtop: \(link) is damaged: \(blob)-0 carries no valid size\n")
                #expect(try await run("stat", link).text.contains("problem   chunk 0 has no valid size\n"))
                #expect(try await run("ls", "\(Self.tags)/\(tag)/current").text.contains(link))
                #expect(try await run("chunks", link).text.contains("state       damaged"))
                #expect(try await run("show", "app/web:\(tag)").text.contains("cannot be read"))
                #expect(try await run("mv", "app/web:\(tag)", "app/web:\(next)", "--yes").status == 0)
                tag = next
            }
            #expect(try await run("rm", "app/web:\(tag)", "--yes").status == 0)
            let rows: [[String: Any]] = try await run("tags", "app/web", "-f", "json").json()
            #expect(rows.count == 3)
        }
    }

    @Test func keysOf10KiBAndOfControlCharacters() async throws {
        try await withFixture("keys") { cluster, run, place in
            let long = String(repeating: "k", count: 10 << 10)
            for key in [long, "\u{1}\u{1b}]0;title\u{7}\n"] {
                try await cluster.rados("keys", "setomapval", Self.tags, key, "", in: place)
            }
            func isClean(_ run: ProgramRun) -> Bool {
                run.status == 0 && (run.text + run.error).utf8.allSatisfy { $0 == 0x0a || $0 >= 0x20 && $0 != 0x7f }
            }
            let list = try await run("ls", Self.tags)
            #expect(isClean(list))
            #expect(
                list.text.contains("\\x01\\x1b]0;title\\x07\\x0a\n") && list.text.contains("\(Self.tags)/\(long)\n"))
            #expect(list.text.split(separator: "\n").count { $0.hasPrefix("invalid") } == 2)
            let stat = try await run("stat", "\(Self.tags)/\(long)")
            #expect(stat.status == 1 && stat.error.hasSuffix("is damaged: no directory can have so long a path\n"))
            let rows: [[String: Any]] = try await run("repos", "-f", "json").json()
            let states = Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as? String, $0["state"] as? String) })
            #expect(states.compactMapValues(\.self) == Fixture.states)
            let tags: [[String: Any]] = try await run("tags", "app/web", "-f", "json").json()
            #expect(tags.compactMap { $0["tag"] as? String } == ["1.0", "1.1", "doomed", "latest"])

            let stays =
                "regtop: \(Self.tags) is kept: it contains an entry with an invalid name (see `regtop ls`)\n"
            let move = try await run("mv", "app/web", "app/moved", "--yes", "--no-cache")
            #expect(isClean(move) && move.error == stays)
            #expect(try await run("mv", "app/moved:1.0", "app/moved:2.0", "--yes").status == 0)
            let remove = try await run("rm", "app/web", "--yes", "--no-cache")
            #expect(isClean(remove) && remove.error == stays)
        }
    }

    @Test func anOSDThatStopsAnswering() async throws {
        try await withFixture("stalled") { cluster, run, place in
            let before = try await place.dump("-c", cluster.conf, "-p", "stalled")
            let daemons = ClusterScript(directory: cluster.directory)
            try await daemons.signal(SIGSTOP)
            for words in [["repos"], ["cat", "\(Self.tags)/1.0/current/link"], ["mv", "app/web", "app/b", "--yes"]] {
                let stalled = try await RegtopProgram.run(
                    words + ["--timeout", "1s", "-c", cluster.conf, "-p", "stalled"], in: place)
                #expect(stalled.status == 1 && stalled.output.isEmpty)
                #expect(stalled.error.contains(" failed: the cluster did not answer in time"), "\(stalled.error)")
                #expect(stalled.error.contains("(errno 110); wait longer with --timeout"))
            }
            try await daemons.signal(SIGCONT)
            #expect(try await place.dump("-c", cluster.conf, "-p", "stalled") == before)
            #expect(try await run("mv", "app/web", "app/b", "--yes").status == 0)
        }
    }

    @Test func aQuotaThatIsReached() async throws {
        try await withFixture("narrow") { cluster, run, place in
            try await cluster.ceph("osd", "pool", "set-quota", "narrow", "max_objects", "1")
            // Repeats until the OSD knows the quota; the time limit of the suite ends it.
            var names = ["app/web", "app/b"]
            var move = try await run("mv", names[0], names[1], "--yes", "-f", "json")
            while move.status == 0 {
                names.reverse()
                move = try await run("mv", names[0], names[1], "--yes", "-f", "json")
            }
            #expect(
                move.error.contains(
                    "the pool's quota is used up: see `ceph df detail`; deleting still works (errno 122)"),
                "\(move.error)")
            let plan: [String: Any] = try move.json()
            #expect((plan["results"] as? [[String: Any]])?.compactMap { $0["outcome"] as? String } == ["failed"])
            let rows: [[String: Any]] = try await run("repos", "-f", "json").json()
            #expect(rows.compactMap { $0["name"] as? String }.contains(names[0]))
            #expect(rows.count == Fixture.states.count)

            // Deleting works without space.
            let trash = try await run("rm", "stale/never-touched", "--yes")
            #expect(
                trash.status == 1 && trash.error.contains("--now (D in the console) deletes without the trash"),
                "\(trash.error)")
            let remove = try await run("rm", "stale/never-touched", "--now", "--yes")
            #expect(remove.status == 0, "\(remove.error)")
            #expect(try await run("show", "stale/never-touched:v1").status == 1)
        }
    }
}
#endif
