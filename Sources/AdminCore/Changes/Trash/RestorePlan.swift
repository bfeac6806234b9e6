/// Deletions that are to come back from the trash, each with the links it holds, frozen.
public struct RestorePlan: Plan, Hashable {
    /// One deletion.
    public struct Target: Hashable, Sendable {
        /// What it is.
        public let item: TrashItem
        /// What it holds.
        public let entries: [Holding.Entry]
        /// Another name for it; nil for its own.
        public let destination: ImageReference?
        /// The directory that its links lay in, and the one that they are to lie in; nil for the same.
        let renaming: Renaming?
        /// What belongs to it and lies in other deletions.
        public let companions: [Part]
    }

    /// A part of another deletion.
    public struct Part: Hashable, Sendable {
        /// By which that is known.
        public let id: String
        /// What of it comes back.
        public let entries: [Holding.Entry]
    }

    /// A directory that changes its path.
    struct Renaming: Hashable, Sendable {
        let from: StoragePath
        let to: StoragePath
    }

    /// What comes back, in this order.
    public let targets: [Target]
    /// What a person should know before saying yes.
    public let notes: [String]

    /// Restoring.
    public var action: PlanAction { .restore }
    /// Nothing is gone by it.
    public var impact: Impact { Impact() }

    /// The ids.
    public var targetNames: [String] { targets.map(\.item.id) }

    /// With what was deleted, and the name that it gets.
    public var logNames: [String] {
        targets.map { "\($0.item.id), \($0.item.name)\($0.destination.map { " as \($0)" } ?? "")" }
    }

    /// Deletion by deletion.
    public func steps(with admin: RegistryAdmin, progress: ProgressHandler?) -> [PlanStep] {
        let links = targets.reduce(0) { sum, target in
            sum + target.entries.count + target.companions.reduce(0) { $0 + $1.entries.count }
        }
        let counter = ProgressCounter(phase: "restoring links", total: UInt64(links), handler: progress)
        return targets.map { target in
            PlanStep(target.item.id) { try await admin.restore(target, counter) }
        }
    }
}
