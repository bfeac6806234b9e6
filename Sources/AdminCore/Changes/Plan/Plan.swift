/// A change as a value, before it is made: targets by identity, impact and notes.
///
/// Dry run, question and execution show and execute this same value. It is frozen: every step is
/// guarded by what was seen when the plan was made, and fails where the pool has changed since.
/// Only `RegistryAdmin.apply` executes a plan.
public protocol Plan: Sendable {
    /// The kind of change.
    var action: PlanAction { get }
    /// The names of the targets for people, in the order of execution; each once.
    var targetNames: [String] { get }
    /// The costs and the gains.
    var impact: Impact { get }
    /// Notes to read before saying yes, a sentence each.
    var notes: [String] { get }
    /// The names of the targets in the log, with what becomes of them.
    var logNames: [String] { get }
    /// The steps, one for each target, in the order of `targetNames`.
    func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep]
}

extension Plan {
    /// The names alone.
    public var logNames: [String] { targetNames }
}

/// The action of a plan, in one word: for questions, for the log and in JSON.
public enum PlanAction: String, Hashable, Sendable, CaseIterable {
    /// References are removed.
    case remove
    /// References are moved.
    case move
    /// Damage is mended.
    case repair
    /// References come back from the trash.
    case restore
    /// References in the trash are dropped for good.
    case empty
    /// Unfinished uploads are removed.
    case purge
    /// Content that nothing needs goes to the quarantine, comes back from it or is freed.
    case collect
}

/// The work for one target of a plan.
public struct PlanStep: Sendable {
    /// The target, as `Plan.targetNames` has it.
    public let name: String
    /// The id of what the step puts in the trash; nil if nothing goes there.
    public let trash: TrashID?
    /// Changes the target. Returns what a person should know afterwards, a sentence each; throws if
    /// not all of it was done.
    let work: @Sendable () async throws -> [String]

    /// A step that does `work`.
    init(_ name: String, trash: TrashID? = nil, _ work: @escaping @Sendable () async throws -> [String]) {
        self.name = name
        self.trash = trash
        self.work = work
    }
}

/// The registry of a change and the right to change it, as every step of a plan gets them.
public struct ChangeContext: Sendable {
    /// The tree, with the right to change it.
    var driver: StorageDriver
    /// The registry that is changed.
    let registry: RegistryReader
    /// The person or job that changes it.
    let by: Operator

    var paths: RegistryPaths { registry.paths }

    /// Returns ids for so many deletions that begin now.
    func trashIDs(count: Int) -> [TrashID] { TrashID.make(count: count, at: driver.policy.now) }
}
