public import ObjectStore
public import Registry
public import StorageDriver
public import Foundation

/// One step of a collection as a value, before it is made (docs/safety.md#2-collection): the
/// content to restore from the quarantine because it is needed again, the content to free, the
/// content to take into the quarantine, and the obstacles.
public struct CollectionPlan: Plan {
    /// A part of the plan: one kind of work on things in one holding of the quarantine.
    public struct Part: Hashable, Sendable {
        /// A kind of work.
        public enum Work: String, Hashable, Sendable, CaseIterable {
            /// Removes the key of an unfinished upload whose content is a blob already
            /// (docs/layout.md#d6).
            case mend
            /// Sets the date of a holding whose creation was interrupted. The delay counts from
            /// this date.
            case date
            /// Returns things to their places.
            case restore
            /// Removes the chunks of things.
            case free
            /// Takes things from their places, to which they can be restored.
            case quarantine
            /// Notes chunks that nothing refers to; a later run frees them.
            case note
            /// Notes chunks behind the end of needed blobs; a later run removes them.
            case watch
            /// Removes chunks behind the end of blobs; the blobs stay.
            case trim
            /// Makes a second mark, and then restores or frees the content that this run has taken:
            /// only with `--offline`.
            case finish
            /// Restores the content that pushes have needed since the mark, a few seconds after it
            /// was taken (`RestoringLook`).
            case look
        }

        /// The kind of work.
        public let work: Work
        /// The name of the holding below the quarantine; another name if the part concerns no
        /// holding.
        public let holding: String
        /// The time at which the holding was taken; nil for a new one.
        public let since: Date?
        /// The things.
        public let items: [Item]
        /// True for files of unfinished uploads, whose emptied directories go as well.
        public let emptiesDirectories: Bool

        /// The name for people.
        public var name: String { "\(work.rawValue) \(holding)\(emptiesDirectories ? " (uploads)" : "")" }

        /// The name of a look, in place of that of a holding.
        static let forPushes = "for what pushes need by now"

        /// Bytes of all of it.
        public var bytes: UInt64 { items.reduce(0) { addingCapped($0, $1.bytes) } }
    }

    /// The parts, in the order of execution.
    public let parts: [Part]
    /// The time at which the mark began.
    public let markBegan: Date
    /// The options that it was made with.
    public let options: CollectionOptions
    /// Obstacles to taking and freeing, a sentence each; if there is one, only needed things are
    /// restored.
    public let obstacles: [String]
    /// The first time at which something that stays in the quarantine is due; nil if nothing is.
    let pending: Date?
    /// The costs and the gains: freed things are gone when the step ends, taken things are
    /// reclaimable.
    public let impact: Impact
    /// Notes for a person, a sentence each.
    public let notes: [String]
    /// Bytes of blobs that nothing needs and that are younger than the grace window.
    public let youngBytes: UInt64
    /// False for a plan of a read-only session: its mark is not in the journal, so the plan can be
    /// shown and not executed.
    let isProven: Bool
    /// The clock.
    let clock: WallClock
    /// The knowledge of the mark. With it, the look at the end of the run, and the later looks of
    /// `gc --watch`, read only new links and manifests.
    public let look: RestoringLook

    /// A collection.
    public var action: PlanAction { .collect }

    /// The names of the parts.
    public var targetNames: [String] { parts.map(\.name) }

    /// The time after which the next run can free something, if this run ends now; nil if the
    /// quarantine is empty and stays empty.
    public var nextFreeAfter: Date? {
        let takes = parts.contains { $0.work.takes || $0.work == .date }
        guard takes, options.caches != .offline else { return pending }
        let taken = clock.now.addingTimeInterval(options.effectiveDelay)
        return pending.map { min($0, taken) } ?? taken
    }

    /// Returns the things of one kind of work.
    public func items(_ work: Part.Work) -> [Item] { parts.filter { $0.work == work }.flatMap(\.items) }

    /// Returns a sentence about the things that a look has restored.
    public static func sentence(broughtBack items: [Item], in paths: RegistryPaths = RegistryPaths()) -> String {
        let links = items.count { $0.origin.isBelow(paths.repositories) }
        let blobs = items.count - links
        func count(_ number: Int, _ noun: String) -> String? {
            number == 0 ? nil : "\(number) \(noun)\(number == 1 ? "" : "s")"
        }
        let what = [count(blobs, "blob"), count(links, "link")].compactMap(\.self).joined(separator: " and ")
        return "\(what) came back that \(items.count == 1 ? "a push needs" : "pushes need")"
    }

    /// The things that the look at the end of this run has restored; empty before the look, and if
    /// nothing was taken.
    public var broughtBack: [Item] { look.broughtBack }

    /// A step for each part.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let collector = Collector(context: context, plan: self, progress: progress)
        return parts.map { part in PlanStep(part.name) { try await collector.execute(part) } }
    }
}

extension CollectionPlan.Part.Work {
    /// True if a later run can free the things of this work.
    var takes: Bool {
        switch self {
        case .quarantine, .note, .watch: true
        case .mend, .date, .restore, .free, .trim, .finish, .look: false
        }
    }

    /// True if the things count among the bytes of all blobs. Chunks that belong to nothing do not.
    var concernsBlobs: Bool {
        switch self {
        case .note, .watch, .trim, .look: false
        case .mend, .date, .restore, .free, .quarantine, .finish: true
        }
    }
}

extension CollectionPlan {
    /// One thing that is collected. A plan may hold a million: a blob takes less than a hundred
    /// bytes.
    public struct Item: Hashable, Sendable {
        /// The identifier of its chunks: the guard of every change.
        public let blob: BlobIdentifier
        /// Its bytes; 0 if they were not looked up.
        public let bytes: UInt64
        private let place: Place

        private enum Place: Hashable, Sendable {
            case blob(Digest, RegistryPaths)
            case path(PackedPath)
            /// A file of an upload, and the blob that has the same identifier.
            case upload(PackedPath, twin: PackedPath)
        }

        /// True for a blob; false for a link, a file of an upload, and chunks that belong to
        /// nothing.
        var isBlob: Bool {
            if case .blob = place { true } else { false }
        }

        /// A blob at its path.
        init(_ digest: Digest, in paths: RegistryPaths, blob: BlobIdentifier, bytes: UInt64) {
            self.blob = blob
            self.bytes = bytes
            place = .blob(digest, paths)
        }

        /// A file.
        init(origin: StoragePath, blob: BlobIdentifier, bytes: UInt64) {
            self.blob = blob
            self.bytes = bytes
            place = .path(PackedPath(origin))
        }

        /// A file of an upload whose identifier a blob has as well.
        init(upload: StoragePath, twin: StoragePath, blob: BlobIdentifier) {
            self.blob = blob
            bytes = 0
            place = .upload(PackedPath(upload), twin: PackedPath(twin))
        }

        /// Its place, or the place from which it was taken. For chunks that nothing refers to, a
        /// path that no registry has.
        public var origin: StoragePath {
            switch place {
            case .blob(let digest, let paths): paths.blob(digest)
            case .path(let path), .upload(let path, _): path.path
            }
        }

        /// The blob with the same identifier as this file of an upload; nil for other things.
        var twin: StoragePath? {
            if case .upload(_, let twin) = place { twin.path } else { nil }
        }

        var reference: (origin: StoragePath, blob: BlobIdentifier) { (origin, blob) }
    }
}
