import ObjectStore
import Foundation
import Synchronization

/// An archive in a file, which appears when it is whole.
///
/// Concurrency: one task at a time writes.
public final class ArchiveFile: ArchiveOutput {
    private let file: FileDraft
    /// The descriptor of the draft; nil before the first write.
    private let descriptor = Mutex<Int32?>(nil)

    /// An archive at `path`. Nothing is created before the first write.
    public init(path: String) { file = FileDraft(of: path) }

    /// See `ArchiveOutput`.
    public var path: String? { file.path }

    /// See `ArchiveOutput`. Throws `StoreError`.
    public func write(_ bytes: [UInt8]) async throws {
        try await BlockingCall.run(cancelled: nil) { [self] in
            try ConfinedDirectory.write(bytes, to: opened(), file.path)
        }
    }

    private func opened() throws -> Int32 {
        if let open = descriptor.withLock(\.self) { return open }
        let new = open(file.draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard new >= 0 else {
            let number = errno
            throw StoreError(
                .ofFile(number), operation: "write the archive", errno: number,
                reason: "\(ByteString(file.path)): \(StoreError.systemText(number))")
        }
        descriptor.withLock { $0 = new }
        return new
    }

    /// See `ArchiveOutput`. Throws `StoreError`.
    public func end(isWhole: Bool) async throws {
        guard let open = descriptor.withLock({ $0.take() }) else { return }
        close(open)
        if isWhole { try await file.publish() } else { file.discard() }
    }
}
