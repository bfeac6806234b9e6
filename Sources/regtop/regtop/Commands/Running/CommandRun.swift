import AdminCore
import ArgumentParser
import Foundation

/// One run of the program: words in, exit status out.
nonisolated enum CommandRun {
    /// Parses the words, runs what they say, and reports how it went. To be called first in the program, from its first thread.
    @MainActor
    static func run(_ words: [String]) async -> Int32 {
        // A reader that goes away is an error of a write (and ends the command silently), not the end of a change half-way.
        signal(SIGPIPE, SIG_IGN)
        StandardStreams.reserveDescriptors()
        let streams = StandardStreams()
        do {
            if let console = try parse(words) as? any ConsoleStarting {
                return try await console.start(streams)
            }
            let task = Task { try await execute(words, streams) }
            InterruptWatch.begin { task.cancel() }
            do {
                try await task.value
            } catch {
                throw task.isCancelled && !(error is CommandFailure) ? CancellationError() : error
            }
            return ExitStatus.done
        } catch {
            let status = report(error, streams)
            await streams.flush()
            return status
        }
    }

    private static func parse(_ words: [String]) throws -> any ParsableCommand {
        let words = CommandWords.subcommandFirst(words)
        if let complaint = CommandWords.complaint(words) {
            throw CommandFailure(complaint, status: ExitStatus.usage)
        }
        return try Regtop.parseAsRoot(words)
    }

    /// Parses the words once more, for a command is not to be handed from thread to thread, and runs it.
    private static func execute(_ words: [String], _ streams: StandardStreams) async throws {
        var command = try parse(words)
        if let command = command as? any StoreCommand {
            try await command.run(streams)
        } else {
            // Help, and nothing else: it is thrown, and reported as the rest is.
            try command.run()
        }
    }

    /// Says what went wrong and gives the status to end with.
    private static func report(_ error: any Error, _ streams: StandardStreams) -> Int32 {
        switch error {
        case is CancellationError:
            streams.tell("regtop: cancelled\n")
            return ExitStatus.cancelled
        case OutputError.closed:
            return ExitStatus.done
        case let error as CommandFailure:
            if !error.description.isEmpty { streams.tell("regtop: \(VisibleText.of(error.description))\n") }
            return error.status
        case let error where ErrorText.isOurs(error):
            streams.tell("regtop: \(ErrorText.sentence(error))\n")
            return ExitStatus.failed
        default:
            return reportUsage(error, streams)
        }
    }

    /// What the parser of the command line has to say: help, the version, or what is wrong with the words.
    private static func reportUsage(_ error: any Error, _ streams: StandardStreams) -> Int32 {
        let status = Regtop.exitCode(for: error).rawValue
        var text = Regtop.fullMessage(for: error)
        guard status != ExitStatus.done else {
            // There is no task to be cancelled here and no change to be kept from: plain writing will do.
            try? DescriptorWriter.write(Array((text + "\n").utf8), to: STDOUT_FILENO)
            return status
        }
        if text.contains("Missing value for '-f") { text += "\n  \(OutputFormat.hint)" }
        streams.tell(VisibleText.lines(text) + "\n")
        return status == EXIT_FAILURE ? status : ExitStatus.usage
    }
}

extension VisibleText {
    /// A text of several lines, each made safe to show.
    nonisolated static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { of(String($0)) }.joined(separator: "\n")
    }
}
