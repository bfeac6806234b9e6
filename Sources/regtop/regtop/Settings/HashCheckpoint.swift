import AdminCore
import Dispatch
import Foundation
import Synchronization

/// What `fsck --deep` has hashed and found right, in a file, so that the next run goes on where one was stopped: a header, then a line for
/// each blob, added as soon as it is hashed. Gone when a run has looked at everything.
///
/// One run at a time has it; it is locked as long as it is open.
nonisolated final class HashCheckpoint: HashMemory {
    private let path: String
    /// Open and locked; nil when it was closed. Written to on the queue only.
    private let descriptor: Mutex<Int32?>
    private let queue = DispatchQueue(label: "regtop.hash-checkpoint")
    private let known: Set<HashedBlob>
    /// When the run that was stopped noted its last blob; nil if there was none.
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

    /// Gives back the lock by saying so, not only by closing: whatever this process starts has the file open, too, until it is another program.
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

    /// Opens the checkpoint of a store, which it makes if there is none. `isNew`: forgets what it holds. `say` is told, a sentence each, what
    /// is taken from a run that was stopped, and why nothing can be. nil where nothing can be kept: then everything is hashed.
    static func open(
        of session: Session, isNew: Bool = false, directory: String? = StateDirectory.path(),
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> HashCheckpoint? {
        guard let directory, let store = try await name(of: session) else { return nil }
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: open(store, isNew, directory, say)) }
        }
    }

    /// What tells a store from others; nil for one that ends with the program.
    private static func name(of session: Session) async throws -> String? {
        let status = try await session.objects.status()
        let size = session.storage.chunkSize
        switch status.backend {
        case .rados:
            // By its number: a renamed pool is the same, and another one may have its name by now.
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
            say("what is hashed cannot be noted in \(path): \(String(cString: strerror(errno)))")
            return nil
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(descriptor)
            say("another run is hashing the same blobs; this one hashes all of them and notes nothing")
            return nil
        }
        let header = "regtop-fsck 1 \(store)"
        var (known, noted): (Set<HashedBlob>, Date?) = ([], nil)
        do {
            if isNew { ftruncate(descriptor, 0) }
            var reader = try CheckpointReader(descriptor)
            noted = reader.modified
            known = try reader.blobs(after: header)
            // What was cut short when somebody pulled the plug.
            ftruncate(descriptor, off_t(reader.whole))
            if reader.whole == 0 { try write("\(header)\n", to: descriptor) }
        } catch let error as CheckpointReader.Refusal {
            say("\(path) is not what a run that was stopped leaves: \(error.reason); everything is hashed")
            guard error.isReplaceable else {
                release(descriptor)
                return nil
            }
            known = []
            ftruncate(descriptor, 0)
            try? write("\(header)\n", to: descriptor)
        } catch {
            release(descriptor)
            say("what is hashed cannot be noted in \(path): \(error)")
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
                ? "nothing that \(run) has hashed is as it was: everything is hashed"
                : "\(HumanText.count(blobs, "blob")) of \(HumanText.bytes(bytes)) were found right by \(run), and are not hashed again; "
                    + "--anew hashes them as well")
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
            if isLost { say("what is hashed can no longer be noted in \(path)") }
        }
    }

    /// To be called once, at the end: what was noted goes if everything was looked at, and stays for the next run if not.
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
