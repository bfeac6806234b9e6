import Foundation
import Synchronization

/// Deletions in the trash that are to be dropped for good, each with the links it holds, frozen.
public struct EmptyPlan: Plan, Hashable {
    /// One deletion.
    public struct Target: Hashable, Sendable {
        /// What it is.
        public let item: TrashItem
        /// What it holds.
        public let entries: [Holding.Entry]
        /// False if it does not say when it was deleted, because that was interrupted, or because what it says cannot be read.
        public let isDated: Bool
    }

    /// What goes, in this order.
    public let targets: [Target]
    /// What is gone when it ends, and what collections can free because of it.
    public let impact: Impact
    /// What a person should know before saying yes: which deletions are too young, for example.
    public let notes: [String]

    /// Emptying the trash.
    public var action: PlanAction { .empty }

    /// The ids.
    public var targetNames: [String] { targets.map(\.item.id) }

    /// With what was deleted.
    public var logNames: [String] { targets.map { "\($0.item.id), \($0.item.name)" } }

    /// Deletion by deletion; one scan of the pool proves for all of them what nothing else refers to.
    public func steps(with admin: RegistryAdmin, progress: ProgressHandler?) -> [PlanStep] {
        let blobs = Set(targets.lazy.flatMap(\.entries).map(\.blob))
        let proof = EmptyingProof(blobs: blobs, driver: admin.driver, progress: progress)
        return targets.map { target in
            PlanStep(target.item.id) { try await admin.empty(target, proof) }
        }
    }
}

/// The scan that all steps of emptying, or of a collection, share; it begins when the first one needs it.
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

    /// The scan; one that failed is begun again by the next step. Throws what `StorageDriver.provenReferences` throws.
    func references() async throws -> ReferenceCensus {
        if let census { return census }
        let found = try await driver.prover.references(to: blobs, progress: progress)
        census = found
        return found
    }
}
