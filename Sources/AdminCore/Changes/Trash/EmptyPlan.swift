public import ObjectStore
import Registry
public import StorageDriver
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

    /// A step for each deletion. One scan of the pool finds, for all of them, the links to which
    /// nothing else refers.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let blobs = Set(targets.lazy.flatMap(\.entries).map(\.blob))
        let proof = EmptyingProof(blobs: blobs, driver: context.driver, progress: progress)
        let executor = EmptyingExecutor(context: context, proof: proof)
        return targets.map { target in PlanStep(target.item.id) { try await executor.empty(target) } }
    }
}

/// The scan that all steps of emptying, or of a collection, share. It begins when the first step
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

    /// Returns the scan. After a failed scan, the next step begins another. Throws the errors of
    /// `ReferenceProver.references`.
    func references() async throws -> ReferenceCensus {
        if let census { return census }
        let found = try await driver.prover.references(to: blobs, progress: progress)
        census = found
        return found
    }
}

/// Drops deletions in the trash for good.
struct EmptyingExecutor: Sendable {
    let context: ChangeContext
    let proof: EmptyingProof

    private var driver: StorageDriver { context.driver }

    /// Drops the links of a deletion. Links to which nothing else refers are freed with their
    /// content, 71 bytes of a link or the data of an upload. Of other links only the reference is
    /// removed (docs/safety.md#1-freeing). Blobs always stay. Returns notes.
    func empty(_ target: EmptyPlan.Target) async throws -> [String] {
        let path = context.paths.trash.appending(.literal(target.item.id))
        guard var holding = try await driver.reader.holding(path) else { return ["it is gone already"] }
        if holding.note?.unlinked == nil {
            let note =
                holding.note
                ?? Holding.Note(
                    name: target.item.name, kind: TrashItem.Kind.other.rawValue, by: context.by.description,
                    begun: driver.policy.now)
            try await driver.holdings.date(holding, note)
            guard driver.policy.delay == 0 else {
                return [
                    "\(target.item.id) had no time of deletion; the time is noted now, and it goes once the delay is over"
                ]
            }
            holding = try await driver.reader.holding(path) ?? holding
        }
        let planned = Set(target.entries)
        let entries = holding.entries.filter(planned.contains)
        let outcomes = try await driver.holdings.free(entries, of: holding, by: await proof.references())
        try await driver.pruner.prune([path])
        var notes: [String] = []
        if outcomes.contains(.early) {
            throw ChangeError.unsuitable("it is younger than the delay: --offline says that no registry is writing")
        }
        let dropped = outcomes.count { $0 == .dropped }
        if dropped > 0 { notes.append("\(dropped) of its files are referred to elsewhere as well, and stay there") }
        let gone = planned.count - entries.count + outcomes.count { $0 == .gone }
        if gone > 0 { notes.append("\(gone) of its links were restored, or dropped, by another client meanwhile") }
        return notes
    }
}
