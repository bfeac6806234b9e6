import AdminCore
import SafeText
import Foundation
import Logging
import Synchronization

/// The program's log file, which only the user can read.
nonisolated final class LogFile: Sendable {
    let path: String
    /// Open for appending until the program ends.
    let descriptor: Int32

    private init?(path: String) {
        StateDirectory.make(URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens the log file and sends the program's log messages to it. Call it once.
    ///
    /// - Returns: nil if the file cannot be opened; then log messages are dropped, and no command
    ///   fails.
    static func begin(_ options: LogOptions) -> LogFile? {
        guard let path = path(options), let file = LogFile(path: path) else {
            LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
            return nil
        }
        let level: Logger.Level = options.verbose ? .debug : .notice
        LoggingSystem.bootstrap { FileLogHandler(file: file, label: $0, clock: .system, logLevel: level) }
        return file
    }

    /// The path that the options name, or else the standard one; nil without a home directory.
    static func path(_ options: LogOptions) -> String? {
        options.logFile ?? standardPath(ProcessInfo.processInfo.environment)
    }

    /// `regtop.log` in the state directory; nil without a home directory.
    static func standardPath(_ environment: [String: String]) -> String? {
        StateDirectory.path(environment).map { $0 + "/regtop.log" }
    }

    /// Appends a line. An error loses the line.
    func append(_ line: String) {
        try? DescriptorWriter.write(Array((line + "\n").utf8), to: descriptor)
    }
}

/// Writes each log message as one line that is safe to print.
nonisolated struct FileLogHandler: LogHandler {
    let file: LogFile
    let label: String
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
