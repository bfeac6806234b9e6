import Foundation

/// Deletions in the trash that are to be dropped for good, each with its links, frozen.
public struct EmptyPlan: Plan, Hashable {
    /// One deletion.
    public struct Target: Hashable, Sendable {
        /// The deletion.
        public let item: TrashItem
        /// Its links.
        public let entries: [Holding.Entry]
        /// False if the time of the deletion is not known: it was interrupted, or its note cannot
        /// be read.
        public let isDated: Bool
    }

    /// The deletions, in the order of execution.
    public let targets: [Target]
    /// The costs and the gains.
    public let impact: Impact
    /// Notes to read before saying yes: about deletions that are too young, for example.
    public let notes: [String]

    /// Emptying the trash.
    public var action: PlanAction { .empty }

    /// The ids.
    public var targetNames: [String] { targets.map(\.item.id) }

    /// The ids with the names of what was deleted.
    public var logNames: [String] { targets.map { "\($0.item.id), \($0.item.name)" } }

    /// A step for each deletion. One scan of the pool proves for all of them what nothing else
    /// refers to.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let blobs = Set(targets.lazy.flatMap(\.entries).map(\.blob))
        let proof = EmptyingProof(blobs: blobs, driver: context.driver, progress: progress)
        let executor = EmptyingExecutor(context: context, proof: proof)
        return targets.map { target in PlanStep(target.item.id) { try await executor.empty(target) } }
    }
}

/// The scan that all steps of emptying, or of a collection, share; it begins when the first one
/// needs it.
actor EmptyingProof {
    private let blobs: Set<BlobIdentifier>
    private let driver: StorageDriver
    private let progress: ProgressHandler?
    private var census: ReferenceCensus?

    init(blobs: Set<BlobIdentifier>, driver: StorageDriver, progress: ProgressHandler?) {
        self.blobs = blobs
        self.driver = driver
        self.progress = progress
    }

    /// Returns the scan; after one that failed, the next step begins another. Throws what
    /// `ReferenceProver.references` throws.
    func references() async throws -> ReferenceCensus {
        if let census { return census }
        let found = try await driver.prover.references(to: blobs, progress: progress)
        census = found
        return found
    }
}
