import Foundation
import Glibc
import Synchronization

/// Reads the trace of the console from a named pipe: its frames and its end.
final class TraceReader: Sendable {
    /// One drawn frame; see `FrameTrace`.
    struct Frame: Sendable, CustomStringConvertible {
        let keys: Int
        let busy: Int
        let size: String
        let screen: String
        /// The exit code of the program.
        let exitCode: Int?

        /// Parses a line of the trace; nil for another line.
        init?(_ line: String) {
            var fields: [String: String] = [:]
            // The title of the screen comes last, because it may have any text.
            let parts = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
            for part in parts {
                let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
                if pair.count == 2 { fields[pair[0]] = pair[1] }
            }
            guard fields["keys"] != nil || fields["ended"] != nil else { return nil }
            keys = fields["keys"].flatMap { Int($0) } ?? 0
            busy = fields["busy"].flatMap { Int($0) } ?? 0
            size = fields["size"] ?? ""
            screen = fields["screen"] ?? ""
            exitCode = fields["ended"].flatMap { Int($0) }
        }

        var description: String {
            exitCode.map { "ended=\($0)" } ?? "keys=\(keys) busy=\(busy) size=\(size) screen=\(screen)"
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let frames: AsyncStream<Frame>
    private let descriptor: Int32

    init(path: String) throws {
        guard mkfifo(path, 0o600) == 0 else { throw Failure(description: "mkfifo \(path): \(errno)") }
        // The pipe is open for reading and writing, so that it has no end while no program writes,
        // and the reader can be stopped.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(description: "open \(path): \(errno)") }
        let (frames, continuation) = AsyncStream.makeStream(of: Frame.self)
        self.frames = frames
        Thread.detachNewThread { [descriptor] in
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count <= 0 { break }
                pending += buffer[..<count]
                while let end = pending.firstIndex(of: 0x0a) {
                    let line = String(decoding: pending[..<end], as: UTF8.self)
                    pending.removeSubrange(...end)
                    if line == "stop" {
                        close(descriptor)
                        continuation.finish()
                        return
                    }
                    if let frame = Frame(line) { continuation.yield(frame) }
                }
            }
            continuation.finish()
        }
    }

    /// Ends the reading thread. Call it once.
    func stop() {
        _ = "stop\n".withCString { write(descriptor, $0, strlen($0)) }
    }
}
