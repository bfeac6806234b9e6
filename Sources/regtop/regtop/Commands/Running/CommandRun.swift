import Presentation
import SafeText
import ArgumentParser
import Foundation

/// One run of the program: words in, exit status out.
nonisolated enum CommandRun {
    /// Parses the words, runs the command and reports errors. Call it first, on the program's first
    /// thread.
    ///
    /// - Returns: The exit status.
    @MainActor
    static func run(_ words: [String]) async -> Int32 {
        if words.first == CompletionRun.request { CompletionRun.answer(words) }
        // When the reader of the output goes away, a write fails and the command ends silently. A
        // signal would stop a change half-way.
        signal(SIGPIPE, SIG_IGN)
        StandardStreams.reserveDescriptors()
        let streams = StandardStreams()
        if let shell = CompletionScript.request(in: words), let script = CompletionScript.text(for: shell) {
            // No task runs here, so the write may block.
            do {
                try DescriptorWriter.write(Array((script + "\n").utf8), to: STDOUT_FILENO)
                return ExitStatus.done
            } catch {
                return report(error, streams)
            }
        }
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

    /// Parses the words again, because a command cannot be sent to another thread, and runs it.
    private static func execute(_ words: [String], _ streams: StandardStreams) async throws {
        var command = try parse(words)
        if let command = command as? any StreamCommand {
            try await command.run(streams)
        } else {
            // Only help: the parser throws it.
            try command.run()
        }
    }

    /// Prints the error.
    ///
    /// - Returns: The exit status.
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

    /// Prints help, the version or a usage error of the parser.
    private static func reportUsage(_ error: any Error, _ streams: StandardStreams) -> Int32 {
        let status = Regtop.exitCode(for: error).rawValue
        var text = Regtop.fullMessage(for: error)
        guard status != ExitStatus.done else {
            // No task runs here, so the write may block.
            try? DescriptorWriter.write(Array((text + "\n").utf8), to: STDOUT_FILENO)
            return status
        }
        if text.contains("Missing value for '-f") { text += "\n  \(OutputFormat.hint)" }
        streams.tell(VisibleText.lines(text) + "\n")
        return status == EXIT_FAILURE ? status : ExitStatus.usage
    }
}

extension VisibleText {
    /// A text of several lines, each safe to show.
    nonisolated static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { of(String($0)) }.joined(separator: "\n")
    }
}

/// The exit statuses of the program.
nonisolated enum ExitStatus {
    /// The command did all its work, or the reader of the output went away.
    static let done: Int32 = 0
    /// The command failed or failed in part, or the answer was No.
    static let failed: Int32 = 1
    /// `verify` found damage, or `export` left something out.
    static let damaged: Int32 = 4
    /// `fsck` could not check everything, as in fsck(8).
    static let unfinished: Int32 = 8
    /// Wrong usage, also a change with neither a terminal nor `--yes`.
    static let usage: Int32 = 64
    static let cancelled: Int32 = 130
}

/// The reason why a command ends without its result.
nonisolated struct CommandFailure: Error, CustomStringConvertible {
    /// The exit status.
    let status: Int32
    /// One sentence with the failure, its object, its reason and the remedy. Empty if it was
    /// printed before.
    let description: String

    init(_ description: String, status: Int32 = ExitStatus.failed) {
        self.status = status
        self.description = description
    }

    /// For a failure that was printed before.
    static let silent = CommandFailure("")
}

/// The words of the command line before the parser reads them.
nonisolated enum CommandWords {
    /// Moves the subcommand's name to the front: `-p pool repos` becomes `repos -p pool`. Operators
    /// of Ceph write `rados -p pool ls`, but the parser expects the options after the subcommand.
    static func subcommandFirst(_ words: [String]) -> [String] {
        var words = words
        if let name = bringForward(names, to: 0, in: &words), let group = groups[name] {
            _ = bringForward(group, to: 1, in: &words)
        }
        return words
    }

    /// Moves the first word that is no option to a place, if it is one of the names.
    ///
    /// - Returns: The name; nil if no word was moved.
    private static func bringForward(_ names: Set<String>, to place: Int, in words: inout [String]) -> String? {
        var index = place
        while index < words.count, words[index].hasPrefix("-"), words[index] != "--" {
            index += takesValue(words[index]) ? 2 : 1
        }
        guard index < words.count, names.contains(words[index]) else { return nil }
        words.insert(words.remove(at: index), at: place)
        return words[place]
    }

    /// The subcommands with subcommands of their own.
    private static var groups: [String: Set<String>] {
        var groups: [String: Set<String>] = [:]
        for command in Regtop.configuration.subcommands {
            let own = command.configuration.subcommands.compactMap { $0.configuration.commandName }
            if let name = command.configuration.commandName, !own.isEmpty { groups[name] = Set(own) }
        }
        return groups
    }

    /// The complaint about a first word that is no subcommand; nil if there is none.
    static func complaint(_ words: [String]) -> String? {
        guard let first = words.first, !first.hasPrefix("-"), first != "help", !names.contains(first) else {
            return nil
        }
        return "unknown subcommand \(first); `regtop --help` lists the subcommands"
    }

    private static var names: Set<String> {
        Set(Regtop.configuration.subcommands.compactMap { $0.configuration.commandName })
    }

    /// True if the next word is the value of this one: for `-p` and `--pool`, not for `--pool=x`,
    /// `-px` and `-v`.
    private static func takesValue(_ word: String) -> Bool { valued.contains(word) }

    /// The options that may precede the subcommand and have a value.
    static let valued: Set<String> = [
        "-p", "-c", "-n", "-k", "-m", "-f", "--pool", "--conf", "--name", "--keyring", "--mon-host", "--store", "--id",
        "--registry", "--chunk-size", "--in-flight", "--connect-timeout", "--timeout", "--log-file", "--format",
        "--grace", "--to",
    ]
}
