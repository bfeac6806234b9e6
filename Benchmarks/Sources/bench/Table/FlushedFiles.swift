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

    /// Removes everything, and waits until the disk is idle.
    func clear() async throws {
        _ = try await ChildProcess.run(["rm", "-rf", target])
        _ = try await ChildProcess.run(["sync"])
    }
}
