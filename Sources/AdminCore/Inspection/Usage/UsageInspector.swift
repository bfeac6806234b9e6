public import ObjectStore
public import Registry
import StorageDriver

/// Computes the use of space. Reads only.
///
/// Concurrency: a value; every method may be called from any task. Memory: less than 200 bytes for
/// each blob. Errors: those of reading; damage is counted, not thrown.
public struct UsageInspector: Sendable {
    /// The registry.
    public let registry: RegistryReader

    /// Creates an inspector of a registry and its pool.
    public init(registry: RegistryReader) {
        self.registry = registry
    }

    /// Returns the use of space by repository. If the task is cancelled, returns an incomplete
    /// result instead of throwing.
    ///
    /// - Parameters:
    ///   - pool: true to classify every object of the pool as well, which reads each of them.
    ///   - progress: receives the progress.
    ///   - partial: receives about twenty intermediate results, from any task.
    public func usage(
        pool: Bool = false, progress: ProgressHandler? = nil, partial: (@Sendable (Usage) -> Void)? = nil
    ) async throws -> Usage {
        let ledger = UsageLedger()
        let census = pool ? PoolCensus(registry: registry, ledger: ledger) : nil
        var swept = registry
        if let census {
            let storage = StorageReader(objects: census.reader, chunkSize: registry.storage.chunkSize)
            swept = RegistryReader(storage: storage, paths: registry.paths)
        }
        let names = try await swept.repositoryNames()
        ledger.open(names.count)
        do {
            try await sweep(swept, names, into: ledger, progress, partial)
        } catch  where Task.isCancelled {
            return ledger.balance(names, isComplete: false)
        }
        guard let census else { return ledger.balance(names, isComplete: true) }
        var isComplete = false
        do {
            try await TrashSweep(registry: swept, visitor: ledger, readManifest: ledger.reading(swept))
                .run(numberedFrom: names.count)
            try await census.run(progress: progress) { share in
                guard let partial else { return }
                var usage = ledger.balance(names, isComplete: false)
                usage.pool = share
                partial(usage)
            }
            isComplete = true
        } catch  where Task.isCancelled {
        } catch let error as StoreError where error.kind == .incomplete {
            var usage = ledger.balance(names, isComplete: true)
            usage.poolObstacle = "\(error)"
            return usage
        }
        var usage = ledger.balance(names, isComplete: isComplete)
        usage.pool = census.usage
        return usage
    }

    private func sweep(
        _ registry: RegistryReader, _ names: [RepositoryName], into ledger: UsageLedger, _ progress: ProgressHandler?,
        _ partial: (@Sendable (Usage) -> Void)?
    ) async throws {
        let step = UInt64(max(1, names.count / 20))
        let sweep = RegistrySweep(registry: registry, visitor: ledger, readManifest: ledger.reading(registry))
        try await sweep.run(names) { done in
            progress?(done)
            if let partial, done.completed > 0, done.completed % step == 0 {
                partial(ledger.balance(names, isComplete: false))
            }
        }
    }

    /// Returns the use of space by the tags and the untagged manifests of one repository. Sweeps
    /// all repositories, since unique sizes depend on the others; takes as long as `usage`.
    ///
    /// - Throws: `StorageError.notFound` if the repository does not exist; `CancellationError` if
    ///   the task is cancelled, since an incomplete result would be wrong.
    public func detail(
        of name: RepositoryName, progress: ProgressHandler? = nil
    ) async throws -> RepositoryUsage {
        let pass = registry.pass()
        let facts = try await RepositoryInquiry.whole(name, in: pass)
        if facts.tagNames == nil, facts.listedRevisions == nil { _ = try await pass.summary(of: name) }
        let names = try await registry.repositoryNames()
        let ledger = UsageLedger()
        ledger.open(names.count)
        try await sweep(registry, names, into: ledger, progress, nil)
        let number = names.firstIndex(of: name)
        return RepositoryUsage(name: name, facts: facts) { digest in
            switch ledger.owner(of: digest) {
            case .one(let owner): owner == number
            case .several: false
            case .trash, nil: true
            }
        }
    }
}
