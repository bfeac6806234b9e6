#if RADOS
import Foundation
import Testing

@testable import ObjectStore
@testable import RadosStore

/// The errors before the first object is read: each is one clear sentence, within the time limit.
@Suite(.timeLimit(.minutes(15)))
struct RadosConnectTests {
    /// Opens a store that cannot be opened; returns the error and the duration.
    private func failure(_ options: RadosOptions) async throws -> (error: StoreError, seconds: Double) {
        let start = ContinuousClock.now
        let error = try await #require(throws: StoreError.self) {
            let store = try await RadosStore.open(options)
            await store.close()
        }
        return (error, (ContinuousClock.now - start).inSeconds)
    }

    @Test func aMissingConfigurationNamesTheSearchedPlaces() throws {
        let error = try #require(throws: StoreError.self) {
            try RadosConfiguration(
                RadosOptions(), environment: ["HOME": "/no/home", "CEPH_ARGS": "--cluster no-such-cluster"])
        }
        #expect(error.kind == .notConfigured)
        for place in [
            "CEPH_CONF", "/etc/ceph/no-such-cluster.conf", "/no/home/.ceph/no-such-cluster.conf",
            "./no-such-cluster.conf", "--conf", "--mon-host",
        ] {
            #expect(error.reason.contains(place))
        }
    }

    @Test func theConfigurationIsSearchedInCephsOrder() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let home = directory.appending(path: ".ceph")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = ["a.conf", "b.conf", "c.conf", ".ceph/mine.conf"].map {
            directory.appending(path: $0).path(percentEncoded: false)
        }
        for file in files { try Data().write(to: URL(filePath: file)) }
        var options = RadosOptions()
        var environment = ["HOME": directory.path(percentEncoded: false), "CEPH_ARGS": "--cluster=mine"]
        #expect(try RadosConfiguration(options, environment: environment).file == files[3])
        environment["CEPH_CONF"] = files[2]
        #expect(try RadosConfiguration(options, environment: environment).file == files[2])
        environment["CEPH_ARGS"] = "-c \(files[1]) --name client.args"
        let found = try RadosConfiguration(options, environment: environment)
        #expect(found.file == files[1])
        #expect(found.client == "client.args")
        options.configuration = files[0]
        options.client = "client.option"
        let explicit = try RadosConfiguration(options, environment: environment)
        #expect(explicit.file == files[0])
        #expect(explicit.client == "client.option")
        #expect(explicit.cluster == "ceph")
    }

    @Test func monitorsReplaceTheConfiguration() throws {
        var options = RadosOptions()
        options.monitors = "127.0.0.1:1"
        let environment = ["HOME": "/no/home", "CEPH_ARGS": "--cluster no-such-cluster"]
        #expect(try RadosConfiguration(options, environment: environment).file == nil)
        let fromArguments = ["HOME": "/no/home", "CEPH_ARGS": "--cluster no-such-cluster --mon_host=127.0.0.1:1"]
        #expect(try RadosConfiguration(RadosOptions(), environment: fromArguments).file == nil)
    }

    @Test func aConfigurationThatDoesNotExist() async throws {
        var options = RadosOptions()
        options.pool = "registry"
        options.configuration = "/no/such/ceph.conf"
        let (error, seconds) = try await failure(options)
        #expect(error.kind == .notConfigured)
        #expect(error.reason.contains("/no/such/ceph.conf"))
        #expect(seconds < 60)
    }

    @Test func aConfigurationWithoutMonitors() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).conf")
        try Data("[global]\nfsid = 00000000-0000-0000-0000-000000000000\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var options = RadosOptions()
        options.pool = "registry"
        options.configuration = file.path(percentEncoded: false)
        options.connectTimeout = 3
        let (error, seconds) = try await failure(options)
        #expect(error.kind == .notConfigured)
        #expect(error.reason.contains("mon_host"))
        // The DNS was asked for the whole time limit.
        #expect(error.reason.contains("SRV records of _ceph-mon._tcp"))
        #expect(seconds < 60)
    }

    @Test func aMissingKeyring() async throws {
        let cluster = try await TestCluster.shared()
        var options = cluster.options(pool: "registry")
        options.keyring = "/no/such/keyring"
        #expect(try await failure(options).error.kind == .notConfigured)

        // The path is in ceph.conf instead of in the options.
        let file = "\(cluster.directory)/no-keyring.\(UUID().uuidString).conf"
        let lines = try String(contentsOfFile: cluster.conf, encoding: .utf8).split(separator: "\n")
        let changed = lines.map { $0.hasPrefix("keyring") ? "keyring = /no/such/place" : String($0) }
        try Data((changed.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
        options.keyring = nil
        options.configuration = file
        let (error, seconds) = try await failure(options)
        #expect(error.kind == .notConfigured)
        #expect(error.reason.contains("/no/such/place"))
        #expect(error.reason.contains("--keyring"))
        #expect(seconds < 60)
    }

    @Test func aClientThatHasNoKey() async throws {
        var options = try await TestCluster.shared().options(pool: "registry")
        options.client = "client.nobody-has-this-key"
        let (error, seconds) = try await failure(options)
        #expect(error.kind == .notConfigured)
        #expect(error.reason.contains("holds no key of client.nobody-has-this-key, but those of client.admin"))
        #expect(!error.reason.contains("probably meant"))
        #expect(seconds < 60)
        // The name that `--id client.admin` leads to.
        options.client = "client.client.admin"
        #expect(try await failure(options).error.reason.contains("client.admin was probably meant"))
    }

    /// One cluster for all invalid keyrings: librados returns an errno, and never asks the cluster.
    @Test func keyringsThatAreNoGood() async throws {
        let cluster = try await TestCluster.shared()
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let good = try String(contentsOfFile: "\(cluster.directory)/keyring", encoding: .utf8)
        let key = try #require(good.firstMatch(of: #/key = (\S+)/#)?.output.1)
        let bytes = try #require(Data(base64Encoded: String(key)))
        let ofType2 = (Data([2, 0]) + bytes.dropFirst(2)).base64EncodedString()
        let cases: [(content: String, words: String)] = [
            (
                good.replacing(key, with: ofType2),
                "the key of client.admin in the keyring FILE is of type 2, which librados"
            ),
            ("[client.x]\nkey = \(ofType2)\n\(good)", "the key of client.x in the keyring FILE is of type 2"),
            (good.replacing(key, with: key.dropLast(8)), "the key of client.admin in the keyring FILE is damaged"),
            (
                good.replacing("client.admin", with: "client.other"),
                "holds no key of client.admin, but those of client.other"
            ),
            ("", "holds no key of client.admin, and nobody else's"),
            (String(good.trimmingPrefix("\n").dropLast()), "FILE, line "),
            (good + "colour = red\n", "FILE cannot be understood"),
            ("\u{FEFF}" + good, "FILE, line 1: there is U+FEFF"),
            (good.replacing("key = ", with: "key =\u{A0}"), "FILE, line 2: there is U+00A0"),
        ]
        for (index, (content, words)) in cases.enumerated() {
            let file = place.path("\(index).keyring")
            try content.write(toFile: file, atomically: true, encoding: .utf8)
            // The path is given by ceph.conf, which librados reads together with the keyring, and
            // by the option.
            let conf = place.path("\(index).conf")
            let lines = try String(contentsOfFile: cluster.conf, encoding: .utf8).split(separator: "\n")
            let changed = lines.map { $0.hasPrefix("keyring") ? "keyring = \(file)" : String($0) }
            try (changed.joined(separator: "\n") + "\n").write(toFile: conf, atomically: true, encoding: .utf8)
            var byOption = cluster.options(pool: "registry")
            byOption.keyring = file
            var byFile = cluster.options(pool: "registry")
            byFile.configuration = conf
            for options in [byOption, byFile] {
                let error = try await failure(options).error
                #expect(error.kind == .notConfigured, "\(error)")
                #expect(error.reason.contains(words.replacing("FILE", with: file)), "\(error)")
            }
        }
    }

    /// librados uses the first file of a list that it can open, even one that is no keyring.
    @Test func listsOfKeyrings() async throws {
        let cluster = try await TestCluster.shared()
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let good = "\(cluster.directory)/keyring"
        var options = cluster.options(pool: "no-such-pool")
        for list in ["/no/such,\(good)", "/no/such;\(good);", "\(cluster.conf)/x,\(good)"] {
            options.keyring = list
            #expect(try await failure(options).error.kind == .noSuchPool, "\(list)")
        }
        let directory = place.url.path(percentEncoded: false)
        options.keyring = "\(directory),\(good)"
        #expect(try await failure(options).error.reason == "the keyring \(directory) is a directory, not a file")
        options.keyring = "/no/such, \(good)"
        #expect(try await failure(options).error.reason.contains("there is no keyring with a key of client.admin"))
        options.keyring = nil
        options.monitors = "no-such-host.invalid"
        #expect(try await failure(options).error.reason.contains("no-such-host.invalid are not addresses of monitors"))
    }

    @Test func aWrongKey() async throws {
        let cluster = try await TestCluster.shared()
        let file = "\(cluster.directory)/wrong.\(UUID().uuidString).keyring"
        try await CommandLineTool.run(
            "ceph-authtool", ["--create-keyring", file, "--gen-key", "-n", "client.admin"])
        var options = cluster.options(pool: "registry")
        options.keyring = file
        let (error, seconds) = try await failure(options)
        #expect(error.kind == .permissionDenied)
        #expect(error.reason.contains("client.admin"))
        #expect(seconds < 60)
    }

    @Test func anUnreachableMonitorWithinTheTimeout() async throws {
        let cluster = try await TestCluster.shared()
        var options = cluster.options(pool: "registry")
        // Nothing listens on the discard port.
        options.monitors = "v2:127.0.0.1:9"
        options.connectTimeout = 1.5
        let (error, seconds) = try await failure(options)
        #expect(error.kind == .unreachable)
        #expect(error.reason.contains("--connect-timeout"))
        #expect((1.4..<15).contains(seconds))
    }

    @Test func cancellingWhileConnecting() async throws {
        let cluster = try await TestCluster.shared()
        var options = cluster.options(pool: "registry")
        options.monitors = "v2:127.0.0.1:9"
        options.connectTimeout = 20
        let task = Task { [options] in try await RadosStore.open(options) }
        await Task.yield()
        task.cancel()
        let error = await #expect(throws: StoreError.self) { try await task.value }
        // After the time limit, the monitor would be unreachable.
        #expect(error?.kind == .cancelled)
    }

    @Test func anUnknownPoolNamesTheExistingPools() async throws {
        let cluster = try await TestCluster.shared()
        // The sentence names only the first pools.
        let pool = "!first-\(UUID().uuidString)"
        try await cluster.createPool(pool)
        let (error, seconds) = try await failure(cluster.options(pool: "no-such-pool"))
        try await cluster.removePool(pool)
        #expect(error.kind == .noSuchPool)
        #expect(error.reason.contains("no-such-pool"))
        #expect(error.reason.contains(pool))
        #expect(seconds < 60)
    }

    @Test func aMissingPoolNameIsRefused() async throws {
        let (error, _) = try await failure(try await TestCluster.shared().options())
        #expect(error.kind == .invalid)
        #expect(error.reason.contains("--pool"))
    }

    @Test func aNameThatIsNoClientIsRefused() async throws {
        var options = try await TestCluster.shared().options(pool: "registry")
        options.client = "osd.0"
        let (error, _) = try await failure(options)
        #expect(error.kind == .invalid)
        #expect(error.reason.contains("client.admin"))
    }

    @Test func anErasureCodedPool() async throws {
        let cluster = try await TestCluster.shared()
        let pool = "test-ec-\(UUID().uuidString)"
        try await cluster.ceph(
            "osd", "erasure-code-profile", "set", pool, "k=2", "m=1", "crush-failure-domain=osd")
        try await cluster.ceph("osd", "pool", "create", pool, "1", "1", "erasure", pool)
        let (error, _) = try await failure(cluster.options(pool: pool))
        let connected = try await RadosCluster.connect(cluster.options())
        let pools = try await connected.pools()
        await connected.close()
        try await cluster.removePool(pool)
        #expect(error.kind == .invalid)
        #expect(error.reason.contains("erasure-coded"))
        #expect(pools.first { $0.name == pool }?.isErasureCoded == true)
    }

    @Test func aReadOnlyKeyReadsAndCannotWrite() async throws {
        let cluster = try await TestCluster.shared()
        try await cluster.withStore { store in
            let thing = ObjectID("thing")
            #expect(await store.writer.apply(WriteOperation([.create]), to: thing) == .applied)
            let keyring = try await cluster.makeClient("client.viewer", "mon", "allow r", "osd", "allow r")
            var options = cluster.options(pool: store.poolName)
            options.client = "client.viewer"
            options.keyring = keyring
            try await TestCluster.withOpen(options) { (viewer: RadosStore) async throws -> Void in
                #expect(try await viewer.reader.read(.stat, of: thing) != nil)
                #expect(try await viewer.reader.placement(of: thing)?.osds == [0])
                #expect(try await viewer.reader.status().client == "client.viewer")
                for mutation in [WriteOperation.Mutation.create, .remove] {
                    let outcome = await viewer.writer.apply(WriteOperation([mutation]), to: thing)
                    guard case .failed(let error) = outcome else {
                        Issue.record("a viewer's change was \(outcome)")
                        continue
                    }
                    #expect(error.kind == .permissionDenied)
                }
            }
            #expect(try await store.reader.read(.stat, of: thing) != nil)
        }
    }
}
#endif
