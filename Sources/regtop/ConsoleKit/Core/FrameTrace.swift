import Glibc

/// For tests and for hunting slowness: when the environment names a file in `REGTOP_TRACE_FILE`, each drawn frame appends
/// one line to it, such as
///
///     frame=12 keys=7 busy=0 size=80x24 screen=Repositories
///
/// `keys` counts the keys handled so far and `busy` the queries that still run: a driver that has sent n keys waits for a
/// line with `keys=n busy=0`. The file may be a FIFO that somebody reads; a full one loses lines rather than waiting.
final class FrameTrace {
    private let descriptor: Int32
    private var frames = 0

    /// nil if no trace is wanted or the file cannot be opened.
    init?() {
        guard let path = getenv("REGTOP_TRACE_FILE") else { return nil }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
    }

    isolated deinit {
        close(descriptor)
    }

    func drew(keys: Int, busy: Int, size: Size, screen: String) {
        frames += 1
        let line = "frame=\(frames) keys=\(keys) busy=\(busy) size=\(size.columns)x\(size.rows) screen=\(screen)\n"
        _ = line.withCString { write(descriptor, $0, strlen($0)) }
    }
}
