import AdminCore
import Foundation

/// Files that are written to a disk and flushed, as an export writes blobs.
struct FlushedFiles: Sendable {
    /// A directory, which is made.
    let directory: String
    let count: Int
    /// The content of each file.
    private let bytes: [UInt8]

    init(directory: String, count: Int, size: Int) {
        self.directory = directory
        self.count = count
        bytes = GeneratedRegistry.content("a file", size: size)
    }

    /// The place for everything that is written in a turn.
    var target: String { "\(directory)/target" }

    /// Writes the files, four at once.
    func write() async throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        try await each(count, depth: 4) { number in
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try write(to: "\(target)/\(number)") })
                }
            }
        }
    }

    private func write(to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw ProcessFailure(description: "\(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        guard Foundation.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw ProcessFailure(description: "\(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Hashes as many bytes, on one core.
    func hash() async throws {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                for _ in 0..<count { _ = Digest.sha256(of: bytes) }
                continuation.resume()
            }
        }
    }

    /// Gives the space back, and waits until the disk is idle. The emptied files stay until the
    /// end: ext4 searches long for a place for a new file when many were removed a moment before,
    /// which is not the case at an export.
    func clear(after turn: Turn) async throws {
        guard FileManager.default.fileExists(atPath: target) else { return }
        let used = "\(directory)/used-\(turn.series)"
        _ = try await ChildProcess.run(["mv", target, used])
        _ = try await ChildProcess.run(["find", used, "-type", "f", "-exec", "truncate", "-s", "0", "{}", "+"])
        _ = try await ChildProcess.run(["sync"])
    }
}
