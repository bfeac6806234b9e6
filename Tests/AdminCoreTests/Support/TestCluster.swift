#if RADOS
import Foundation
import Glibc
import Synchronization

@testable import ObjectStore
@testable import RadosStore

/// A throwaway Ceph cluster: the one that scripts/test has started, or one of our own, made by
/// scripts/cluster.
///
///     let cluster = try await TestCluster.shared()
///     try await cluster.withPool { pool in … cluster.options(pool: pool) … }
struct TestCluster: Sendable {
    /// Its ceph.conf.
    let conf: String

    /// Where it lives.
    var directory: String { String(conf.dropLast("/ceph.conf".count)) }

    /// The cluster for everything that disturbs nobody else: that of `REGTOP_TEST_CLUSTER`, else
    /// one that is started now and ends with the process.
    static func shared() async throws -> TestCluster {
        try await SharedCluster.started.value
    }

    /// A cluster for one test, which may stop its daemons; with these options of `scripts/cluster
    /// up`.
    static func with<Value: Sendable>(
        _ options: String..., body: @Sendable (TestCluster) async throws -> Value
    ) async throws -> Value {
        let cluster = try await start(in: temporaryPath(), options)
        do {
            let value = try await body(cluster)
            try await cluster.end()
            return value
        } catch {
            try await cluster.end()
            throw error
        }
    }

    /// Options for an administrator of this cluster, with the usual timeouts.
    func options(pool: String? = nil) -> RadosOptions {
        var options = RadosOptions()
        options.pool = pool
        options.configuration = conf
        options.client = "client.admin"
        return options
    }

    /// Makes a pool of a name that nothing else has, and removes it behind `body`.
    func withPool<Value: Sendable>(_ body: @Sendable (String) async throws -> Value) async throws -> Value {
        let pool = "test-\(UUID().uuidString.lowercased())"
        try await createPool(pool)
        do {
            let value = try await body(pool)
            try await removePool(pool)
            return value
        } catch {
            try await removePool(pool)
            throw error
        }
    }

    /// Opens a new, empty pool for `body`; closes and removes it afterwards.
    func withStore<Value: Sendable>(
        _ change: @Sendable (inout RadosOptions) -> Void = { _ in },
        _ body: @Sendable (RadosStore) async throws -> Value
    ) async throws -> Value {
        try await withPool { pool in
            var options = options(pool: pool)
            change(&options)
            return try await Self.withOpen(options, body)
        }
    }

    /// Opens the pool that `options` name for `body`, and closes it afterwards.
    static func withOpen<Value: Sendable>(
        _ options: RadosOptions, _ body: @Sendable (RadosStore) async throws -> Value
    ) async throws -> Value {
        let store = try await RadosStore.open(options)
        do {
            let value = try await body(store)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }

    /// Makes a pool.
    func createPool(_ name: String) async throws {
        try await command("{\"prefix\":\"osd pool create\",\"pool\":\"\(name)\",\"pg_num\":8}")
    }

    /// Removes a pool with everything in it.
    func removePool(_ name: String) async throws {
        let json =
            "{\"prefix\":\"osd pool delete\",\"pool\":\"\(name)\",\"pool2\":\"\(name)\","
            + "\"yes_i_really_really_mean_it\":true}"
        // In a task of its own, for a cancelled test.
        _ = try await Task { try await command(json) }.value
    }

    /// Sends a command to the monitors, as JSON; far quicker than `ceph`.
    @discardableResult
    func command(_ json: String) async throws -> Data {
        let connection = try await RadosConnector(options()).connect()
        do {
            let answer = try await RadosCommand(json: Array(json.utf8)).data(from: connection, "command", nil)
            await connection.close()
            return answer
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Runs `ceph` as the cluster's administrator.
    @discardableResult
    func ceph(_ arguments: String...) async throws -> String {
        try await CommandLineTool.run("ceph", ["-c", conf, "--name", "client.admin"] + arguments)
    }

    /// Sends a signal to a daemon: osd.0, mon.a, mgr.x. After SIGSTOP, waits until every thread of
    /// it stands still.
    func signal(_ number: Int32, _ daemon: String) async throws {
        let lines = try await Self.script(["env", "--dir", directory]).split(separator: "\n")
        let kind = daemon.prefix { $0 != "." }.uppercased()
        guard let line = lines.first(where: { $0.hasPrefix("export REGTOP_TEST_\(kind)_PID=") }),
            let pid = line.split(separator: "=").last.flatMap({ Int32($0) }), pid > 1, Glibc.kill(pid, number) == 0
        else { throw CommandLineTool.Failure(description: "\(daemon) does not run") }
        while number == SIGSTOP, !Self.standsStill(pid) { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// The state stands behind the program's name, which is in parentheses.
    private static func standsStill(_ pid: Int32) -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return threads.allSatisfy { thread in
            let status = try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/stat", encoding: .utf8)
            return status?.split(separator: ")").last?.hasPrefix(" T") ?? true
        }
    }

    /// Ends a daemon with SIGKILL.
    func kill(_ daemon: String) async throws {
        _ = try await Self.script(["kill", daemon, "--dir", directory])
    }

    /// Starts a daemon again, and waits until it is there.
    func restart(_ daemon: String) async throws {
        _ = try await Self.script(["start", daemon, "--dir", directory])
    }

    fileprivate static func start(in directory: String, _ options: [String] = []) async throws -> TestCluster {
        _ = try await script(["up", "--dir", directory] + options)
        return TestCluster(conf: "\(directory)/ceph.conf")
    }

    /// In a task of its own: a test that was cancelled (its time limit does that) leaves nothing
    /// behind either.
    fileprivate func end() async throws {
        let directory = directory
        _ = try await Task { try await Self.script(["down", "--dir", directory]) }.value
    }

    fileprivate static func temporaryPath() -> String {
        FileManager.default.temporaryDirectory.path(percentEncoded: false) + "/regtop-cluster.\(UUID().uuidString)"
    }

    /// scripts/cluster, found from this file: Tests/AdminCoreTests/Support, three folders down.
    fileprivate static let scriptPath: String = {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appending(path: "scripts/cluster").path(percentEncoded: false)
    }()

    private static func script(_ arguments: [String]) async throws -> String {
        try await CommandLineTool.run(scriptPath, arguments)
    }
}

/// The one cluster of the test process.
private enum SharedCluster {
    static let directory = Mutex<String?>(nil)

    static let started = Task { () async throws -> TestCluster in
        // Not CEPH_CONF: that may be somebody's real cluster.
        if let conf = ProcessInfo.processInfo.environment["REGTOP_TEST_CLUSTER"], !conf.isEmpty {
            return TestCluster(conf: conf)
        }
        let path = TestCluster.temporaryPath()
        directory.withLock { $0 = path }
        atexit { SharedCluster.endAtExit() }
        return try await TestCluster.start(in: path)
    }

    /// Synchronous: no task runs any more.
    private static func endAtExit() {
        guard let path = directory.withLock({ $0 }) else { return }
        let down = Process()
        down.executableURL = URL(filePath: TestCluster.scriptPath)
        down.arguments = ["down", "--dir", path]
        if (try? down.run()) != nil { down.waitUntilExit() }
    }
}
#endif
