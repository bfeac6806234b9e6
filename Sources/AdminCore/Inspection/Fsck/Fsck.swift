import Foundation

/// Tells sound from damaged. Only reads.
///
/// It enumerates the pool's objects and compares them with the tree that the directories make; it trusts neither alone. Whatever the
/// comparison suspects is read once more before it is called a problem, since others write meanwhile. A cause is named once, not with all
/// that follows from it. What is incomplete and younger than the grace window may be being written: it is counted, and no damage.
///
/// Concurrency: a value. Memory: about 150 bytes for each object of the pool.
public struct Fsck: Sendable {
    /// The registry to be looked at.
    public let registry: RegistryReader
    /// How thoroughly.
    public let options: FsckOptions

    /// A look at this registry.
    public init(registry: RegistryReader, options: FsckOptions) {
        self.registry = registry
        self.options = options
    }

    var storage: StorageReader { registry.storage }
    var paths: RegistryPaths { registry.paths }

    /// Looks at everything. Never throws: when the task is cancelled, or the store fails, the report has what was found until then and says
    /// why it is not complete. `found` is told of problems as soon as they are known, a few at a time, from any task.
    public func run(
        progress: ProgressHandler? = nil, found: @escaping @Sendable ([Problem]) -> Void = { _ in }
    ) async -> FsckReport {
        let log = FsckLog(limit: options.problemLimit, found: found)
        do {
            let chunkSize = try await ChunkSizeProbe(storage: storage).run()
            if chunkSize.other != nil {
                log.add([
                    Problem(
                        kind: .wrongChunkSize, severity: .error,
                        detail: "\(chunkSize); no size was checked and no content read, as both would be wrong.")
                ])
            }
            let inventory = try await storage.inventory(largeOmap: options.largeOmap, progress: progress) {
                LinkText($0)
            }
            let checksSizes = chunkSize.other == nil
            let facts = FsckFacts(inventory, paths, options, chunkSize: checksSizes ? storage.chunkSize : nil)
            let isCache = try await registry.isPullThroughCache()
            let run = FsckRun(
                fsck: self, inventory: inventory, facts: facts, log: log, progress: progress,
                isPullThroughCache: isCache)
            log.note {
                $0.isPullThroughCache = isCache
                $0.checked = facts.checked
                $0.checked.inFlight = facts.inFlight
            }
            try await run.lookAtStrays()
            try await run.lookAtDirectories()
            try await run.lookAtFiles()
            let altered = options.deep && checksSizes ? try await run.hashBlobs() : []
            try await run.lookAtRepositories(readsContents: checksSizes, altered: altered)
            log.addRefetched()
            // A pool that is gone by now has answered "no such object" to what was read last: nothing found is no answer then.
            _ = try await storage.objects.status()
        } catch {
            let isCancelled = Task.isCancelled || error is CancellationError
            log.note {
                $0.isCancelled = isCancelled
                $0.stopped = isCancelled ? "it was stopped" : "\(error)"
            }
        }
        return log.report
    }
}

/// One run: what was read, and what is to be made of it.
struct FsckRun: Sendable {
    let fsck: Fsck
    let inventory: PoolInventory<LinkText>
    /// What follows from that alone.
    let facts: FsckFacts
    let log: FsckLog
    let progress: ProgressHandler?
    /// Whether what is missing is fetched again.
    let isPullThroughCache: Bool

    var storage: StorageReader { fsck.storage }
    var paths: RegistryPaths { fsck.paths }
    var options: FsckOptions { fsck.options }

    /// Reads once more what is suspected, many at once, and reports what is true. A pool that was deleted meanwhile answers every question
    /// with "no such object": it is asked before any of it is believed.
    func confirm<Suspect: Sendable>(
        _ suspects: [Suspect], _ phase: String,
        _ look: @escaping @Sendable (Suspect) async throws -> Problem?
    ) async throws {
        guard !suspects.isEmpty else { return }
        let counter = ProgressCounter(phase: phase, total: UInt64(suspects.count), handler: progress)
        for start in stride(from: 0, to: suspects.count, by: FsckRun.batch) {
            let batch = suspects[start..<min(start + FsckRun.batch, suspects.count)]
            let problems = try await concurrentMap(batch, window: storage.window) { suspect in
                defer { counter.advance() }
                return try await look(suspect)
            }.compactMap(\.self)
            try Task.checkCancellation()
            if !problems.isEmpty { _ = try await storage.objects.status() }
            let isRefetched = { (problem: Problem) in isPullThroughCache && problem.kind.isRefetched }
            log.refetched(problems.filter(isRefetched))
            log.add(problems.filter { !isRefetched($0) })
        }
    }

    private static let batch = 1000
}
