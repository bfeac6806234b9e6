public import Foundation

/// What the journal holds of one change: enough for anybody to take it back or to end it.
///
/// In the pool: keys of the omap of the object `journal` in the RADOS namespace `regtop`, which no registry ever sees. `<id>` holds the head
/// as JSON, `<id>/<n>` the parts of what is changed, `<id>!` when its owner was last heard of. All are written in one operation; only the
/// head and that time change later, the head by comparing.
struct Intent: Hashable, Sendable {
    /// What kind of change. The names are part of the format.
    enum Kind: String, Codable, Sendable {
        /// Directories are made for a new file, or removed: they may be empty and listed, or hold something and be unlisted.
        case directories
        /// Files change their paths; the parts name them.
        case move
        /// References in a holding were claimed, to be restored or to be freed; the claims themselves say which.
        case claims
        /// Nothing is changed: somebody looks for references, and wants to know whether any moved meanwhile. Every intent that moves
        /// some changes this one's head.
        case mark
        /// Nothing is changed by it: a directory that a registry may write to by what it remembers of it is looked at again and again.
        case watch
    }

    /// How far it has come. The names are part of the format.
    enum State: String, Codable, Sendable {
        /// Destinations are made, directories changed, claims followed. No source of a move has been touched.
        case begun
        /// The sources of a move vanish.
        case leaving
        /// A move that is done but for its emptied directories.
        case left
        /// A change that somebody takes back.
        case undoing
        /// Taken back. What is left to do is to look once more after the delay.
        case undone
        /// Done. What is left to do is to look once more after the delay.
        case settled
        /// A watch that lasts until somebody says that no registry remembers anything any more.
        case watching

        /// True if nothing is left but to look once more.
        var isDeferred: Bool { self == .undone || self == .settled }
    }

    /// The part that changes.
    struct Head: Codable, Hashable, Sendable {
        /// The format's number.
        var format = Head.format
        let kind: Kind
        var state: State
        /// True once sources of a move may have been touched: recorded for a change that is being taken back.
        var tookAway = false
        /// Who works on it; nil if nobody has to.
        var owner: ChangeOwner?
        /// True if it was taken back for somebody on another machine who was taken for dead and may wake up: the last look waits for that,
        /// whether registries are writing or not.
        var mayWake: Bool?
        /// When it began.
        let begun: Date
        /// Not before this the last look may be taken.
        var due: Date?
        /// How many parts there are.
        var parts: Int
        /// Grows with every change of the parts.
        var revision = 0
        /// What is done, for people.
        let what: String
        /// Of a watch: what somebody has said of the registries' caches since; nil if nobody has.
        var caches: String?
        /// For which tree it was written; nil where there was none, or it does not matter.
        var footing: Footing?

        static let format = 1
    }

    /// What is changed.
    enum Body: Hashable, Sendable {
        /// The directories, and up to which one above them emptied ones are removed.
        case directories([StoragePath], floor: StoragePath)
        /// The files by stage, in the order in which destinations are made.
        case move([[StorageDriver.FileMove]], floor: StoragePath, keepsDirectories: Bool)
        /// The holding.
        case claims(StoragePath)
        /// Nothing.
        case mark
        /// What is looked at.
        case watch(Watch)

        var kind: Kind {
            switch self {
            case .directories: .directories
            case .move: .move
            case .claims: .claims
            case .mark: .mark
            case .watch: .watch
            }
        }
    }

    /// A directory whose files went away, and where to.
    struct Watch: Hashable, Sendable {
        /// The directory: of a repository.
        let place: StoragePath
        /// Where its files are now: another directory, or a holding; nil if they are gone.
        var counterpart: StoragePath?
        /// True if links that nothing needs stay in it on purpose.
        var keepsLinks = false
    }

    /// Its key.
    let id: String
    var head: Head
    var body: Body
    /// When the owner was last heard of.
    var heard: Date?

    /// Its identifiers; only moves have any.
    var blobs: Set<BlobIdentifier> {
        guard case .move(let stages, _, _) = body else { return [] }
        return Set(stages.joined().map(\.blob))
    }

    /// Up to which directory emptied ones are removed.
    var floor: StoragePath {
        switch body {
        case .directories(_, let floor), .move(_, let floor, _): floor
        case .claims, .mark, .watch: .root
        }
    }

    /// A path to name in messages.
    var place: StoragePath {
        switch body {
        case .directories(let directories, let floor): directories.first ?? floor
        case .move(let stages, let floor, _): stages.joined().first?.source ?? floor
        case .claims(let holding): holding
        case .mark: .root
        case .watch(let watch): watch.place
        }
    }
}

/// A pending change, as people see it.
public struct PendingChange: Hashable, Sendable {
    /// What has to be done about it.
    public enum State: Hashable, Sendable {
        /// Whoever began it is gone: it is to be taken back, or to be ended.
        case interrupted
        /// Somebody is working on it.
        case inProgress(ChangeOwner)
        /// It is done. What a registry did meanwhile is looked at once more after this moment.
        case waiting(until: Date)
        /// The moment has come to look once more.
        case due
        /// It is done. Registries with a descriptor cache may go on as if it were not: its place is looked at with every change, until somebody
        /// says that no cache remembers it.
        case watching
        /// The content that it speaks of is gone: the pool was emptied since. It is to be dropped; nothing else is done.
        case gone
        /// It cannot be understood. Nothing is changed until a newer regtop, or a person, has looked at it.
        case unreadable(String)
    }

    /// Its key in the journal.
    public let id: String
    /// What is done, in words.
    public let what: String
    /// When it began; nil if it cannot be read.
    public let begun: Date?
    /// What has to be done about it.
    public let state: State
}
