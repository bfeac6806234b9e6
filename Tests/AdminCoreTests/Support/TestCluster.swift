#if RADOS
import Foundation
import Glibc
import Synchronization

@testable import ObjectStore
@testable import RadosStore

/// A throwaway Ceph cluster: the cluster that scripts/test has started, or one that the tests start
/// with scripts/cluster.
///
///     let cluster = try await TestCluster.shared()
///     try await cluster.withPool { pool in … cluster.options(pool: pool) … }
struct TestCluster: Sendable {
    /// The path of the cluster's ceph.conf.
    let conf: String

    /// The directory of the cluster.
    var directory: String { String(conf.dropLast("/ceph.conf".count)) }

    /// The cluster for all tests that do not disturb other tests: the cluster of
    /// `REGTOP_TEST_CLUSTER`, or else one that starts now and ends with the process.
    static func shared() async throws -> TestCluster {
        try await SharedCluster.started.value
    }

    /// Starts a cluster for one test, which may stop its daemons; `options` are options of
    /// `scripts/cluster up`.
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

    /// Options for an administrator of this cluster, with the default timeouts.
    func options(pool: String? = nil) -> RadosOptions {
        var options = RadosOptions()
        options.pool = pool
        options.configuration = conf
        options.client = "client.admin"
        return options
    }

    /// Creates a pool with a unique name for `body`, and removes the pool afterwards.
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

    /// Opens the pool in `options` for `body`, and closes it afterwards.
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

    func createPool(_ name: String) async throws {
        try await command("{\"prefix\":\"osd pool create\",\"pool\":\"\(name)\",\"pg_num\":8}")
    }

    /// Removes a pool with its content.
    func removePool(_ name: String) async throws {
        let json =
            "{\"prefix\":\"osd pool delete\",\"pool\":\"\(name)\",\"pool2\":\"\(name)\","
            + "\"yes_i_really_really_mean_it\":true}"
        // The removal has a task of its own, so that the cancellation of a test does not stop it.
        _ = try await Task { try await command(json) }.value
    }

    /// Sends a command to the monitors as JSON; this is much faster than `ceph`.
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

    /// Sends a signal to a daemon, such as osd.0, mon.a or mgr.x. After SIGSTOP, waits until every
    /// thread of the daemon has stopped.
    func signal(_ number: Int32, _ daemon: String) async throws {
        let lines = try await Self.script(["env", "--dir", directory]).split(separator: "\n")
        let kind = daemon.prefix { $0 != "." }.uppercased()
        guard let line = lines.first(where: { $0.hasPrefix("export REGTOP_TEST_\(kind)_PID=") }),
            let pid = line.split(separator: "=").last.flatMap({ Int32($0) }), pid > 1, Glibc.kill(pid, number) == 0
        else { throw CommandLineTool.Failure(description: "\(daemon) does not run") }
        while number == SIGSTOP, !Self.standsStill(pid) { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// Whether every thread has stopped; /proc shows the state after the program's name in
    /// parentheses.
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

    /// Starts a daemon again, and waits until it runs.
    func restart(_ daemon: String) async throws {
        _ = try await Self.script(["start", daemon, "--dir", directory])
    }

    fileprivate static func start(in directory: String, _ options: [String] = []) async throws -> TestCluster {
        _ = try await script(["up", "--dir", directory] + options)
        return TestCluster(conf: "\(directory)/ceph.conf")
    }

    /// Ends the cluster in a task of its own, so that a cancelled test (a time limit cancels) also
    /// ends its cluster.
    fileprivate func end() async throws {
        let directory = directory
        _ = try await Task { try await Self.script(["down", "--dir", directory]) }.value
    }

    fileprivate static func temporaryPath() -> String {
        FileManager.default.temporaryDirectory.path(percentEncoded: false) + "/regtop-cluster.\(UUID().uuidString)"
    }

    /// The path of scripts/cluster, found from this file in Tests/AdminCoreTests/Support.
    fileprivate static let scriptPath: String = {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appending(path: "scripts/cluster").path(percentEncoded: false)
    }()

    private static func script(_ arguments: [String]) async throws -> String {
        try await CommandLineTool.run(scriptPath, arguments)
    }
}

/// The single shared cluster of the test process.
private enum SharedCluster {
    static let directory = Mutex<String?>(nil)

    static let started = Task { () async throws -> TestCluster in
        // Not CEPH_CONF: that variable may name a real cluster.
        if let conf = ProcessInfo.processInfo.environment["REGTOP_TEST_CLUSTER"], !conf.isEmpty {
            return TestCluster(conf: conf)
        }
        let path = TestCluster.temporaryPath()
        directory.withLock { $0 = path }
        atexit { SharedCluster.endAtExit() }
        return try await TestCluster.start(in: path)
    }

    /// Ends the cluster synchronously, since no task runs any more.
    private static func endAtExit() {
        guard let path = directory.withLock({ $0 }) else { return }
        let down = Process()
        down.executableURL = URL(filePath: TestCluster.scriptPath)
        down.arguments = ["down", "--dir", path]
        if (try? down.run()) != nil { down.waitUntilExit() }
    }
}
#endif
