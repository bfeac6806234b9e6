import AdminCore
import Presentation
import Foundation
import Synchronization

/// Standard output and standard error of a command. They are separate from the descriptors 1 and 2,
/// because librados writes to those.
///
/// Concurrency: any task may write; each stream keeps the order. Writing never blocks the thread of
/// the caller.
nonisolated final class StandardStreams: Sendable {
    private let output: Int32
    private let error: Int32
    private let outputQueue = DispatchQueue(label: "regtop.stdout")
    private let errorQueue = DispatchQueue(label: "regtop.stderr")

    /// True if standard error is a terminal, which can show progress.
    let errorIsTerminal: Bool
    /// True if standard input and standard error are a terminal, so that a person can answer.
    let canAsk: Bool

    /// Opens each of the descriptors 0 to 2 that is closed, so that no file gets its number.
    /// Writing to it fails.
    static func reserveDescriptors() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDONLY) }
    }

    /// Copies the descriptors 1 and 2, or uses them if that fails.
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

    /// Redirects the descriptors 1 and 2, to which libraries write, without touching these streams.
    ///
    /// - Parameter file: The new target; nil to drop the output of libraries.
    func divertLibraries(to file: Int32?) {
        guard output != 1, error != 2 else { return }
        let sink = file ?? open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard sink >= 0 else { return }
        fflush(nil)
        dup2(sink, 1)
        dup2(sink, 2)
        if file == nil { close(sink) }
    }

    /// Writes to standard output.
    ///
    /// - Throws: `OutputError`; `CancellationError` if the task is cancelled before the write ends.
    func print(_ text: String) async throws {
        try await write(Array(text.utf8))
    }

    /// Writes bytes to standard output; throws as `print`.
    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        let descriptor = output
        try await BlockingCall.run(on: outputQueue) { try DescriptorWriter.write(bytes, to: descriptor) }
    }

    /// Prints a result in the format that the user asked for.
    func print(_ format: OutputFormat, json: @autoclosure () -> JSONValue, plain: @autoclosure () -> String)
        async throws
    {
        switch format {
        case .plain: try await print(plain())
        case .json: try await print(json().text() + "\n")
        case .jsonPretty: try await print(json().text(pretty: true) + "\n")
        }
    }

    /// Writes to standard error soon. Errors are ignored.
    func tell(_ text: String) {
        let descriptor = error
        errorQueue.async { try? DescriptorWriter.write(Array(text.utf8), to: descriptor) }
    }

    /// Waits until standard error has everything from `tell`.
    func flush() async {
        await withCheckedContinuation { continuation in errorQueue.async { continuation.resume() } }
    }
}

/// The reason why a write to standard output or to a file failed.
nonisolated enum OutputError: ProgramError, Equatable {
    /// The reader went away, as `head` does. The program ends silently.
    case closed
    /// Another error, such as no space left.
    case failed(errno: Int32)

    var description: String {
        switch self {
        case .closed: "the reader of the output went away"
        case .failed(let errno): "the output cannot be written: \(String(cString: strerror(errno)))"
        }
    }
}

/// Writes to file descriptors.
nonisolated enum DescriptorWriter {
    /// Blocks until every byte is written, also if the descriptor is non-blocking.
    ///
    /// - Throws: `OutputError`.
    static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
            case EPIPE: throw OutputError.closed
            default: throw OutputError.failed(errno: errno)
            }
        }
    }
}
