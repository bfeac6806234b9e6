import AdminCore
import SafeText
import ArgumentParser
import Foundation
import Logging
import Synchronization

/// Answers a shell that completes a word: prints values, a line each. Without an answer in time, or
/// with any error, it prints nothing. It writes to no store, to no log and not to standard error.
nonisolated enum CompletionRun {
    /// The word with which the scripts of the shells call the program.
    static let request = "---completion"

    /// The seconds that a user waits for values: half a second, or REGTOP_COMPLETION_LIMIT, such as
    /// `2s`.
    static var limit: Double {
        ProcessInfo.processInfo.environment["REGTOP_COMPLETION_LIMIT"].flatMap(Quantity.seconds) ?? 0.5
    }

    /// Answers and ends the program. Call it on the program's first thread.
    @MainActor
    static func answer(_ words: [String]) -> Never {
        signal(SIGPIPE, SIG_IGN)
        StandardStreams.reserveDescriptors()
        let output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        StandardStreams().divertLibraries(to: nil)
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        do {
            _ = try Regtop.parseAsRoot(words)
        } catch  where Regtop.exitCode(for: error) == .success {
            let text = Regtop.fullMessage(for: error)
            if !text.isEmpty { try? DescriptorWriter.write(Array((text + "\n").utf8), to: output) }
        } catch {
            // A line that does not fit the scripts: nothing to offer.
        }
        // Threads of librados may still run, and nothing has to be saved.
        _exit(ExitStatus.done)
    }

    /// The values that begin with the word and can be shown as they are. Blocks the thread for no
    /// longer than the limit, so it is for a thread that does nothing else.
    static func values(of kind: CompletedValue, _ line: CompletionLine) -> [String] {
        let (limit, search) = (limit, Search())
        let (text, session) = (line.text, line.session(within: limit))
        Task.detached {
            defer { search.end.signal() }
            guard let session else { return }
            let values = try? await kind.values(for: text) {
                try await Session.open(session)
            } pools: {
                try await Session.pools(session.rados)
            }
            search.found.withLock { $0 = values ?? [] }
        }
        guard search.end.wait(timeout: DispatchTime.now() + limit) == .success else { return [] }
        return search.found.withLock { $0 }.filter { value in
            value.utf8.starts(with: text.utf8) && VisibleText.of(value) == value
        }
    }

    /// A search that its caller may give up.
    private final class Search: Sendable {
        let found = Mutex<[String]>([])
        let end = DispatchSemaphore(value: 0)
    }
}
