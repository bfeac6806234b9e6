public import Foundation

/// One step of a collection, thought through (docs/safety.md#2-collection): what comes back from the quarantine
/// because it is needed again, what of it is freed, what is taken into it, and what is in the way.
public struct CollectionPlan: Plan {
    /// A part of the plan: what is done with some things of one holding in the quarantine, or with what goes into one.
    public struct Part: Hashable, Sendable {
        /// What is done.
        public enum Work: String, Hashable, Sendable, CaseIterable {
            /// The key of an unfinished upload goes whose content is a blob already (docs/layout.md#d6).
            case mend
            /// A holding whose making was interrupted gets its date, from which the delay counts.
            case date
            /// It returns to its place.
            case restore
            /// Its chunks are removed.
            case free
            /// It leaves its place, and can return.
            case quarantine
            /// Chunks that nothing refers to are noted, to be freed by a later run.
            case note
            /// Chunks behind the end of a needed blob are noted, to be removed by a later run.
            case watch
            /// They are removed; the blob stays.
            case trim
            /// What this run has taken is marked once more, and then restored or freed: with `--offline`.
            case finish
            /// What pushes have come to need since the mark returns, a few seconds after it was taken
            /// (`RestoringLook`).
            case look
        }

        /// What is done.
        public let work: Work
        /// The holding's name below the quarantine; another name where none is concerned.
        public let holding: String
        /// When the holding was taken; nil for a new one.
        public let since: Date?
        /// With what.
        public let items: [Item]
        /// True for files of unfinished uploads, whose emptied directories go as well.
        public let emptiesDirectories: Bool

        /// As people name it.
        public var name: String { "\(work.rawValue) \(holding)\(emptiesDirectories ? " (uploads)" : "")" }

        /// What a look is called, where the others name their holding.
        static let forPushes = "for what pushes need by now"

        /// Bytes of all of it.
        public var bytes: UInt64 { items.reduce(0) { addingCapped($0, $1.bytes) } }
    }

    /// What is done, in this order.
    public let parts: [Part]
    /// When the mark began.
    public let markBegan: Date
    /// What was asked for.
    public let options: CollectionOptions
    /// What is in the way of taking and freeing, a sentence each; then only what is needed comes back.
    public let obstacles: [String]
    /// When the first of what is in the quarantine already, and stays, is due; nil if nothing is.
    let pending: Date?
    /// Gone when it ends: what is freed. Reclaimable: what is taken.
    public let impact: Impact
    /// What a person should know, a sentence each.
    public let notes: [String]
    /// False for a plan that was made without the right to change anything: its mark carries no epoch, so it can be
    /// shown and not executed.
    let isProven: Bool
    /// What tells the moment.
    let clock: WallClock
    /// What the mark has found needed: by this the look at the end of the run, and those of a process that goes on
    /// watching, only read what is new.
    public let look: RestoringLook

    /// A collection.
    public var action: PlanAction { .collect }

    /// The parts' names.
    public var targetNames: [String] { parts.map(\.name) }

    /// After this moment the next run can free something, if this one ends now; nil if nothing is, or will be, in the
    /// quarantine.
    public var nextFreeAfter: Date? {
        let takes = parts.contains { $0.work.takes || $0.work == .date }
        guard takes, options.caches != .offline else { return pending }
        let taken = clock.now.addingTimeInterval(options.effectiveDelay)
        return pending.map { min($0, taken) } ?? taken
    }

    /// Things of one kind of work.
    public func items(_ work: Part.Work) -> [Item] { parts.filter { $0.work == work }.flatMap(\.items) }

    /// A sentence about what a look has brought back.
    public static func sentence(broughtBack items: [Item], in paths: RegistryPaths = RegistryPaths()) -> String {
        let links = items.count { $0.origin.isBelow(paths.repositories) }
        let blobs = items.count - links
        func count(_ number: Int, _ noun: String) -> String? {
            number == 0 ? nil : "\(number) \(noun)\(number == 1 ? "" : "s")"
        }
        let what = [count(blobs, "blob"), count(links, "link")].compactMap(\.self).joined(separator: " and ")
        return "\(what) came back that \(items.count == 1 ? "a push needs" : "pushes need")"
    }

    /// What the look at the end of this run has brought back; empty before, and where nothing was taken.
    public var broughtBack: [Item] { look.broughtBack }

    /// A step for each part.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let collector = Collector(context: context, plan: self, progress: progress)
        return parts.map { part in PlanStep(part.name) { try await collector.execute(part) } }
    }
}

extension CollectionPlan.Part.Work {
    /// Whether something is begun by it that a later run frees.
    var takes: Bool {
        switch self {
        case .quarantine, .note, .watch: true
        case .mend, .date, .restore, .free, .trim, .finish, .look: false
        }
    }

    /// Whether what is concerned counts among the bytes of all blobs: chunks that belong to nothing do not.
    var concernsBlobs: Bool {
        switch self {
        case .note, .watch, .trim, .look: false
        case .mend, .date, .restore, .free, .quarantine, .finish: true
        }
    }
}
