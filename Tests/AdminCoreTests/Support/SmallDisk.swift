import Foundation

/// A file system of 64 MiB in memory, whose size a test changes. Only root can mount it.
struct SmallDisk: Sendable {
    let path: String

    /// Mounts a disk at a path for `body`.
    static func with(at path: String, _ body: (SmallDisk) async throws -> Void) async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try await CommandLineTool.run("mount", ["-t", "tmpfs", "-o", "size=64m", "regtop-test", path])
        do {
            try await body(SmallDisk(path: path))
        } catch {
            try await unmount(path)
            throw error
        }
        try await unmount(path)
    }

    private static func unmount(_ path: String) async throws {
        // A task of its own, since the test may be cancelled.
        _ = try await Task { try await CommandLineTool.run("umount", [path]) }.value
    }

    /// Gives the disk another size, in bytes; its content stays.
    func resize(to bytes: UInt64) async throws {
        try await CommandLineTool.run("mount", ["-o", "remount,size=\(bytes)", path])
    }
}
