#if RADOS
import Foundation
import Subprocess
import Synchronization

/// A throwaway cluster for these tests, made by scripts/cluster. It ends with the process. A search
/// without a pool name depends on all pools of a cluster, so no other test may create pools in it.
struct CephCluster: Sendable {
    let directory: String

    var conf: String { "\(directory)/ceph.conf" }

    /// The cluster of the command tests, started on first use.
    static let shared = Task { try await up() }
    /// The cluster of the console tests, in which pools come and go.
    static let ofJourneys = Task { try await up() }

    private static func up() async throws -> CephCluster {
        let directory = FileManager.default.temporaryDirectory.appending(path: "regtop-cli.\(UUID().uuidString)").path(
            percentEncoded: false)
        if started.withLock({ directories in
            directories.append(directory)
            return directories.count == 1
        }) {
            atexit { CephCluster.end() }
        }
        _ = try await tool(script, "up", "--dir", directory)
        return CephCluster(directory: directory)
    }

    private static let started = Mutex<[String]>([])

    /// Makes a pool for `body`, fills it, and removes it afterwards.
    func withPool<Value>(
        _ name: String, holding dump: String? = nil, in place: TemporaryPlace, _ body: () async throws -> Value
    ) async throws -> Value {
        try await ceph("osd", "pool", "create", name, "8")
        do {
            if let dump {
                let run = try await RegtopProgram.run("load", "-c", conf, "-p", name, dump, "--yes", in: place)
                guard run.status == 0 else { throw ProgramRun.NotThis(description: run.error) }
            }
            let value = try await body()
            try await removePool(name)
            return value
        } catch {
            try await removePool(name)
            throw error
        }
    }

    /// Creates a client with these capabilities. Returns the path of its keyring.
    func client(_ name: String, _ capabilities: String..., in place: TemporaryPlace) async throws -> String {
        let keyring = "\(place.path)/\(name).keyring"
        _ = try await CephCluster.tool(
            ["ceph", "-c", conf, "auth", "get-or-create", name] + capabilities + ["-o", keyring])
        return keyring
    }

    /// Runs `ceph` as the cluster's administrator.
    func ceph(_ words: String...) async throws {
        _ = try await CephCluster.tool(["ceph", "-c", conf] + words)
    }

    /// Runs `rados` on a pool, in a directory.
    func rados(_ pool: String, _ words: String..., in place: TemporaryPlace) async throws {
        _ = try await CephCluster.tool(["-C", place.path, "rados", "-c", conf, "-p", pool] + words)
    }

    private func removePool(_ name: String) async throws {
        try await ceph("osd", "pool", "delete", name, name, "--yes-i-really-really-mean-it")
    }

    private static func tool(_ words: String...) async throws -> String {
        try await tool(words)
    }

    /// The environment for `env`.
    private static func tool(_ words: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(words), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw ProgramRun.NotThis(description: "\(words.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput
    }

    /// scripts/cluster, found from this file.
    private static let script: String = {
        var root = URL(filePath: #filePath)
        for _ in 0..<5 { root.deleteLastPathComponent() }
        return root.appending(path: "scripts/cluster").path(percentEncoded: false)
    }()

    /// Blocks, because no task runs any more.
    private static func end() {
        for directory in started.withLock({ $0 }) {
            let down = Process()
            down.executableURL = URL(filePath: script)
            down.arguments = ["down", "--dir", directory]
            down.standardOutput = FileHandle.nullDevice
            down.standardError = FileHandle.nullDevice
            if (try? down.run()) != nil { down.waitUntilExit() }
        }
    }
}
#endif
