#if RADOS
import Foundation
import Testing

/// The commands on a real cluster, and what they say where there is none.
@Suite(.serialized, .timeLimit(.minutes(15))) struct CephCommandTests {
    private func sentence(_ run: ProgramRun, _ words: String...) {
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.error.hasPrefix("regtop: ") && run.error.filter { $0 == "\n" }.count == 1, "\(run.error)")
        for word in words { #expect(run.error.contains(word), "\(run.error)") }
    }

    @Test func noConfiguration() async throws {
        let place = try TemporaryPlace()
        // A name that is in none of the usual places, /etc/ceph among them.
        let run = try await RegtopProgram.run("repos", "-c", "\(place.path)/nowhere.conf", in: place)
        sentence(run, "nowhere.conf", "does not exist")
    }

    @Test func unreachableMonitors() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let began = ContinuousClock.now
        let run = try await RegtopProgram.run(
            "repos", "-c", cluster.conf, "-m", "127.0.0.1:1", "--connect-timeout", "2", in: place)
        sentence(run, "no monitor answered within 2 s")
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test func wrongKey() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let keyring = "\(place.path)/wrong.keyring"
        let key = Data([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0] + [UInt8](repeating: 7, count: 16)).base64EncodedString()
        try "[client.admin]\n\tkey = \(key)\n".write(toFile: keyring, atomically: true, encoding: .utf8)
        let run = try await RegtopProgram.run("repos", "-c", cluster.conf, "-k", keyring, in: place)
        sentence(run, "client.admin", "key")
    }

    @Test func noSuchPool() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        try await cluster.withPool("present", in: place) {
            let run = try await RegtopProgram.run("repos", "-c", cluster.conf, "-p", "absent", in: place)
            sentence(run, "absent", "present")
        }
    }

    @Test func withoutAPoolTheOnlyRegistryIsUsed() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        try await cluster.withPool("other", in: place) {
            let none = try await RegtopProgram.run("repos", "-c", cluster.conf, in: place)
            sentence(none, "no pool holds a registry", "other", "-p")
            try await cluster.withPool("first", holding: Fixture.path, in: place) {
                let one = try await RegtopProgram.run("-c", cluster.conf, "repos", "-f", "json", in: place)
                #expect(one.status == 0)
                #expect(one.error == "regtop: using pool first, the only one that holds a registry\n")
                let rows: [[String: Any]] = try one.json()
                #expect(rows.count == 12)
                try await cluster.withPool("second", holding: Fixture.path, in: place) {
                    let two = try await RegtopProgram.run("repos", "-c", cluster.conf, in: place)
                    sentence(two, "several pools", "first, second", "-p")
                }
            }
        }
    }

    /// The same dump in a file and in a pool: every answer is the same, to the byte.
    @Test func filesAndPoolsAnswerAlike() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        // In whole seconds, which is all that this librados can read of a date.
        let dump = try await place.dump(try await place.fixture(), "--times").text
            .replacing(#/(?<date>"mtime": "[^".]*)\.[0-9]*Z/#) { "\($0.date)Z" }
        let timed = "\(place.path)/timed.jsonl"
        try dump.write(toFile: timed, atomically: true, encoding: .utf8)
        let file = "--store=sqlite:\(place.path)/timed.db"
        #expect(try await RegtopProgram.run("load", file, timed, in: place).status == 0)
        try await cluster.withPool("alike", holding: timed, in: place) {
            let pool = ["-c", cluster.conf, "-p", "alike"]
            let isDumped = try await place.dump(pool[0], pool[1], pool[2], pool[3], "--times").text == dump
            #expect(isDumped)
            var questions = [["repos", "--unique"], ["ls", "/docker/registry/v2"], ["rm", "app/web", "--dry-run"]]
            questions.append(["mv", "app/web", "c", "--dry-run"])
            for name in Fixture.states.keys.sorted() {
                questions += [["tags", name], ["show", name]]
                let tags: [[String: Any]] = try await RegtopProgram.run(
                    "tags", name, "-f", "json", file, in: place
                ).json()
                questions += tags.compactMap { $0["tag"] as? String }.map { ["show", "\(name):\($0)"] }
            }
            for question in questions {
                let words = question + ["-f", "json"]
                let (here, there) = (
                    try await RegtopProgram.run(words + [file], in: place),
                    try await RegtopProgram.run(words + pool, in: place)
                )
                #expect(here.status == 0 && there.status == 0)
                let isSame = here.output == there.output
                #expect(isSame, "\(question)")
            }
        }
    }

    @Test func chunksLieOnOSDs() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        try await cluster.withPool("chunks", holding: Fixture.path, in: place) {
            let pool = ["-c", cluster.conf, "-p", "chunks", "-f", "json"]
            let report: [String: Any] = try await RegtopProgram.run(["chunks", Fixture.bigLayer] + pool, in: place)
                .json()
            #expect(report["size"] as? Int == 9_011_200)
            let chunks = try #require(report["chunks"] as? [[String: Any]])
            #expect(chunks.compactMap { $0["length"] as? Int } == [4_194_304, 4_194_304, 622_592])
            #expect(chunks.allSatisfy { ($0["osds"] as? [Int]) == [0] })
            let groups = chunks.compactMap { $0["pg"] as? String }
            #expect(groups.count == 3 && groups.allSatisfy { $0.contains(".") })
            let damaged: [String: Any] = try await RegtopProgram.run(
                ["chunks", Fixture.damagedLayer] + pool, in: place
            ).json()
            let states = (damaged["chunks"] as? [[String: Any]])?.compactMap { $0["state"] as? String }
            #expect(states == ["long", "long", "missing"])
        }
    }

    @Test func aViewerReadsAndChangesNothing() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let keyring = try await cluster.client(
            "client.viewer", "mon", "allow r", "osd", "allow r pool=viewed", in: place)
        try await cluster.withPool("viewed", holding: Fixture.path, in: place) {
            let viewer = ["-c", cluster.conf, "-p", "viewed", "--id", "viewer", "-k", keyring]
            let before = try await place.dump("-c", cluster.conf, "-p", "viewed")
            let rows: [[String: Any]] = try await RegtopProgram.run(["repos", "-f", "json"] + viewer, in: place).json()
            #expect(rows.count == 12)
            let run = try await RegtopProgram.run(
                ["rm", "stale/old-service", "app/web:1.0", "--yes", "-f", "json"] + viewer, in: place)
            #expect(run.status == 1)
            #expect(run.error.contains("this client may not do it"))
            let plan: [String: Any] = try run.json()
            let results = try #require(plan["results"] as? [[String: Any]])
            #expect(results.compactMap { $0["outcome"] as? String } == ["failed", "skipped"])
            #expect(results.allSatisfy { $0["error"] is String })
            #expect(try await place.dump("-c", cluster.conf, "-p", "viewed") == before)
        }
    }

    @Test func changesOnAPool() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        try await cluster.withPool("changed", holding: Fixture.path, in: place) {
            let pool = ["-c", cluster.conf, "-p", "changed"]
            let before = try await place.dump(pool[0], pool[1], pool[2], pool[3])
            let dry = try await RegtopProgram.run(["rm", "stale/never-touched", "--dry-run"] + pool, in: place)
            #expect(dry.status == 0)
            #expect(try await place.dump(pool[0], pool[1], pool[2], pool[3]) == before)
            for words in [["rm", "stale/never-touched", "app/web:1.0"], ["mv", "team/x/deep", "team/y"]] {
                let run = try await RegtopProgram.run(words + ["--yes"] + pool, in: place)
                #expect(run.status == 0, "\(run.error)")
            }
            let after = try await place.dump(pool[0], pool[1], pool[2], pool[3])
            let blobs = "/docker/registry/v2/blobs"
            let areKept = after.lines(below: blobs) == before.lines(below: blobs)
            #expect(areKept)
            let rows: [[String: Any]] = try await RegtopProgram.run(["repos", "-f", "json"] + pool, in: place).json()
            let names = rows.compactMap { $0["name"] as? String }
            #expect(names.contains("team/y") && !names.contains("team/x/deep"))
            #expect(!names.contains("stale/never-touched"))
        }
    }

    @Test func aPoolOfOthersObjects() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        var others = DumpText()
        for index in 0..<50 { others.addObject("benchmark_data_\(index)", [1, 2, 3]) }
        let dump = "\(place.path)/others.jsonl"
        try others.objectsOnly.text.write(toFile: dump, atomically: true, encoding: .utf8)
        try await cluster.withPool("others", holding: dump, in: place) {
            let pool = ["-c", cluster.conf, "-p", "others"]
            #expect(try await RegtopProgram.run(["repos", "-f", "json"] + pool, in: place).text == "[]\n")
            #expect(try await RegtopProgram.run(["ls", "/", "-f", "json"] + pool, in: place).text == "[]\n")
            let refused = try await RegtopProgram.run(["load", Fixture.path, "--yes"] + pool, in: place)
            sentence(refused, "not empty")
        }
    }
}
#endif
