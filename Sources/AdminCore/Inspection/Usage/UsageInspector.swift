/// Answers where the space is. Only reads.
///
/// Concurrency: a value; every method may be called from any task. Memory: below 200 bytes a blob. Errors: those of reading; damage
/// is counted, not thrown.
public struct UsageInspector: Sendable {
    /// The registry.
    public let registry: RegistryReader

    /// An inspector of this registry and its pool.
    public init(registry: RegistryReader) {
        self.registry = registry
    }

    /// What every repository needs, alone and with others. `pool`: also what every object of the pool is for, which reads each of them.
    ///
    /// `partial` is told what is known now and then, about twenty times in all. If the task is cancelled, what is known by then is the
    /// answer, and says that it is not complete.
    public func usage(
        pool: Bool = false, progress: ProgressHandler? = nil, partial: (@Sendable (Usage) -> Void)? = nil
    ) async throws -> Usage {
        let names = try await registry.repositoryNames()
        let ledger = UsageLedger(repositories: names.count)
        do {
            try await sweep(names, into: ledger, progress, partial)
        } catch  where Task.isCancelled {
            return ledger.balance(names, isComplete: false)
        }
        guard pool else { return ledger.balance(names, isComplete: true) }
        let census = PoolCensus(registry: registry, ledger: ledger)
        var (usage, isComplete) = (PoolUsage(), false)
        do {
            try await registry.sweepTrash(after: names.count, into: ledger)
            isComplete = try await census.run(progress: progress) { share in
                guard let partial else { return }
                var usage = ledger.balance(names, isComplete: false)
                usage.pool = share
                partial(usage)
            }
        } catch  where Task.isCancelled {
        } catch let error as StoreError where error.kind == .incomplete {
            var usage = ledger.balance(names, isComplete: true)
            usage.poolObstacle = "\(error)"
            return usage
        }
        usage = census.usage
        var whole = ledger.balance(names, isComplete: isComplete)
        whole.pool = usage
        return whole
    }

    /// The same for the rows of `repos --unique`: nothing but the unique sizes.
    private func sweep(
        _ names: [RepositoryName], into ledger: UsageLedger, _ progress: ProgressHandler?,
        _ partial: (@Sendable (Usage) -> Void)?
    ) async throws {
        let step = UInt64(max(1, names.count / 20))
        try await RegistrySweep(registry: registry, visitor: ledger).run(names) { done in
            progress?(done)
            if let partial, done.completed > 0, done.completed % step == 0 {
                partial(ledger.balance(names, isComplete: false))
            }
        }
    }

    /// What the tags of one repository need, each of them alone and with others. It has to be asked who else in the registry needs that,
    /// so it takes as long as `usage`. Throws `StorageError.notFound` if there is no such repository; `CancellationError` if the task is
    /// cancelled: a part of it would say nothing.
    public func detail(
        of name: RepositoryName, progress: ProgressHandler? = nil
    ) async throws -> RepositoryUsage {
        let pass = registry.pass()
        let facts = try await RepositoryInquiry(name: name, pass: pass, scope: [.tagLinks, .reach])
            .facts([.tagNames, .revisionList])
        if facts.tagNames == nil, facts.listedRevisions == nil { _ = try await pass.summary(of: name) }
        let names = try await registry.repositoryNames()
        let ledger = UsageLedger(repositories: names.count)
        try await sweep(names, into: ledger, progress, nil)
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
