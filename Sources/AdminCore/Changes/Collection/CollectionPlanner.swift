import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Makes the mark of a collection, and a plan of it.
enum CollectionPlanner {
    /// Returns the next step of a collection. The mark is written in the journal while it runs, so
    /// that every move of references voids it. Throws `StorageError.journal` while a change is
    /// open; errors of reading.
    static func plan(
        in context: ChangeContext, _ options: CollectionOptions, progress: ProgressHandler?
    ) async throws -> CollectionPlan {
        let driver = context.driver
        let (mark, hasMoved) = try await driver.prover.mark("look for what is needed") {
            try await CollectionMark.run(context.registry, options, at: driver.policy.now, progress: progress)
        }
        var draft = CollectionDraft(mark: mark, isProven: true, hasMoved: hasMoved, clock: driver.policy.clock)
        return try await draft.plan()
    }

    /// Returns the same plan in a read-only session: it can be shown, and not executed.
    static func rehearsal(
        of registry: RegistryReader, _ policy: JournalPolicy, _ options: CollectionOptions, progress: ProgressHandler?
    ) async throws -> CollectionPlan {
        let mark = try await CollectionMark.run(registry, options, at: policy.now, progress: progress)
        var draft = CollectionDraft(mark: mark, isProven: false, hasMoved: false, clock: policy.clock)
        return try await draft.plan()
    }
}

extension ChangeContext {
    /// The driver of a collection, with the delay of the collection.
    func driver(for options: CollectionOptions) -> StorageDriver {
        var driver = driver
        driver.policy.delay = options.effectiveDelay
        return driver
    }
}
