import AdminCore
import Foundation

/// `regtop gc --watch`: brings back what pushes need, settles what is due in the journal, and runs a step once a day, until it is stopped.
nonisolated struct CollectionWatch: Sendable {
    let proposal: ChangeProposal
    /// Seconds between two looks.
    let every: TimeInterval
    /// When the daily step is run.
    let at: TimeOfDay
    /// Those of each step.
    let options: CollectionOptions
    /// What says what is in use, read anew for each step; nil for nothing.
    let keepFile: String?

    private var context: CommandContext { proposal.context }
    private var session: Session { context.session }

    /// After a step that could not be made, in seconds.
    private static let patience: TimeInterval = 600

    /// Why a round was not all that it should be, though the store answers.
    private struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    /// Watches until the task is cancelled, and returns then. Throws `OutputError` if nobody reads any more; `StoreError` of kind
    /// `.blocklisted`, since only a new connection goes on after that.
    func run() async throws {
        guard let admin = session.admin else {
            throw CommandFailure("nothing is changed: this session is read-only")
        }
        // Until the first step nothing is known: the first look reads everything once.
        var look = RestoringLook()
        // Not at once: a service may be restarted as often as it likes without a step more than one a day.
        var next = at.next(after: session.clock.now)
        var isInTrouble = false
        do {
            try await tell(
                "started",
                "watching \(session.name): a look every \(HumanText.duration(.seconds(every))), a step each day at \(at) UTC, the next at \(TimeText.second(next))",
                [
                    .init(key: "store", value: .string(session.name)),
                    .init(key: "every", value: .number(Int64(every.rounded(.up)))),
                    .init(key: "next", value: .time(next)),
                ])
        } catch is CancellationError {
            // Stopped before it could say so: it ends well all the same.
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
                if isInTrouble { context.say("all is well again") }
                isInTrouble = false
            } catch let error as OutputError {
                throw error
            } catch {
                if Task.isCancelled { break }
                if let error = error as? StoreError, error.kind == .blocklisted { throw error }
                if !isInTrouble {
                    context.say("\(ErrorText.sentence(error)); the watch goes on, and says when all is well again")
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
        // What was done is said also by a task that is cancelled, whose writes would give up.
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
                description: "what pushes need cannot be brought back: \(left.error ?? left.outcome.rawValue)")
        }
    }

    /// One line for one event.
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
