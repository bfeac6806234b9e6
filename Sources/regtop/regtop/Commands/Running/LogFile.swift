import AdminCore
import Foundation
import Logging
import Synchronization

/// The program's log: a file that is appended to, by the user alone to be read.
nonisolated final class LogFile: Sendable {
    /// Where it is.
    let path: String
    /// Open for appending, as long as the program runs.
    let descriptor: Int32

    private init?(path: String) {
        StateDirectory.make(URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens the log that the options name and sends the program's log messages there; with nil, and nowhere, if it cannot be opened:
    /// no command fails for want of a log. To be called once.
    static func begin(_ options: LogOptions) -> LogFile? {
        let path = options.logFile ?? standardPath(ProcessInfo.processInfo.environment)
        guard let path, let file = LogFile(path: path) else {
            LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
            return nil
        }
        let level: Logger.Level = options.verbose ? .debug : .notice
        LoggingSystem.bootstrap { FileLogHandler(file: file, label: $0, clock: .system, logLevel: level) }
        return file
    }

    /// `$XDG_STATE_HOME/regtop/regtop.log`, or the same below `~/.local/state`; nil without a home.
    static func standardPath(_ environment: [String: String]) -> String? {
        StateDirectory.path(environment).map { $0 + "/regtop.log" }
    }

    /// Adds a line. A line that cannot be written is lost.
    func append(_ line: String) {
        try? DescriptorWriter.write(Array((line + "\n").utf8), to: descriptor)
    }
}

/// Writes log messages to a file, one line each, and escapes what a terminal would obey when somebody looks at it.
nonisolated struct FileLogHandler: LogHandler {
    let file: LogFile
    let label: String
    /// Dates the lines.
    let clock: WallClock
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(file: LogFile, label: String, clock: WallClock, logLevel: Logger.Level) {
        self.file = file
        self.label = label
        self.clock = clock
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
            .map { " \($0.key)=\($0.value)" }.joined()
        let line = "\(TimeText.rfc3339(clock.now)) \(event.level) \(label)[\(getpid())]: \(event.message)\(values)"
        file.append(VisibleText.of(line))
    }
}
