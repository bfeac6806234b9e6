/// A change that has been thought through and not been made: what is changed, by identity, and what that costs and
/// brings.
///
/// Dry run, question and execution show and execute this same value. It is frozen: everything in it is guarded by
/// what was seen when it was made, and fails where the world has changed since. `RegistryAdmin.apply` is the only one
/// who executes it.
public protocol Plan: Sendable {
    /// What kind of change.
    var action: PlanAction { get }
    /// What is changed, in the order of execution, as people name it; each once.
    var targetNames: [String] { get }
    /// What it costs and brings.
    var impact: Impact { get }
    /// What a person should know before saying yes, a sentence each.
    var notes: [String] { get }
    /// What the log says of the targets: their names, and what becomes of them.
    var logNames: [String] { get }
    /// How it is done, a step for each target, in the order of `targetNames`.
    func steps(with admin: RegistryAdmin, progress: ProgressHandler?) -> [PlanStep]
}

extension Plan {
    /// The names alone.
    public var logNames: [String] { targetNames }
}

/// What a plan does, in one word: for questions, for the log, for whoever reads its JSON.
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
    /// What nothing needs is taken into the quarantine, restored from it or freed.
    case collect
}

/// How one target of a plan is changed.
public struct PlanStep: Sendable {
    /// The target, as `Plan.targetNames` has it.
    public let name: String
    /// Under which id what it removes is in the trash afterwards; nil if nothing goes there.
    public let trash: TrashID?
    /// Changes it. Gives what a person should know afterwards, a sentence each; throws if not all of it was done.
    let work: @Sendable () async throws -> [String]

    /// A step that does `work`.
    init(_ name: String, trash: TrashID? = nil, _ work: @escaping @Sendable () async throws -> [String]) {
        self.name = name
        self.trash = trash
        self.work = work
    }
}
