public import Inspection
public import ObjectStore
import StorageDriver
public import Foundation
import Synchronization

/// Repairs as a value, before they are made: each with the problem that it mends, and the exact
/// files that it concerns.
public struct RepairPlan: Plan, Hashable {
    /// One repair.
    public struct Target: Hashable, Sendable {
        /// The problem that it mends.
        public let problem: Problem
        /// The repair.
        public let repair: Repair
        /// The files that the repair takes to the trash.
        public let files: [Repair.TrashedFile]
        /// The name of the target whose repair also removes all of this damage, so that nothing is
        /// left to mend here; nil if there is none.
        public internal(set) var mendedWith: String?

        init(problem: Problem, repair: Repair, files: [Repair.TrashedFile]) {
            self.problem = problem
            self.repair = repair
            self.files = files
        }

        /// The name: the kind of the problem and its place, and the key if the place has several.
        public var name: String { problem.targetName(for: repair) }
    }

    /// The repairs, in the order of execution.
    public let targets: [Target]
    /// The costs and the gains.
    public let impact: Impact
    /// Bytes that the repairs write, since they never change content in place.
    public let room: UInt64
    /// Bytes of the old chunks of files that are written anew: a part of `impact.reclaimable`, for
    /// collections to free.
    public let superseded: UInt64
    /// Notes to read before saying yes, a sentence each.
    public let notes: [String]
    /// Seconds in which damage counts as a write under way: nothing younger is removed.
    public let grace: TimeInterval

    /// The kind of change: a repair.
    public var action: PlanAction { .repair }
    /// The names of the targets.
    public var targetNames: [String] { targets.map(\.name) }

    /// The trash, for repairs that put files there.
    public var wayBack: WayBack? { targets.contains { !$0.files.isEmpty } ? .trash : nil }

    /// A step for each repair.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let counter = ProgressCounter(phase: "repairing", total: UInt64(targets.count), handler: progress)
        let executor = RepairExecutor(context: context, grace: grace)
        let done = DoneRepairs()
        return zip(targets, context.trashIDs(count: targets.count)).map { target, id in
            let id = target.files.isEmpty ? nil : id
            return PlanStep(target.name, trash: target.mendedWith == nil ? id : nil) {
                defer { counter.advance() }
                if let other = target.mendedWith, done.contains(other) { return ["mended with \(other)"] }
                let notes = try await executor.repair(target, trash: id)
                done.insert(target.name)
                return notes
            }
        }
    }
}

/// The names of the finished repairs.
private final class DoneRepairs: Sendable {
    private let names = Mutex<Set<String>>([])

    func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }

    func contains(_ name: String) -> Bool { names.withLock { $0.contains(name) } }
}

extension RepairPlan {
    /// Returns the targets in the order of execution. Targets whose damage another one removes
    /// follow that one. The search is by path, and fast for any number.
    static func ordered(_ targets: [Target]) -> [Target] {
        let ranked = targets.enumerated()
            .sorted { ($0.element.repair.rank, $0.offset) < ($1.element.repair.rank, $1.offset) }.map(\.element)
        var takers: [StoragePath: Int] = [:]
        for (index, target) in ranked.enumerated() {
            if case .trashDirectories(let directories) = target.repair {
                for directory in directories where takers[directory] == nil { takers[directory] = index }
            }
        }
        let placed = ranked.enumerated().map { index, target -> (taker: Int, index: Int, target: Target) in
            // The outermost directory that is removed.
            let above = target.repair.isMootInTrash ? target.problem.path?.andAbove ?? [] : []
            guard let taker = above.lazy.compactMap({ takers[$0] }).first, taker != index else {
                return (index, -1, target)
            }
            var target = target
            target.mendedWith = ranked[taker].name
            return (taker, index, target)
        }
        return placed.sorted { ($0.taker, $0.index) < ($1.taker, $1.index) }.map(\.target)
    }
}

extension Repair {
    /// True if the repair is needless after the directory around the damage has gone to the trash.
    /// Three repairs are needed in any case, since the trash does not solve their problem: to take
    /// a pair apart, to list a directory, and to remove a key without a path.
    fileprivate var isMootInTrash: Bool {
        switch self {
        case .dropUploadKey, .relink, .removeKey: false
        case .rearrange, .restoreSize, .writeEmpty, .dropSurplus, .writeLink, .rewriteLink, .restoreTag, .replaceLink,
            .finishDeletion, .trash, .trashDirectories, .prune:
            true
        }
    }

    /// The order of repairs. Damage that another writer could turn into a loss comes first
    /// (docs/safety.md#3-the-steps, docs/layout.md#d6), waste last.
    var rank: Int {
        switch self {
        case .dropUploadKey: 0
        case .relink: 1
        case .rearrange, .restoreSize, .writeEmpty: 2
        case .dropSurplus: 3
        case .writeLink, .rewriteLink, .restoreTag: 4
        case .finishDeletion: 5
        case .trash, .trashDirectories, .replaceLink: 6
        case .removeKey: 7
        case .prune: 8
        }
    }
}

extension Problem {
    /// The name of the problem as a target of a repair; nil if there is no repair.
    package var targetName: String? { repair.map { targetName(for: $0) } }

    fileprivate func targetName(for repair: Repair) -> String {
        let name = "\(kind.rawValue) \(place)"
        if case .removeKey(_, let key, _) = repair { return name + ", key \(key)" }
        return name
    }
}
