#if RADOS
import Foundation
import Glibc
import Testing

/// The commands on a real cluster, and their errors without one.
@Suite(.serialized, .timeLimit(.minutes(15))) struct CephCommandTests {
    private func sentence(_ run: ProgramRun, _ words: String...) {
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.error.hasPrefix("regtop: ") && run.error.filter { $0 == "\n" }.count == 1, "\(run.error)")
        for word in words { #expect(run.error.contains(word), "\(run.error)") }
    }

    @Test func aMissingConfigurationIsAnError() async throws {
        let place = try TemporaryPlace()
        // A configuration that is in none of the usual places, such as /etc/ceph.
        let run = try await RegtopProgram.run("repos", "-c", "\(place.path)/nowhere.conf", in: place)
        sentence(run, "nowhere.conf", "does not exist")
    }

    /// bash offers the pools of the cluster that the line names, and their repositories; a name is
    /// text.
    @Test func completionsOfACluster() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let name = "odd $(touch evil)"
        try await cluster.withPool(name, holding: Fixture.path, in: place) {
            let words = "-c \(cluster.conf) -p"
            let calls = try await CompletingShell.bash.type(
                "regtop show \(words) od\tteam/\t:\t", "regtop show \(words) nowhere team/\t", in: place)
            try #require(calls.count == 2)
            #expect(calls[0].suffix(3) == ["-p", name, "team/x/deep:v1"])
            #expect(calls[1].last == "team/")
            #expect(!FileManager.default.fileExists(atPath: "\(place.path)/evil"))
        }
    }

    @Test func unreachableMonitors() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let began = ContinuousClock.now
        let run = try await RegtopProgram.run(
            "repos", "-c", cluster.conf, "-m", "127.0.0.1:1", "--connect-timeout", "2s", in: place)
        sentence(run, "no monitor answered within 2 s")
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test func aWrongKeyIsAnError() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let keyring = "\(place.path)/wrong.keyring"
        let key = Data([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0] + [UInt8](repeating: 7, count: 16)).base64EncodedString()
        try "[client.admin]\n\tkey = \(key)\n".write(toFile: keyring, atomically: true, encoding: .utf8)
        let run = try await RegtopProgram.run("repos", "-c", cluster.conf, "-k", keyring, in: place)
        sentence(run, "client.admin", "key")
    }

    /// regtop accepts every ceph.conf that librados accepts: other characters than ASCII in
    /// comments and quotes, continued lines, all line ends.
    @Test func confOfManySpellings() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let conf = "\(place.path)/ü \u{A0}.conf"
        let text = try String(contentsOfFile: cluster.conf, encoding: .utf8)
        let spellings = [
            "x0 = 1 ; ü", "x1 = \"ü\" # \u{A0}", "x2 = 'a\\'ü'", "x3 = \"a\\\"ü\"\t", "x4 = \\\n\"ü\"",
            "x5 = a\\\n  b # ü",
            "x\\#6 = a\\;b", "x7 =", "x8 = a=\"b\"", "\t x 9\t= c\r", "x10 = \"ü\"\\\n# ü",
        ]
        try (text + "\n[client.other]\n" + spellings.joined(separator: "\n") + "\n# für \u{200B}alle\n")
            .write(toFile: conf, atomically: true, encoding: .utf8)
        try await cluster.withPool("spelt", holding: Fixture.path, in: place) {
            let run = try await RegtopProgram.run("repos", "-c", conf, "-p", "spelt", in: place)
            #expect(run.status == 0, "\(run.error)")
        }
    }

    /// The program neither aborts nor ends silently. `CephFileTests` has further cases.
    @Test func filesAndArgumentsThatEndLibrados() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let text = try String(contentsOfFile: cluster.conf, encoding: .utf8)
        let conf = "\(place.path)/bad.conf"
        try ("\u{FEFF}" + text).write(toFile: conf, atomically: true, encoding: .utf8)
        sentence(try await RegtopProgram.run("repos", "-c", conf, in: place), conf, "line 1", "U+FEFF")
        try String(text.dropLast()).write(toFile: conf, atomically: true, encoding: .utf8)
        let last = text.count { $0 == "\n" }
        sentence(try await RegtopProgram.run("repos", "-c", conf, in: place), conf, "line \(last): the last line")
        for arguments in ["--id \"admin\"", "--keyring", "--show-conf", "--bind x"] {
            let run = try await RegtopProgram.run(
                ["repos", "-c", cluster.conf], through: ["env", "CEPH_ARGS=\(arguments)"], in: place)
            sentence(run, "CEPH_ARGS")
        }
        // The keyring that the environment variable names.
        let keyring = "\(place.path)/bad.keyring"
        try "[client.admin]\nkey\u{A0}= x\n".write(toFile: keyring, atomically: true, encoding: .utf8)
        let run = try await RegtopProgram.run(
            ["repos", "-c", cluster.conf], through: ["env", "CEPH_KEYRING=\(keyring)"], in: place)
        sentence(run, keyring, "line 2", "U+00A0")
    }

    /// Root can read everything, unless it drops that capability.
    @Test func filesThatTheUserMayNotRead() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let without = ["--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]
        let through = geteuid() == 0 ? ["setpriv"] + without : []
        let secret = "\(place.path)/secret"
        try FileManager.default.copyItem(atPath: "\(cluster.directory)/keyring", toPath: secret)
        #expect(chmod(secret, 0) == 0)
        func run(_ words: String...) async throws -> ProgramRun {
            try await RegtopProgram.run(["repos"] + words, through: through, in: place)
        }
        let user = NSUserName()
        sentence(try await run("-c", cluster.conf, "-k", secret), secret, "may not be read by the user \(user)")
        sentence(try await run("-c", secret), secret, "may not be read by the user \(user)")
        // librados tries the next file, which is invalid as well.
        let other = "\(place.path)/other"
        try "[client.other]\n".write(toFile: other, atomically: true, encoding: .utf8)
        sentence(
            try await run("-c", cluster.conf, "-k", "\(secret),\(other)"), "\(other) holds no key of client.admin",
            secret,
            "may not be read by the user \(user)")
        #expect(
            try await run("-c", cluster.conf, "-k", "\(secret),\(cluster.directory)/keyring").error.contains("pool"))
    }

    /// A ceph.conf without monitors, with a DNS server that has their records, one without the
    /// records, and one that does not answer.
    @Test(.enabled("needs root, to give a process a resolver of its own") { try await NameServer.canBeUsed() })
    func monitorsThatTheDNSKnows() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let text = try String(contentsOfFile: cluster.conf, encoding: .utf8)
        let port = try #require(text.firstMatch(of: #/mon host = \S+:(\d+)/#).flatMap { UInt16($0.output.1) })
        let conf = "\(place.path)/no-monitors.conf"
        try "[global]\nkeyring = \(cluster.directory)/keyring\n".write(toFile: conf, atomically: true, encoding: .utf8)
        func run(_ server: NameServer, _ words: String...) async throws -> ProgramRun {
            defer { server.stop() }
            let through = try server.through(in: place)
            return try await RegtopProgram.run(["repos", "-c", conf] + words, through: through, in: place)
        }
        let found = try await run(NameServer(["_ceph-mon._tcp": port]))
        #expect(found.status == 1 && found.error.contains("pool") && !found.error.contains("DNS"), "\(found.error)")
        let none = try await run(NameServer([:]))
        sentence(none, conf, "names no monitor", "the DNS has no SRV records of _ceph-mon._tcp", "--mon-host")
        let silent = try await run(NameServer(nil), "--connect-timeout", "1s")
        sentence(silent, conf, "the DNS did not say within 1 s", "_ceph-mon._tcp")
    }

    @Test func anUnknownPoolIsAnError() async throws {
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

    /// The same dump in a file and in a pool gives the same answers, byte for byte.
    @Test func filesAndPoolsGiveTheSameAnswers() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        // This librados reads dates in whole seconds only.
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
            var questions = [
                ["repos", "--unique"], ["ls", "/docker/registry/v2"], ["rm", "app/web", "--dry-run", "--offline"],
            ]
            questions.append(["mv", "app/web", "c", "--dry-run", "--offline"])
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

    /// `doctor` names the files, the client, its capabilities and the remedy, and never a key.
    @Test func doctorOnACluster() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        let viewer = try await cluster.client("client.patient", "mon", "allow r", "osd", "allow r", in: place)
        var keys: [String] = []
        for file in ["\(cluster.directory)/keyring", viewer] {
            let key = try String(contentsOfFile: file, encoding: .utf8).firstMatch(of: #/key\s*=\s*(\S+)/#)
            keys.append(String(try #require(key).output.1))
        }
        func doctor(_ words: String..., through: [String] = []) async throws -> (status: Int32, lines: [String: String])
        {
            let run = try await RegtopProgram.run(
                ["doctor", "-c", cluster.conf] + words, through: through, in: place)
            #expect(run.error.isEmpty && keys.allSatisfy { !run.text.contains($0) }, "\(run.error)")
            let lines = run.text.split(separator: "\n").map(String.init)
            return (run.status, Dictionary(uniqueKeysWithValues: lines.map { (String($0.prefix { $0 != " " }), $0) }))
        }
        try await cluster.withPool("examined", holding: Fixture.path, in: place) {
            let admin = try await doctor("-p", "examined", through: ["env", "CEPH_ARGS=--key=\(keys[0])"])
            #expect(admin.status == 0 && admin.lines.values.allSatisfy { !$0.contains("FIX") }, "\(admin.lines)")
            #expect(admin.lines["ceph.conf"]?.hasSuffix(" \(cluster.conf)") == true)
            #expect(admin.lines["variables"]?.hasSuffix(" set: CEPH_ARGS") == true)
            #expect(admin.lines["key"]?.hasSuffix(" client.admin, the key in the setting key") == true)
            #expect(admin.lines["connection"]?.contains(" client.admin on cluster ") == true)
            #expect(admin.lines["store"]?.hasSuffix(" pool examined") == true)
            #expect(admin.lines["caps"]?.contains("mon 'allow *'") == true, "\(admin.lines)")

            let patient = try await doctor("-p", "examined", "--id", "patient", "-k", viewer)
            #expect(patient.status == 0, "\(patient.lines)")
            #expect(patient.lines["key"]?.hasSuffix(" client.patient, its key in \(viewer)") == true)
            #expect(patient.lines["caps"]?.contains("`ceph auth get client.patient`") == true, "\(patient.lines)")
        }
        let pool = try await doctor("-p", "nowhere")
        #expect(pool.status == 1 && pool.lines["store"]?.contains(" FIX ") == true, "\(pool.lines)")
        let key = try await doctor("-k", "\(place.path)/nowhere")
        #expect(key.status == 1 && key.lines["key"]?.contains("name one with --keyring") == true, "\(key.lines)")
        #expect(key.lines["connection"] == nil)
        let began = ContinuousClock.now
        let silent = try await doctor("-m", "127.0.0.1:1", "--connect-timeout", "2s")
        #expect(silent.status == 1 && silent.lines["connection"]?.contains("within 2 s") == true, "\(silent.lines)")
        #expect(ContinuousClock.now - began < .seconds(20))
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
                #expect(run.error.contains("run `regtop recover --cache-flushed`"), "\(run.error)")
                #expect(run.text.contains("it answers 201 to a push of one and writes no link"), "\(run.text)")
            }
            func watching() async throws -> Int? {
                let status: [String: Any] = try await RegtopProgram.run(["status", "-f", "json"] + pool, in: place)
                    .json()
                return (status["journal"] as? [String: Int])?["watching"]
            }
            #expect(try await watching() == 2)
            let text = try await RegtopProgram.run(["status"] + pool, in: place).text
            #expect(text.contains("restart every registry or flush its cache, then run `regtop recover"))
            let said = try await RegtopProgram.run(["recover", "--cache-flushed", "--yes"] + pool, in: place)
            #expect(
                said.status == 0 && said.text.contains("watched  links moved from team/x/deep to team/y\n"),
                "\(said.text)")
            #expect(try await watching() == 0)
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

    @Test func aPoolWithForeignObjectsOnly() async throws {
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
