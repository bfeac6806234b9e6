import ObjectStore
import CZlib
import Dispatch
import Foundation

/// A file for a dump, plain or compressed with gzip. Reading detects the compression.
///
/// Concurrency: the calls run one after the other on a queue of the file, never on the cooperative
/// pool. Only one task may use the file, since bytes have an order.
public final class DumpFile: DumpSink, DumpSource, Sendable {
    /// Used only on the queue, which is serial, and in `deinit`, after all other uses.
    private nonisolated(unsafe) var file: gzFile?
    private let queue = DispatchQueue(label: "regtop.dump")
    private let name: String
    private let isWriting: Bool

    private init(_ descriptor: Int32, name: String, isWriting: Bool, mode: String) throws {
        guard let file = gzdopen(descriptor, mode) else {
            close(descriptor)
            throw StoreError(.other, operation: isWriting ? "dump" : "load", reason: "no memory for a buffer")
        }
        gzbuffer(file, 128 << 10)
        self.file = file
        self.name = name
        self.isWriting = isWriting
    }

    deinit {
        if let file { gzclose(file) }
    }

    /// Opens a dump to read.
    ///
    /// - Throws: `StoreError`: `.notConfigured` if there is no such file, `.permissionDenied`,
    ///   `.inputOutput`.
    public static func open(path: String) async throws -> DumpFile {
        try await BlockingCall.run(cancelled: StoreError.cancelled("load")) {
            try DumpFile(descriptor(path, O_RDONLY, "load"), name: path, isWriting: false, mode: "rb")
        }
    }

    /// A dump to read from standard input. Throws `StoreError`.
    public static func standardInput() throws -> DumpFile {
        try DumpFile(dup(STDIN_FILENO), name: "standard input", isWriting: false, mode: "rb")
    }

    /// Creates a file for a dump, or empties an existing one. Throws `StoreError`.
    public static func create(path: String, gzip: Bool) async throws -> DumpFile {
        try await BlockingCall.run(cancelled: nil) {
            let descriptor = try descriptor(path, O_WRONLY | O_CREAT | O_TRUNC, "dump")
            return try DumpFile(descriptor, name: path, isWriting: true, mode: gzip ? "wb1" : "wbT")
        }
    }

    /// A dump to write to standard output. If SIGPIPE is ignored, a closed pipe is a `StoreError`
    /// with the errno EPIPE.
    public static func standardOutput(gzip: Bool) throws -> DumpFile {
        try DumpFile(dup(STDOUT_FILENO), name: "standard output", isWriting: true, mode: gzip ? "wb1" : "wbT")
    }

    /// Writes bytes. All of them are in the file only after `finish`.
    public func write(_ bytes: [UInt8]) async throws {
        try await perform(cancelled: nil) { file in
            guard !bytes.isEmpty else { return }
            errno = 0
            let count = bytes.withUnsafeBytes { gzwrite(file, $0.baseAddress, UInt32($0.count)) }
            if Int(count) != bytes.count { throw self.failure(file) }
        }
    }

    /// Returns the next MiB, uncompressed; nothing at the end. Cancelling the task ends the wait
    /// for a pipe at once.
    public func read() async throws -> [UInt8] {
        try await perform(cancelled: .cancelled("load")) { file in
            errno = 0
            let room = 1 << 20
            let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = max(0, Int(gzread(file, buffer.baseAddress, UInt32(room))))
            }
            // zlib reports a compressed file that ends too early only at its end.
            if bytes.count < room {
                var status: Int32 = Z_OK
                gzerror(file, &status)
                if status != Z_OK && status != Z_STREAM_END { throw self.failure(file) }
            }
            return bytes
        }
    }

    /// Writes the remaining bytes and closes the file. Later reads and writes throw; does nothing
    /// the second time.
    public func finish() async throws {
        try await BlockingCall.run(on: queue, cancelled: nil) {
            guard let file = self.file else { return }
            self.file = nil
            errno = 0
            let status = gzclose(file)
            let number = errno
            // A reader that stops in the middle gets Z_BUF_ERROR, which is no news.
            if self.isWriting && status != Z_OK {
                throw self.failure(reason: StoreError.systemText(number), errno: number)
            }
        }
    }

    private func perform<Value: Sendable>(
        cancelled: StoreError?, _ body: @escaping @Sendable (gzFile) throws -> Value
    ) async throws -> Value {
        try await BlockingCall.run(on: queue, cancelled: cancelled) {
            guard let file = self.file else { throw self.failure(reason: "it is closed", errno: 0) }
            return try body(file)
        }
    }

    private func failure(_ file: gzFile) -> StoreError {
        let number = errno
        var status: Int32 = Z_OK
        let text = gzerror(file, &status).map { String(cString: $0) } ?? ""
        switch status {
        case Z_ERRNO: return failure(reason: StoreError.systemText(number), errno: number)
        case Z_BUF_ERROR: return failure(reason: "the compressed file ends in the middle", errno: 0)
        case Z_DATA_ERROR: return failure(reason: "the compressed file is damaged", errno: 0)
        default: return failure(reason: text.isEmpty ? "it cannot be used" : text, errno: number)
        }
    }

    private func failure(reason: String, errno: Int32) -> StoreError {
        StoreError(
            .inputOutput, operation: isWriting ? "dump" : "load", errno: errno, reason: "\(name): \(reason)")
    }

    private static func descriptor(_ path: String, _ flags: Int32, _ operation: String) throws -> Int32 {
        let descriptor = Foundation.open(path, flags | O_CLOEXEC, 0o666)
        guard descriptor < 0 else { return descriptor }
        let number = errno
        let kind: StoreError.Kind =
            switch number {
            case ENOENT: .notConfigured
            case EACCES, EPERM, EROFS: .permissionDenied
            case ENOSPC, EDQUOT: .full
            default: .inputOutput
            }
        throw StoreError(
            kind, operation: operation, errno: number, reason: "\(path): \(StoreError.systemText(number))")
    }
}
