import AdminCore
import Foundation

/// Reads the file of a `HashCheckpoint`. It does not trust the content.
nonisolated struct CheckpointReader {
    /// The reason why the file is not a checkpoint.
    struct Refusal: Error {
        let reason: String
        /// False if the file must not be overwritten.
        var isReplaceable = true
    }

    /// The time of the last write.
    let modified: Date
    /// The bytes in complete lines, after reading.
    private(set) var whole = 0

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var line = 0

    /// Larger than the checkpoint of any pool.
    private static let limit = 4 << 30
    private static let longestLine = 4096

    /// - Throws: `Refusal` if the descriptor is not a regular file, or the file is too large.
    init(_ descriptor: Int32) throws {
        self.descriptor = descriptor
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(reason: "it is not a regular file", isReplaceable: false)
        }
        guard status.st_size <= Self.limit else { throw Refusal(reason: "it is too large") }
        modified = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
        lseek(descriptor, 0, SEEK_SET)
    }

    /// Reads the blobs of all complete lines.
    ///
    /// - Throws: `Refusal` if the first line is not the header, or another line is invalid.
    mutating func blobs(after header: String) throws -> Set<HashedBlob> {
        var blobs: Set<HashedBlob> = []
        while let text = try next() {
            line += 1
            if line == 1 {
                guard text == header else { throw Refusal(reason: "it belongs to another store") }
                continue
            }
            guard let blob = Self.blob(text) else { throw Refusal(reason: "line \(line) names no blob") }
            blobs.insert(blob)
        }
        return blobs
    }

    /// The next complete line; nil if there is none.
    private mutating func next() throws -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let text = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                whole += end + 1
                return text
            }
            guard buffer.count <= Self.longestLine else { throw Refusal(reason: "line \(line + 1) is too long") }
            var block = [UInt8](repeating: 0, count: 2048)
            let count = read(descriptor, &block, block.count)
            guard count >= 0 || errno == EINTR else {
                throw Refusal(reason: String(cString: strerror(errno)), isReplaceable: false)
            }
            if count == 0 { return nil }
            if count > 0 { buffer += block[..<count] }
        }
    }

    /// The line for a blob.
    static func line(_ blob: HashedBlob) -> String {
        "\(blob.blob.string) \(blob.digest) \(blob.size) \(blob.modified)\n"
    }

    private static func blob(_ line: String) -> HashedBlob? {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, let blob = BlobIdentifier(String(words[0])), let digest = Digest(words[1]),
            let size = UInt64(words[2]), let modified = UInt32(words[3])
        else { return nil }
        return HashedBlob(blob: blob, digest: digest, size: size, modified: modified)
    }
}
