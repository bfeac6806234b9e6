public import ObjectStore
public import Registry
import StorageDriver
import Algorithms
public import Foundation

/// The thoroughness of a check, and its limits.
public struct FsckOptions: Sendable {
    /// True to hash every blob.
    public var deep = false
    /// Seconds during which registries may still be writing incomplete files; 0 if no registry is
    /// writing.
    public var grace = FsckOptions.usualGrace
    /// The number of keys from which the omap of a directory is large.
    public var largeOmap = StorageReader.largeOmap
    /// The number of problems that a report lists. Further ones are only counted.
    public var problemLimit = 100_000
    /// Remembers the blobs that an interrupted deep check found right; nil to hash all blobs.
    public var memory: (any HashMemory)?
    /// The clock that determines young files.
    public var clock: WallClock

    /// Creates the usual options.
    public init(clock: WallClock) {
        self.clock = clock
    }

    /// A day in seconds: longer than any push.
    public static let usualGrace: TimeInterval = 86_400

    /// Returns whether a file of this date, in seconds since 1970, may still be incomplete because
    /// a registry is writing it.
    func isYoung(_ modified: UInt32) -> Bool {
        grace > 0 && Double(modified) + grace > clock.now.timeIntervalSince1970
    }
}

/// Finds damage in a registry and its pool. Reads only.
///
/// A check enumerates the objects of the pool and compares them with the tree that the directories
/// make. It reads every suspect again before it reports a problem, since other clients may write
/// meanwhile. It reports a cause once, without its consequences. A registry may still be writing an
/// incomplete file that is younger than the grace window: such files are counted, and are not
/// damage.
///
/// Concurrency: a value. Memory: about 150 bytes for each object of the pool.
public struct Fsck: Sendable {
    /// The registry.
    public let registry: RegistryReader
    /// The options.
    public let options: FsckOptions

    /// Creates a check of a registry.
    public init(registry: RegistryReader, options: FsckOptions) {
        self.registry = registry
        self.options = options
    }

    /// Checks everything. Never throws: if the task is cancelled or the store fails, the report has
    /// the problems found so far and the reason why it is incomplete.
    ///
    /// - Parameters:
    ///   - progress: receives the progress.
    ///   - found: receives new problems, a few at a time, from any task.
    public func run(
        progress: ProgressHandler? = nil, found: @escaping @Sendable ([Problem]) -> Void = { _ in }
    ) async -> FsckReport {
        let log = FsckLog(limit: options.problemLimit, found: found)
        do {
            try await check(log, progress)
        } catch {
            let isCancelled = Task.isCancelled || error is CancellationError
            log.note {
                $0.isCancelled = isCancelled
                $0.stopped = isCancelled ? "it was stopped" : "\(error)"
            }
        }
        return log.report
    }

    private func check(_ log: FsckLog, _ progress: ProgressHandler?) async throws {
        let storage = registry.storage
        let chunkSize = try await ChunkSizeProbe(storage: storage).run()
        let isRightSize = chunkSize.other == nil
        if !isRightSize {
            log.add([
                Problem(
                    kind: .wrongChunkSize, severity: .error,
                    detail: "\(chunkSize); sizes and contents were not checked, since both depend on it.")
            ])
        }
        let inventory = try await storage.inventory(largeOmap: options.largeOmap, progress: progress) { LinkText($0) }
        let facts = FsckFacts(inventory, registry.paths, options, chunkSize: isRightSize ? storage.chunkSize : nil)
        let run = FsckRun(
            registry: registry, options: options, inventory: inventory, facts: facts, log: log, progress: progress,
            isPullThroughCache: inventory.file(at: RegistryPaths.schedule) != nil)
        log.note {
            $0.isPullThroughCache = run.isPullThroughCache
            $0.checked = facts.checked
            $0.checked.inFlight = facts.inFlight
        }
        try await StrayCheck(run: run).check()
        try await DirectoryCheck(run: run).check()
        try await FileCheck(run: run).check()
        let altered = options.deep && isRightSize ? try await BlobCheck(run: run).check() : []
        try await RepositoryCheck.check(run, readsContents: isRightSize, altered: altered)
        log.addRefetched()
        // A pool that was deleted meanwhile answers "no such object" to every read.
        _ = try await storage.objects.status()
    }
}

/// The state that all checks of one run share.
struct FsckRun: Sendable {
    let registry: RegistryReader
    let options: FsckOptions
    let inventory: PoolInventory<LinkText>
    /// The conclusions from the inventory alone.
    let facts: FsckFacts
    let log: FsckLog
    let progress: ProgressHandler?
    /// True if the registry fetches missing content again.
    let isPullThroughCache: Bool

    var storage: StorageReader { registry.storage }
    var paths: RegistryPaths { registry.paths }
    var directories: DirectoryIndex { inventory.directories }

    private static let batch = 1000

    /// Reads suspects again, many in parallel, and reports the problems that are still there.
    /// Checks before any report that the pool exists: a deleted pool answers "no such object" to
    /// every read.
    func confirm<Suspect: Sendable>(
        _ suspects: [Suspect], _ phase: String, _ look: @escaping @Sendable (Suspect) async throws -> Problem?
    ) async throws {
        guard !suspects.isEmpty else { return }
        let counter = ProgressCounter(phase: phase, total: UInt64(suspects.count), handler: progress)
        for batch in suspects.chunks(ofCount: FsckRun.batch) {
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
}
