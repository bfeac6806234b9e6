import Foundation

/// A directory of the file system in which exports are measured.
struct ExportDirectory: Sendable {
    /// The path.
    let path: String

    /// The place for everything that is written in a turn.
    var target: String { "\(path)/target" }

    /// Makes the place, for a program that does not.
    func make() throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    }

    /// Gives the space back, and waits until the disk is idle. The emptied files stay until the
    /// end: ext4 searches long for a place for a new file when many were removed a moment before,
    /// which is not the case at an export.
    func clear(after turn: Turn) async throws {
        guard FileManager.default.fileExists(atPath: target) else { return }
        let used = "\(path)/used-\(turn.series)"
        _ = try await ChildProcess.run(["mv", target, used])
        _ = try await ChildProcess.run(["find", used, "-type", "f", "-exec", "truncate", "-s", "0", "{}", "+"])
        _ = try await ChildProcess.run(["sync"])
    }
}
