public import ObjectStore
import Registry
import StorageDriver

/// The execution of plans, with a record of each in the log.
///
/// Nothing here looks at the journal: `RegistryAdmin.apply` does that once before a change, and
/// every later step belongs to that change.
struct PlanExecution: Sendable {
    let context: ChangeContext
    /// The entry in the log that the plan takes back; nil if it takes none back.
    var undoes: String?

    /// Executes a plan, target by target. Returns a result for each, in the plan's order. After a
    /// cancellation, or a failure that concerns all targets, the rest is `skipped`. A target that
    /// was begun is ended before a cancellation counts.
    ///
    /// Writes a record in the log of the pool before the first step, and its ending after the last.
    /// If the log cannot be written, the change goes on and a note says so.
    func run(_ plan: some Plan, progress: ProgressHandler? = nil) async -> [ChangeResult] {
        let log = AuditLog(driver: context.driver)
        let record = await log.begin(beginning(of: plan))
        let results = await steps(of: plan, progress)
        // A separate task writes the ending even if the caller was cancelled meanwhile.
        let trouble = await Task { await log.end(record, ending(results)) }.value
        return trouble.map { results.noting($0) } ?? results
    }

    /// Returns a result for each target of a plan that is not begun.
    static func skipping(_ plan: some Plan, _ reason: String, _ kind: StoreError.Kind?) -> [ChangeResult] {
        plan.targetNames.map { ChangeResult(target: $0, outcome: .skipped, error: reason, kind: kind) }
    }

    private func steps(of plan: some Plan, _ progress: ProgressHandler?) async -> [ChangeResult] {
        var results: [ChangeResult] = []
        var stopped: String?
        var kind: StoreError.Kind?
        for step in plan.steps(with: context, progress: progress) {
            if Task.isCancelled, stopped == nil { (stopped, kind) = ("stopped by you before it began", .cancelled) }
            if let stopped {
                results.append(ChangeResult(target: step.name, outcome: .skipped, error: stopped, kind: kind))
                continue
            }
            do {
                let ending = try await Self.work(step, of: plan)
                results.append(
                    ChangeResult(target: step.name, outcome: .done, notes: ending.notes, trash: ending.trash))
            } catch  where Task.isCancelled && Self.isCancellation(error) {
                (stopped, kind) = ("stopped by you before it began", .cancelled)
                results.append(
                    ChangeResult(
                        target: step.name, outcome: .failed, error: "stopped by you; what is done stays done",
                        kind: kind))
            } catch StorageError.outcomeUnknown(let path, let error) {
                let error = StorageError.outcomeUnknown(path, error).description
                results.append(ChangeResult(target: step.name, outcome: .unknown, error: error))
                stopped = "not begun: the outcome before is unknown"
            } catch {
                let storeError = (error as? StoreError) ?? (error as? ChangeError)?.storeError
                kind = storeError?.kind
                results.append(ChangeResult(target: step.name, outcome: .failed, error: "\(error)", kind: kind))
                if storeError != nil || error is CancellationError { stopped = "not begun: \(error)" }
            }
        }
        return results
    }

    /// Does the work for one target. Only a part of a collection stops half-way after a
    /// cancellation: it may take hours, and each of its files is whole. Every other target is ended
    /// in a task of its own, which no cancellation reaches.
    private static func work(_ step: PlanStep, of plan: some Plan) async throws -> PlanStep.Ending {
        if plan.action == .collect { return try await step.work() }
        return try await Task { try await step.work() }.value
    }

    private static func isCancellation(_ error: any Error) -> Bool {
        error is CancellationError || (error as? StoreError)?.kind == .cancelled
    }

    private func beginning(of plan: some Plan) -> AuditBeginning {
        let (names, manifests) = (plan.logNames, plan.linkedManifests.map(\.string))
        let who = context.by
        return AuditBeginning(
            begun: context.driver.policy.now, user: who.user, host: who.host, process: who.process,
            client: who.client, action: plan.action.rawValue,
            targets: Array(names.prefix(AuditLog.longestList)), targetCount: names.count,
            bytes: plan.impact.bytes, objects: plan.impact.objects, reclaimable: plan.impact.reclaimable,
            wayBack: plan.wayBack.map(AuditBeginning.Lenient.init), undoes: undoes,
            manifests: manifests.isEmpty || manifests.count > AuditLog.longestList ? nil : manifests)
    }

    private func ending(_ results: [ChangeResult]) -> AuditEnding {
        AuditEnding(
            ended: context.driver.policy.now,
            outcomes: Dictionary(grouping: results, by: \.outcome.rawValue).mapValues(\.count),
            results: results.prefix(AuditLog.longestList).map { result in
                AuditEntry.Result(
                    target: result.target, outcome: result.outcome.rawValue, error: result.error,
                    trash: result.trash?.string)
            })
    }
}

extension [ChangeResult] {
    /// Returns the results with a note at the first one that is done.
    fileprivate func noting(_ note: String) -> [ChangeResult] {
        guard let index = firstIndex(where: { $0.outcome == .done }) else { return self }
        var results = self
        let result = results[index]
        results[index] = ChangeResult(
            target: result.target, outcome: result.outcome, error: result.error, kind: result.kind,
            notes: result.notes + [note], trash: result.trash)
        return results
    }
}

/// The result of one target of a plan.
public struct ChangeResult: Hashable, Sendable {
    /// The outcome of a target.
    public enum Outcome: String, Hashable, Sendable {
        /// All of it was done.
        case done
        /// Not all of it was done; `error` says why, and what was done.
        case failed
        /// It may or may not have been done: no answer came, and reading back failed, too.
        case unknown
        /// It was not begun, because of an earlier failure or a cancellation.
        case skipped
    }

    /// The target, as `Plan.targetNames` has it.
    public let target: String
    /// The outcome.
    public let outcome: Outcome
    /// The reason, in a sentence; nil if it is done.
    public let error: String?
    /// The kind of the store's failure; nil if there was none.
    public let kind: StoreError.Kind?
    /// Notes about a change that is done, a sentence each: links that appeared
    /// meanwhile and stay, for example.
    public let notes: [String]
    /// The id in the trash; nil if nothing went there.
    public let trash: TrashID?

    /// True if the operator has stopped the change before this target, or within it.
    public var wasStopped: Bool { kind == .cancelled }

    /// Creates a result from its properties.
    public init(
        target: String, outcome: Outcome, error: String? = nil, kind: StoreError.Kind? = nil,
        notes: [String] = [], trash: TrashID? = nil
    ) {
        self.target = target
        self.outcome = outcome
        self.error = error
        self.kind = kind
        self.notes = notes
        self.trash = trash
    }
}
