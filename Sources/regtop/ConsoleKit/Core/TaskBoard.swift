/// Everything that runs for the console. One query per slot; the newest wins. Work tells of news by a ping without data;
/// `drain` then folds whatever there is.
final class TaskBoard {
    struct Activity {
        /// Counts the queries of the board.
        let number: Int
        let slot: Slot
        let label: String
        let isChange: Bool
        let stopsOnEscape: Bool
        let isHousekeeping: Bool
        fileprivate let outlivesItsScreen: Bool
        let started: ContinuousClock.Instant
        var progress = TaskProgress()
        var isStopping = false
        fileprivate let run: Query.Run
    }

    /// A query that is over.
    struct Finished {
        let number: Int
        let label: String
        let isChange: Bool
        let started: ContinuousClock.Instant
        let ended: ContinuousClock.Instant
        let progress: TaskProgress
        let ending: Ending
    }

    /// How many of those that are over are remembered.
    static let memory = 200

    private var running: [Slot: Activity] = [:]
    /// The last ones that are over, the newest first.
    private(set) var finished: [Finished] = []
    private var count = 0
    private let ping: @Sendable () -> Void

    /// `ping` is called on any thread when there is something to drain.
    init(ping: @escaping @Sendable () -> Void) {
        self.ping = ping
    }

    /// How many queries run. Work that was abandoned does not count, even if it has not noticed yet.
    var busy: Int { running.count }

    /// The oldest first.
    var activities: [Activity] { running.values.sorted { $0.started < $1.started } }

    func isRunning(_ slot: Slot) -> Bool { running[slot] != nil }

    /// Starts a query in its slot. The one that was there is cancelled and never heard of again; but if that is a change,
    /// it goes on, and the new one is refused.
    func start(_ query: Query) -> Bool {
        if let older = running[query.slot] {
            guard !older.isChange else { return false }
            older.run.task.cancel()
            remember(older, .cancelled)
        }
        count += 1
        running[query.slot] = Activity(
            number: count, slot: query.slot, label: query.label, isChange: query.isChange,
            stopsOnEscape: query.stopsOnEscape, isHousekeeping: query.isHousekeeping,
            outlivesItsScreen: query.outlivesItsScreen, started: ContinuousClock.now, run: query.begin(ping))
        return true
    }

    /// Takes up what has arrived. Returns what is to be done about it.
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

    /// Stops the query of a slot. What it found stays. A question ends here and now, even if the cluster never answers; a
    /// change is asked to stop, and ends when it has said what it did.
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

    /// Forgets the questions of a screen that has gone. Its changes go on, and so do those that outlive it.
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

    /// Cancels everything, when the console ends.
    func cancelAll() {
        for activity in running.values { activity.run.task.cancel() }
        running = [:]
    }
}
