import Registry
import Synchronization

/// The result of a check.
public struct FsckReport: Sendable {
    /// The checked amounts.
    public struct Checked: Hashable, Sendable {
        /// The number of objects in the pool.
        public var objects = 0
        /// The number of directories.
        public var directories = 0
        /// The number of files: keys with an identifier.
        public var files = 0
        /// The number of blobs in the registry.
        public var blobs = 0
        /// The number of repositories.
        public var repositories = 0
        /// The number of manifests read, once for each repository.
        public var manifests = 0
        /// The number of blobs hashed.
        public var hashed = 0
        /// The number of blobs not hashed because an interrupted check found them right.
        public var taken = 0
        /// The number of bytes hashed.
        public var bytes: UInt64 = 0
        /// The number of incomplete files and directories that a registry may still be writing.
        public var inFlight = 0

        /// Creates amounts of 0.
        public init() {}
    }

    /// The checked amounts.
    public var checked = Checked()
    /// The problems, sorted; at most `FsckOptions.problemLimit`.
    public var problems: [Problem] = []
    /// The number of further problems by kind.
    public var omitted: [ProblemKind: Int] = [:]
    /// The number of errors among the further problems.
    public var omittedErrors = 0
    /// True if the registry is a pull-through cache.
    public var isPullThroughCache = false
    /// The reason why the check is incomplete, as a sentence; nil if it is complete.
    public var stopped: String?
    /// True if the check was cancelled.
    public var isCancelled = false

    /// Creates an empty report.
    public init() {}

    /// True if everything was checked.
    public var isComplete: Bool { stopped == nil }

    /// The number of errors, listed or not.
    public var errors: Int { problems.count { $0.severity == .error } + omittedErrors }
}

/// The report of a check in progress. Many tasks add to it.
final class FsckLog: Sendable {
    private let state: Mutex<FsckReport>
    private let absent = Mutex<[ProblemKind: Int]>([:])
    private let limit: Int
    private let found: @Sendable ([Problem]) -> Void

    init(limit: Int, found: @escaping @Sendable ([Problem]) -> Void) {
        self.limit = limit
        self.found = found
        state = Mutex(FsckReport())
    }

    func add(_ problems: [Problem]) {
        guard !problems.isEmpty else { return }
        let kept = state.withLock { report in
            let kept = problems.prefix(max(0, limit - report.problems.count))
            report.problems += kept
            for problem in problems.dropFirst(kept.count) {
                report.omitted[problem.kind, default: 0] += 1
                if problem.severity == .error { report.omittedErrors += 1 }
            }
            return Array(kept)
        }
        if !kept.isEmpty { found(kept) }
    }

    /// Counts problems that a pull-through cache repairs by itself.
    func refetched(_ problems: [Problem]) {
        absent.withLock { absent in
            for problem in problems { absent[problem.kind, default: 0] += 1 }
        }
    }

    /// Reports these counts as one problem.
    func addRefetched() {
        let counts = absent.withLock { $0 }
        let parts = ProblemKind.allCases.compactMap { kind in counts[kind].map(kind.absentees) }
        guard !parts.isEmpty else { return }
        add([
            Problem(
                kind: .missingBlob, severity: .info, path: RegistryPaths.schedule,
                detail:
                    "Missing: \(parts.joined(separator: ", ")). The registry is a pull-through cache and fetches them again on "
                    + "demand.")
        ])
    }

    func note(_ change: (inout FsckReport) -> Void) { state.withLock { change(&$0) } }

    /// Counts files or directories that a registry may still be writing.
    func inFlight(_ count: Int = 1) { note { $0.checked.inFlight += count } }

    var report: FsckReport {
        var report = state.withLock { $0 }
        report.problems.sort()
        return report
    }
}

extension ProblemKind {
    /// True for content that a pull-through cache need not have: it has expired, or no client asked
    /// for it.
    var isRefetched: Bool {
        switch self {
        case .missingBlob, .missingRevision, .missingLayerLink: true
        default: false
        }
    }

    fileprivate func absentees(_ count: Int) -> String {
        let (one, many) =
            switch self {
            case .missingRevision: ("manifest that a tag or an index names", "manifests that tags or indexes name")
            case .missingLayerLink: ("link to a blob that a manifest needs", "links to blobs that manifests need")
            default: ("blob that something needs", "blobs that something needs")
            }
        return "\(count) \(count == 1 ? one : many)"
    }
}
