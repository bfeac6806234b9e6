public import Foundation

/// Repairs that have been thought through and not been made: each with the problem it mends, and the exact files it concerns.
public struct RepairPlan: Plan, Hashable {
    /// One repair.
    public struct Target: Hashable, Sendable {
        /// What it mends.
        public let problem: Problem
        /// How.
        public let repair: Repair
        /// The files that go to the trash by it.
        public let files: [Repair.TrashedFile]

        /// What it is called: the kind of the problem and its place, and the key where the place has several.
        public var name: String {
            var name = "\(problem.kind.rawValue) \(problem.place)"
            if case .removeKey(_, let key, _) = repair { name += ", key \(key)" }
            return name
        }
    }

    /// In the order in which they are made.
    public let targets: [Target]
    /// What they cost and bring.
    public let impact: Impact
    /// What a person should know before saying yes.
    public let notes: [String]
    /// Seconds in which what is incomplete counts as being written: nothing younger is taken away.
    public let grace: TimeInterval

    /// Always a repair.
    public var action: PlanAction { .repair }
    /// See `Target.name`.
    public var targetNames: [String] { targets.map(\.name) }

    /// Repair by repair.
    public func steps(with admin: RegistryAdmin, progress: ProgressHandler?) -> [PlanStep] {
        let counter = ProgressCounter(phase: "repairing", total: UInt64(targets.count), handler: progress)
        return zip(targets, admin.trashIDs(count: targets.count)).map { target, id in
            let id = target.files.isEmpty ? nil : id
            return PlanStep(target.name, trash: id) {
                defer { counter.advance() }
                return try await admin.repair(target, grace: grace, trash: id)
            }
        }
    }
}

extension Repair {
    /// In which order repairs are made. What another writer could turn into a loss comes first (`SAFETY` §3, D6), what only tidies up last.
    var rank: Int {
        switch self {
        case .dropUploadKey: 0
        case .relink: 1
        case .rearrange, .restoreSize: 2
        case .dropSurplus: 3
        case .writeLink, .rewriteLink, .restoreTag: 4
        case .finishDeletion: 5
        case .trash, .trashDirectories, .replaceLink: 6
        case .removeKey: 7
        case .prune: 8
        }
    }
}
