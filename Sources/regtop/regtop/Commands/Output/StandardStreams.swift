import Foundation
import Synchronization

/// Standard output and standard error of a command, kept apart from the descriptors 1 and 2: librados writes to those as it likes.
///
/// Concurrency: may be used from any task; what is written to one stream stays in order. Writing never blocks the caller's thread.
nonisolated final class StandardStreams: Sendable {
    private let output: Int32
    private let error: Int32
    private let outputQueue = DispatchQueue(label: "regtop.stdout")
    private let errorQueue = DispatchQueue(label: "regtop.stderr")

    /// True if standard error leads to a terminal: progress may be shown.
    let errorIsTerminal: Bool
    /// True if somebody sits in front of it and can answer.
    let canAsk: Bool

    /// Keeps descriptors that are closed from being given to files that are opened later: what is written to them has to fail.
    static func reserveDescriptors() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDONLY) }
    }

    /// Takes copies of descriptors 1 and 2; where that fails, uses them as they are.
    init() {
        func copy(_ descriptor: Int32) -> Int32 {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
            return copy < 0 ? descriptor : copy
        }
        output = copy(1)
        error = copy(2)
        errorIsTerminal = isatty(2) == 1
        canAsk = isatty(0) == 1 && isatty(2) == 1
    }

    /// From now on whatever is written to the descriptors 1 and 2 by anybody else ends up in this file, or nowhere if it is nil. (A library
    /// writes there what no option silences.) What this object writes still reaches the user.
    func divertLibraries(to file: Int32?) {
        guard output != 1, error != 2 else { return }
        let sink = file ?? open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard sink >= 0 else { return }
        fflush(nil)
        dup2(sink, 1)
        dup2(sink, 2)
        if file == nil { close(sink) }
    }

    /// Writes to standard output. Throws `OutputError`, or `CancellationError` if the task is cancelled while nobody reads.
    func print(_ text: String) async throws {
        try await write(Array(text.utf8))
    }

    /// Writes bytes to standard output, as they are.
    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        let descriptor = output
        try await BlockingCall.run(on: outputQueue) { try DescriptorWriter.write(bytes, to: descriptor) }
    }

    /// Writes to standard error, at some time soon. Nothing is said if that fails: there is nobody to say it to.
    func tell(_ text: String) {
        let descriptor = error
        errorQueue.async { try? DescriptorWriter.write(Array(text.utf8), to: descriptor) }
    }

    /// Waits until everything that was told has been written.
    func flush() async {
        await withCheckedContinuation { continuation in errorQueue.async { continuation.resume() } }
    }
}
