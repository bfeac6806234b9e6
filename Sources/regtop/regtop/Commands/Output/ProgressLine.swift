import AdminCore
import Foundation
import Synchronization

/// One line on a terminal that says how far a long task is, and goes away with it. On anything but a terminal: nothing.
///
/// Concurrency: `show` may be called from any task, as often as one likes: at most ten times a second something is written.
nonisolated final class ProgressLine: Sendable {
    private struct State {
        var written: ContinuousClock.Instant?
        /// What is being done, since when, and how much of it had been done by then.
        var phase: (name: String, began: ContinuousClock.Instant, completed: UInt64)?
        var isShown = false
        var isOver = false
    }

    private let streams: StandardStreams
    private let began = ContinuousClock.now
    private let state = Mutex(State())

    init(_ streams: StandardStreams) {
        self.streams = streams
    }

    /// Takes the news to the terminal, unless that was done a moment ago. What is over within half a second shows nothing.
    func show(_ progress: WorkProgress) {
        guard streams.errorIsTerminal else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            if state.phase?.name != progress.phase { state.phase = (progress.phase, now, progress.completed) }
            guard !state.isOver, now - began > .milliseconds(500) else { return }
            if let written = state.written, now - written < .milliseconds(100) { return }
            state.written = now
            state.isShown = true
            let (since, before) = (state.phase?.began ?? began, state.phase?.completed ?? 0)
            streams.tell("\r\u{1b}[K" + ProgressLine.text(progress, from: before, after: now - since))
        }
    }

    /// The handler to hand to a long task.
    var handler: ProgressHandler {
        { [self] in show($0) }
    }

    /// Takes the line away. Nothing is shown after that.
    func end() {
        clear()
        state.withLock { $0.isOver = true }
    }

    /// Takes the line away, for something else that is to be said, until there is news.
    func clear() {
        state.withLock { state in
            if state.isShown, !state.isOver { streams.tell("\r\u{1b}[K") }
            state.isShown = false
        }
    }

    /// "repositories  812 of 1,204  67 %  3 s left"; of bytes also the rate.
    ///
    /// - Parameters:
    ///   - start: The part that was done when the phase began.
    ///   - elapsed: The time since then.
    static func text(_ work: WorkProgress, from start: UInt64 = 0, after elapsed: Duration) -> String {
        let progress = TaskProgress(work)
        let parts = [
            work.phase, progress.amount, progress.percent.map { "\($0) %" },
            work.unit == .bytes ? progress.rate(from: start, after: elapsed) : nil,
            progress.remaining(from: start, after: elapsed).map { "\(HumanText.duration($0)) left" },
        ]
        return parts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "  ")
    }
}
