import AdminCore
import Presentation
import SafeText
import Foundation

/// `regtop gc --watch`: restores content that pushes need, settles due entries of the journal, and
/// runs one step of the collection each day, until it is stopped.
nonisolated struct CollectionWatch: Sendable {
    let proposal: ChangeProposal
    /// Seconds between two checks.
    let every: TimeInterval
    /// The time of the daily step.
    let at: TimeOfDay
    /// The options of each step, without `inUse`.
    let options: CollectionOptions
    /// The file of `--keep-file`, read again for each step.
    let keepFile: String?

    private var context: CommandContext { proposal.context }
    private var session: Session { context.session }

    /// Seconds until a failed step is tried again.
    private static let patience: TimeInterval = 600

    /// The reason why a round failed although the store answers.
    private struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs until the task is cancelled.
    ///
    /// - Throws: `OutputError` if no process reads the output; `StoreError` of kind `.blocklisted`,
    ///   because only a new connection works after that.
    func run() async throws {
        let admin = try session.changing()
        // Without the mark of a step the first check reads everything.
        var look = RestoringLook()
        // The first step does not run at once: so a service that is restarted often still runs one
        // step a day.
        var next = at.next(after: session.clock.now)
        var isInTrouble = false
        do {
            try await tell(
                "started",
                "watching \(session.name): a check every \(HumanText.duration(.seconds(every))), a step each day at \(at) UTC, the next at \(TimeText.second(next))",
                [
                    .init(key: "store", value: .string(session.name)),
                    .init(key: "every", value: .number(Int64(every.rounded(.up)))),
                    .init(key: "next", value: .time(next)),
                ])
        } catch is CancellationError {
            // The service was stopped before its first line, which is no failure.
        }
        while !Task.isCancelled {
            do {
                for sentence in try await admin.settleJournal() {
                    try await tell("settled", sentence, [.init(key: "text", value: .text(sentence))])
                }
                if session.clock.now >= next {
                    next = session.clock.now.addingTimeInterval(Self.patience)
                    var options = options
                    options.inUse = try await KeepFile.read(keepFile)
                    let plan = try await admin.collection(options)
                    next = at.next(after: session.clock.now)
                    try await step(plan, with: admin, next)
                    look = plan.look
                }
                try await restore(look, with: admin)
                if isInTrouble { context.say("the watch works again") }
                isInTrouble = false
            } catch let error as OutputError {
                throw error
            } catch {
                if Task.isCancelled { break }
                if let error = error as? StoreError, error.kind == .blocklisted { throw error }
                if !isInTrouble {
                    context.say("\(ErrorText.sentence(error)); the watch continues, and reports when it works again")
                }
                isInTrouble = true
            }
            try? await Task.sleep(for: .seconds(every))
        }
        await Task { [self] in try? await tell("stopped", "") }.value
    }

    private func step(_ plan: CollectionPlan, with admin: RegistryAdmin, _ next: Date) async throws {
        let results = plan.targetNames.isEmpty ? [] : await admin.apply(plan)
        proposal.tell(plan, results)
        let done = results.count { $0.outcome == .done }
        let text = ["\(done) of \(HumanText.count(plan.parts.count, "part")) done"] + plan.impactLines.map(\.text)
        var members = plan.members(applied: true, results: results)
        members.append(.init(key: "next", value: .time(next)))
        // A cancelled task reports its results as well, but its writes would fail.
        try await Task { [self, members] in
            try await tell("step", text.joined(separator: "; "), members)
        }.value
    }

    private func restore(_ look: RestoringLook, with admin: RegistryAdmin) async throws {
        let (items, results) = try await admin.restoreNeeded(look)
        if !items.isEmpty {
            try await Task { [self] in
                try await tell(
                    "restored", CollectionPlan.sentence(broughtBack: items),
                    [.init(key: "restored", value: .array(items.map(\.json)))])
            }.value
        }
        if let left = results.first(where: { $0.outcome != .done }) {
            throw Trouble(
                description: "some content that pushes need cannot be restored: \(left.error ?? left.outcome.rawValue)")
        }
    }

    /// Prints the line of an event.
    private func tell(_ event: String, _ text: String, _ members: [JSONValue.Member] = []) async throws {
        let now = session.clock.now
        let word = event + String(repeating: " ", count: text.isEmpty ? 0 : max(1, 10 - event.count))
        try await context.print(
            proposal.format,
            json: .object(
                [.init(key: "time", value: .time(now)), .init(key: "event", value: .string(event))] + members),
            plain: "\(TimeText.second(now))  \(VisibleText.of(word + text))\n")
    }
}

/// A minute of every day, in UTC.
nonisolated struct TimeOfDay: Hashable, Sendable, CustomStringConvertible {
    private let minutes: Int

    static let usual = TimeOfDay(minutes: 180)

    private init(minutes: Int) {
        self.minutes = minutes
    }

    /// Reads a text such as `03:00`; nil if it is no time of day.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isASCII) }),
            let hour = UInt8(parts[0]), let minute = UInt8(parts[1]), hour < 24, minute < 60
        else { return nil }
        minutes = Int(hour) * 60 + Int(minute)
    }

    /// The first time of day after a date.
    func next(after moment: Date) -> Date {
        let day = 86_400.0
        let midnight = (moment.timeIntervalSince1970 / day).rounded(.down) * day
        let today = Date(timeIntervalSince1970: midnight + Double(minutes) * 60)
        return today > moment ? today : today.addingTimeInterval(day)
    }

    var description: String {
        [minutes / 60, minutes % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
    }
}
