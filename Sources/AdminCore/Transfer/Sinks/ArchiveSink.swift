import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// Receives the bytes of an archive, in order.
public protocol ArchiveOutput: Sendable {
    /// The path of the file that the archive becomes; nil if it becomes none.
    var path: String? { get }

    /// Appends bytes.
    func write(_ bytes: [UInt8]) async throws

    /// Ends the archive.
    ///
    /// - Parameter isWhole: False to drop it.
    func end(isWhole: Bool) async throws
}

/// An OCI image layout as a tar archive: a stream of constant memory, blobs first and `index.json`
/// last.
///
/// Concurrency: one task at a time writes.
final class ArchiveSink: TransferSink {
    private let tar: TarWriter
    private let output: any ArchiveOutput
    private let namesRepositories: Bool
    private let repositories = Mutex<[TransferPlan.Repository]>([])
    private let plan = Mutex<TransferPlan?>(nil)

    init(_ output: any ArchiveOutput, namesRepositories: Bool) {
        self.output = output
        self.namesRepositories = namesRepositories
        tar = TarWriter(output)
    }

    var isStream: Bool { true }

    func begin() async throws {
        try await tar.file("oci-layout", OCIIndex.layout)
        try await tar.directory("blobs/")
        try await tar.directory("blobs/sha256/")
    }

    func holds(_ digest: Digest, size: UInt64, hashing: Bool) async throws -> Bool { false }

    func draft(_ digest: Digest, size: UInt64, modified: Date?) async throws -> any BlobDraft {
        try await tar.begin(OCIIndex.blob(digest).joined(separator: "/"), size: size, modified: modified)
        return ArchivedBlob(tar: tar)
    }

    func settle() async throws {}

    func linkBlobs(of repository: TransferPlan.Repository) async throws {}

    func linkManifests(of repository: TransferPlan.Repository) async throws {}

    func tag(_ repository: TransferPlan.Repository, _ plan: TransferPlan) async throws -> [TransferPlan.LeftOut] {
        repositories.withLock { $0.append(repository) }
        self.plan.withLock { $0 = plan }
        return []
    }

    func repositories() async throws -> [RepositoryName] { [] }

    func tags(of repository: RepositoryName) async throws -> [String: Digest] { [:] }

    func remove(_ tags: [ImageReference]) async throws {}

    func end(isWhole: Bool) async throws {
        guard isWhole else { return try await output.end(isWhole: false) }
        do {
            var index = OCIIndex()
            if let plan = plan.withLock({ $0 }) {
                for repository in repositories.withLock({ $0 }) {
                    index.replace(
                        repository.name, by: OCIIndex.entries(of: repository, plan, namesRepository: namesRepositories))
                }
            }
            try await tar.file("index.json", index.bytes())
            try await tar.finish()
        } catch {
            try? await output.end(isWhole: false)
            throw error
        }
        try await output.end(isWhole: true)
    }
}

/// A blob in an archive. What is written cannot be taken back, so a blob is proven before.
private struct ArchivedBlob: BlobDraft {
    let tar: TarWriter

    func write(_ bytes: [UInt8]) async throws { try await tar.write(bytes) }
    func publish() async throws { try await tar.endFile() }
    func discard() async {}
}

/// Writes a tar archive of the POSIX format (pax, IEEE Std 1003.1-2001): sizes of 8 GiB and more
/// stand in an extended header.
///
/// Concurrency: one task at a time writes.
final class TarWriter: Sendable {
    private let output: any ArchiveOutput
    /// The bytes that the present file still needs, and all bytes of the archive.
    private let state = Mutex((rest: UInt64(0), padding: 0, total: UInt64(0)))

    private static let block = 512
    /// The size of a record, to which an archive is padded.
    private static let record: UInt64 = 10240
    /// The first size that the field of a header cannot hold: eleven octal digits.
    private static let largeSize: UInt64 = 1 << 33

    init(_ output: any ArchiveOutput) { self.output = output }

    /// Begins a file of exactly `size` bytes.
    func begin(_ name: String, size: UInt64, modified: Date? = nil) async throws {
        if size >= TarWriter.largeSize {
            let record = TarWriter.paxRecord("size", String(size))
            try await put(header("PaxHeaders/\(name.suffix(80))", size: UInt64(record.count), type: "x", nil))
            try await put(TarWriter.padded(record))
        }
        try await put(header(name, size: size < TarWriter.largeSize ? size : 0, type: "0", modified))
        state.withLock {
            $0.rest = size
            $0.padding = Int((UInt64(TarWriter.block) - size % UInt64(TarWriter.block)) % UInt64(TarWriter.block))
        }
    }

    /// Appends bytes to the file.
    func write(_ bytes: [UInt8]) async throws {
        let fits = state.withLock { state in
            guard UInt64(bytes.count) <= state.rest else { return false }
            state.rest -= UInt64(bytes.count)
            return true
        }
        guard fits else { throw TarWriter.wrongSize }
        try await put(bytes)
    }

    /// Ends the file.
    func endFile() async throws {
        let (rest, padding) = state.withLock { ($0.rest, $0.padding) }
        guard rest == 0 else { throw TarWriter.wrongSize }
        try await put([UInt8](repeating: 0, count: padding))
    }

    /// Writes a small file.
    func file(_ name: String, _ bytes: [UInt8]) async throws {
        try await begin(name, size: UInt64(bytes.count))
        try await write(bytes)
        try await endFile()
    }

    /// Writes a directory, whose name ends with a slash.
    func directory(_ name: String) async throws {
        try await put(header(name, size: 0, type: "5", nil))
    }

    /// Ends the archive.
    func finish() async throws {
        let total = state.withLock(\.total) + UInt64(2 * TarWriter.block)
        let padding = (TarWriter.record - total % TarWriter.record) % TarWriter.record
        try await put([UInt8](repeating: 0, count: 2 * TarWriter.block + Int(padding)))
    }

    private func put(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        state.withLock { $0.total += UInt64(bytes.count) }
        try await output.write(bytes)
    }

    private static let wrongSize = StoreError(
        .invalid, operation: "write the archive", reason: "a blob changed its size while it was read")

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (block - bytes.count % block) % block)
    }

    /// `<length> <key>=<value>\n`, where the length counts its own digits.
    static func paxRecord(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while "\(length)".utf8.count + rest.utf8.count != length { length += 1 }
        return Array("\(length)\(rest)".utf8)
    }

    private func header(_ name: String, size: UInt64, type: Character, _ modified: Date?) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: TarWriter.block)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { bytes[offset + index] = byte }
        }
        func octal(_ value: UInt64, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0)
        put(octal(type == "5" ? 0o755 : 0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        let seconds = min(max(0, modified?.timeIntervalSince1970 ?? 0), Double(TarWriter.largeSize - 1))
        put(octal(UInt64(seconds), 11), at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = bytes.reduce(UInt64(0)) { $0 + UInt64($1) }
        put(octal(sum, 6) + "\0 ", at: 148)
        return bytes
    }
}
