import AdminCore
import Presentation
import SafeText
import Foundation
import Synchronization

/// A line on the terminal with the progress of a long task. Without a terminal it prints nothing.
///
/// Concurrency: any task may call `show` at any rate; the line is written at most ten times a
/// second.
nonisolated final class ProgressLine: Sendable {
    private struct State {
        var written: ContinuousClock.Instant?
        /// The present phase, its start, and the part that was done at its start.
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

    /// Shows the progress, unless the line is less than 100 ms old. A task that ends within half a
    /// second shows nothing.
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

    /// The handler for a long task.
    var handler: ProgressHandler {
        { [self] in show($0) }
    }

    /// Removes the line for good.
    func end() {
        clear()
        state.withLock { $0.isOver = true }
    }

    /// Removes the line until the next progress, so that something else can be printed.
    func clear() {
        state.withLock { state in
            if state.isShown, !state.isOver { streams.tell("\r\u{1b}[K") }
            state.isShown = false
        }
    }

    /// "repositories  812 of 1,204  67 %  3 s left", with the rate of bytes.
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
