package import SafeText

/// The running queries of the console: one for each slot, the newest wins. Work announces results
/// by a ping without data; `drain` then folds all results.
package final class TaskBoard {
    package struct Activity {
        /// The number of the query, counted over all queries of the board.
        package let number: Int
        package let slot: Slot
        package let label: String
        package let isChange: Bool
        let noun: String
        let completes: String?
        let stopsOnEscape: Bool
        package let isHousekeeping: Bool
        package let outlivesItsScreen: Bool
        package let started: ContinuousClock.Instant
        package var progress = TaskProgress()
        package var isStopping = false
        fileprivate let run: Query.Run
    }

    /// A query that has ended.
    package struct Finished {
        package let number: Int
        package let label: String
        package let isChange: Bool
        package let started: ContinuousClock.Instant
        package let ended: ContinuousClock.Instant
        package let progress: TaskProgress
        package let ending: Ending
    }

    /// The number of ended queries that are remembered.
    static let memory = 200

    private var running: [Slot: Activity] = [:]
    /// The last queries that have ended, the newest first.
    package private(set) var finished: [Finished] = []
    private var count = 0
    private let ping: @Sendable () -> Void

    /// - Parameter ping: Called on any thread when there are results to drain.
    package init(ping: @escaping @Sendable () -> Void) {
        self.ping = ping
    }

    /// The number of running queries, without abandoned ones that may still be at work.
    var busy: Int { running.count }

    /// The running queries, the oldest first.
    package var activities: [Activity] { running.values.sorted { $0.started < $1.started } }

    package func isRunning(_ slot: Slot) -> Bool { running[slot] != nil }

    /// Starts a query in its slot and cancels the older one there without its results. If the older
    /// one is a change, it goes on, and this returns false.
    func start(_ query: Query) -> Bool {
        if let older = running[query.slot] {
            guard !older.isChange else { return false }
            older.run.task.cancel()
            remember(older, .cancelled)
        }
        count += 1
        running[query.slot] = Activity(
            number: count, slot: query.slot, label: query.label, isChange: query.isChange, noun: query.noun,
            completes: query.completes, stopsOnEscape: query.stopsOnEscape, isHousekeeping: query.isHousekeeping,
            outlivesItsScreen: query.outlivesItsScreen, started: ContinuousClock.now, run: query.begin(ping))
        return true
    }

    /// Folds the results that have arrived; returns their effects.
    func drain() -> [Effect] {
        var effects: [Effect] = []
        for activity in activities {
            let news = activity.run.drain()
            running[activity.slot]?.progress = news.progress
            if let ending = news.ending, let over = running.removeValue(forKey: activity.slot) {
                remember(over, ending)
            }
            effects.append(news.effect)
        }
        return effects
    }

    /// Stops the query of a slot and keeps its results. A query that changes nothing ends at once,
    /// even if the cluster never answers. A change is asked to stop and ends when it has reported
    /// its work.
    func cancel(_ slot: Slot) -> Effect {
        guard let activity = running[slot] else { return .none }
        activity.run.task.cancel()
        if activity.isChange {
            running[slot]?.isStopping = true
            return .none
        }
        running[slot] = nil
        remember(activity, .cancelled)
        return activity.run.abandon()
    }

    /// Abandons the queries of a screen that has gone, except changes and queries that outlive it.
    func abandon(owner: AnyObject) {
        for (slot, activity) in running where slot.owner === owner && !activity.isChange && !activity.outlivesItsScreen
        {
            activity.run.task.cancel()
            running[slot] = nil
            remember(activity, .cancelled)
        }
    }

    private func remember(_ activity: Activity, _ ending: Ending) {
        guard !activity.isHousekeeping else { return }
        finished.insert(
            Finished(
                number: activity.number, label: activity.label, isChange: activity.isChange, started: activity.started,
                ended: ContinuousClock.now, progress: activity.progress, ending: ending), at: 0)
        if finished.count > Self.memory { finished.removeLast() }
    }

    /// Cancels all queries, without their results.
    func cancelAll() {
        for activity in running.values { activity.run.task.cancel() }
        running = [:]
    }
}
