import AdminCore
import ArgumentParser

/// A command that gives the terminal to the console: it deals with signals and standard streams itself.
nonisolated protocol ConsoleStarting: ParsableCommand {
    /// Runs the console until the user leaves it; the exit status.
    @MainActor
    func start(_ streams: StandardStreams) async throws -> Int32
}

/// How the console is started, whatever it is to show.
enum ConsoleStart {
    /// Opens the log and runs the console; the exit status.
    static func run(_ options: SessionOptions, _ log: LogOptions, _ look: LookOptions) async throws -> Int32 {
        let file = LogFile.begin(log)
        var options = options
        let settings = SettingsFile.read()
        options.rados.logFile = file?.path
        return try await ConsoleApp.run(options, log: file?.path, look: look.look(settings), settings: settings)
    }
}
