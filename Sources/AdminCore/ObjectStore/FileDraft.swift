import Foundation

/// A file that appears whole or not at all: it is written beside its place, and renamed when it is
/// complete.
public struct FileDraft: Sendable {
    /// The place of the file.
    public let path: String
    /// The place where it is written first; `path` itself if that is a device or a pipe.
    public let draft: String

    /// A draft of the file at `path`; nothing is written yet.
    public init(of path: String) {
        self.path = path
        let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        draft = type == nil || type == .typeRegular ? path + ".part-\(getpid())" : path
    }

    /// Writes a file: publishes the draft after `body`, and removes it if `body` throws.
    ///
    /// - Parameters:
    ///   - path: The place of the file.
    ///   - body: Writes the file at the path of the draft, and closes it.
    /// - Throws: An error of `body`; `StoreError` if the file cannot be put in its place.
    public nonisolated(nonsending) static func write(
        _ path: String, _ body: nonisolated(nonsending) (_ draft: String) async throws -> Void
    ) async throws {
        let file = FileDraft(of: path)
        do {
            try await body(file.draft)
            try await file.publish()
        } catch {
            file.discard()
            throw error
        }
    }

    /// Flushes the draft to the disk and renames it to `path`, which it replaces.
    ///
    /// - Throws: `StoreError`.
    public func publish() async throws {
        guard draft != path else { return }
        try await BlockingCall.run(cancelled: nil) {
            guard flush(draft), rename(draft, path) == 0 else {
                let number = errno
                throw StoreError(
                    .ofFile(number), operation: "write the file", errno: number,
                    reason: "\(ByteString(path)) cannot be put in its place: \(StoreError.systemText(number))")
            }
            // Not every file system can flush a directory; the file is in its place nevertheless.
            _ = flush(FileDraft.directory(of: path))
        }
    }

    /// The directory of the file at `path`: `.` for a name alone. Foundation's
    /// `deletingLastPathComponent` crashes for a name of one character.
    package static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        let directory = String(path[..<slash])
        return directory.isEmpty ? "/" : directory
    }

    /// Removes the draft, if it is there.
    public func discard() {
        if draft != path { unlink(draft) }
    }

    private func flush(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }
}
