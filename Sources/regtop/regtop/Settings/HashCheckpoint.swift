import AdminCore
import SafeText
import Dispatch
import Foundation
import Synchronization

/// The file in which `fsck --deep` records each blob that it has hashed without finding damage, so
/// that the next run continues a stopped one. The file has a header and one line for each blob. A
/// complete run removes it.
///
/// The file is locked while it is open, so only one run at a time uses it.
nonisolated final class HashCheckpoint: HashMemory {
    private let path: String
    /// Open and locked; nil after it was closed. Only the queue writes to it.
    private let descriptor: Mutex<Int32?>
    private let queue = DispatchQueue(label: "regtop.hash-checkpoint")
    private let known: Set<HashedBlob>
    /// The time at which the stopped run recorded its last blob; nil if there was no stopped run.
    private let noted: Date?
    private let say: @Sendable (String) -> Void

    private init(
        _ path: String, _ descriptor: Int32, _ known: Set<HashedBlob>, noted: Date?,
        _ say: @escaping @Sendable (String) -> Void
    ) {
        (self.path, self.known, self.noted, self.say) = (path, known, noted, say)
        self.descriptor = Mutex(descriptor)
    }

    deinit { close() }

    /// Unlocks the file before it closes it: a child process has the file open as well, until it
    /// executes its program.
    private static func release(_ descriptor: Int32) {
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }

    private func close() {
        descriptor.withLock { descriptor in
            descriptor.map(Self.release)
            descriptor = nil
        }
    }

    /// Opens the checkpoint of a store, and creates it if there is none.
    ///
    /// - Parameters:
    ///   - isNew: True to discard the blobs of a stopped run.
    ///   - say: Receives sentences for the user.
    /// - Returns: nil if no checkpoint can be kept; then the run hashes every blob.
    static func open(
        of session: Session, isNew: Bool = false, directory: String? = StateDirectory.path(),
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> HashCheckpoint? {
        guard let directory, let store = try await name(of: session) else { return nil }
        return try await BlockingCall.run(cancelled: nil) { open(store, isNew, directory, say) }
    }

    /// The name that distinguishes the store from all others; nil for a store in memory.
    static func name(of session: Session) async throws -> String? {
        let status = try await session.objects.status()
        let size = session.storage.chunkSize
        switch status.backend {
        case .rados:
            // The number of the pool identifies it: a renamed pool keeps its number.
            return "rados:\(status.fsid ?? "?")/\(status.pool.map(String.init) ?? status.name) in chunks of \(size)"
        case .sqlite:
            guard status.name != "memory" else { return nil }
            let path = URL(filePath: status.name).standardizedFileURL.path(percentEncoded: false)
            return "sqlite:\(path) in chunks of \(size)"
        }
    }

    private static func open(
        _ store: String, _ isNew: Bool, _ directory: String, _ say: @escaping @Sendable (String) -> Void
    ) -> HashCheckpoint? {
        StateDirectory.make(directory)
        let path = "\(directory)/fsck-\(Digest.sha256(of: store.utf8).hex.prefix(16)).hashed"
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            say("hashed blobs cannot be recorded in \(path): \(String(cString: strerror(errno)))")
            return nil
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(descriptor)
            say("another run is hashing the same blobs; this run hashes all of them and records nothing")
            return nil
        }
        let header = "regtop-fsck 1 \(store)"
        var (known, noted): (Set<HashedBlob>, Date?) = ([], nil)
        do {
            if isNew { ftruncate(descriptor, 0) }
            var reader = try CheckpointReader(descriptor)
            noted = reader.modified
            known = try reader.blobs(after: header)
            // The last line is incomplete if the machine lost power.
            ftruncate(descriptor, off_t(reader.whole))
            if reader.whole == 0 { try write("\(header)\n", to: descriptor) }
        } catch let error as CheckpointReader.Refusal {
            say("\(path) is not the record of a stopped run: \(error.reason); this run hashes every blob")
            guard error.isReplaceable else {
                release(descriptor)
                return nil
            }
            known = []
            ftruncate(descriptor, 0)
            try? write("\(header)\n", to: descriptor)
        } catch {
            release(descriptor)
            say("hashed blobs cannot be recorded in \(path): \(error)")
            return nil
        }
        return HashCheckpoint(path, descriptor, known, noted: noted, say)
    }

    private static func write(_ line: String, to descriptor: Int32) throws {
        try FileHandle(fileDescriptor: descriptor).write(contentsOf: Data(line.utf8))
    }

    func knows(_ blob: HashedBlob) -> Bool { known.contains(blob) }

    func takes(_ blobs: Int, bytes: UInt64) {
        guard !known.isEmpty else { return }
        let run = "the run that was stopped at \(TimeText.second(noted))"
        say(
            blobs == 0
                ? "every blob that \(run) hashed has changed since: this run hashes every blob"
                : "\(run) hashed \(HumanText.count(blobs, "blob")) of \(HumanText.bytes(bytes)) without finding damage; "
                    + "they are not hashed again without --anew")
    }

    func remember(_ blob: HashedBlob) {
        queue.async { [self] in
            let isLost = descriptor.withLock { descriptor in
                guard let open = descriptor else { return false }
                do {
                    try Self.write(CheckpointReader.line(blob), to: open)
                    return false
                } catch {
                    Self.release(open)
                    descriptor = nil
                    return true
                }
            }
            if isLost { say("hashed blobs can no longer be recorded in \(path)") }
        }
    }

    /// Closes the checkpoint. Call it once, at the end of the run.
    ///
    /// - Parameter isComplete: True if the run hashed every blob, so that the file is removed.
    func end(isComplete: Bool) async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                if isComplete { unlink(path) }
                close()
                continuation.resume()
            }
        }
    }
}

/// The directory for the program's own files.
nonisolated enum StateDirectory {
    /// `$XDG_STATE_HOME/regtop` or `~/.local/state/regtop`; nil without a home directory.
    static func path(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/regtop" }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.local/state/regtop"
    }

    /// Creates a directory that only the user can read, and its parents. A failure shows when a
    /// file in it is opened.
    static func make(_ path: String) {
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}
