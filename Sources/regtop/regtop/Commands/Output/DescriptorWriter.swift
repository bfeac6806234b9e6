import Foundation

/// Why nothing more can be written to standard output or to a file.
nonisolated enum OutputError: ProgramError, Equatable {
    /// Whoever read it has gone, as `head` does. Not worth a word.
    case closed
    /// Anything else: no space left, for example.
    case failed(errno: Int32)

    var description: String {
        switch self {
        case .closed: "nobody reads the output any more"
        case .failed(let errno): "the output cannot be written: \(String(cString: strerror(errno)))"
        }
    }
}

/// Writes all of something to a file descriptor.
nonisolated enum DescriptorWriter {
    /// Blocks until every byte is written. Also where the descriptor does not block. Throws `OutputError`.
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
