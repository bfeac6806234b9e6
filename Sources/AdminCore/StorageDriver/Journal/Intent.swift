import Foundation

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
        case move([[FileMove]], floor: StoragePath, keepsDirectories: Bool)
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

/// A file that changes its path: the identifier stays, no data moves.
struct FileMove: Hashable, Sendable {
    let blob: BlobIdentifier
    let source: StoragePath
    let destination: StoragePath
    /// The identifier at the destination that is replaced; nil if there must be none.
    var replaces: BlobIdentifier?
    /// True if there was no chunk 0 when the move began: its absence later says nothing.
    var isBare = false
    /// True if this reference goes where another one to the same identifier turns up: an unfinished upload, which
    /// a registry finished meanwhile. Of such a pair the registry's own purge kills both (docs/layout.md#d6).
    var yields = false
}

// MARK: - Coding

/// The journal's JSON: what stands in the omap, and back. Its content is hostile, as all content of a pool.
extension Intent {
    /// Bytes of a part at most, about; an omap value is read whole.
    static let partLimit = 48 << 10
    /// Bytes of all parts at most: they are written in one operation.
    static let limit = 48 << 20

    static func encode(_ head: Head) throws -> [UInt8] {
        Array(try encoder().encode(head))
    }

    static func decodeHead(_ value: [UInt8]) throws -> Head {
        guard value.count <= partLimit else { throw Unreadable("its head has \(value.count) bytes") }
        struct Format: Decodable { let format: Int }
        let data = Data(value)
        guard let format = try? decoder().decode(Format.self, from: data).format else {
            throw Unreadable("its head is no JSON of this journal")
        }
        guard format == Head.format else {
            throw Unreadable("it was written in format \(format), by another version of regtop")
        }
        do {
            return try decoder().decode(Head.self, from: data)
        } catch {
            throw Unreadable("its head is no JSON of this journal")
        }
    }

    /// The parts of a body, each a JSON value of limited length.
    static func encode(_ body: Body) throws -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var size = 0
        func add(_ part: Part) throws {
            let bytes = Array(try encoder().encode(part))
            size += bytes.count
            parts.append(bytes)
        }
        switch body {
        case .directories(let directories, let floor):
            for slice in slices(directories.map(\.string), weight: \.utf8.count) {
                try add(Part(floor: floor.string, directories: slice))
            }
        case .move(let stages, let floor, let keeps):
            for (index, stage) in stages.enumerated() {
                let files = stage.map(Part.File.init)
                for slice in slices(files, weight: { $0.from.utf8.count + $0.to.utf8.count + 130 }) {
                    try add(Part(floor: floor.string, keeps: keeps ? true : nil, stage: index, files: slice))
                }
            }
        case .claims(let holding):
            try add(Part(directories: [holding.string]))
        case .watch(let watch):
            let places = [watch.place] + (watch.counterpart.map { [$0] } ?? [])
            try add(Part(keeps: watch.keepsLinks ? true : nil, directories: places.map(\.string)))
        case .mark: break
        }
        guard size <= limit else {
            throw StoreError(
                .invalid, operation: "write the journal", object: Journal.object,
                reason:
                    "the change has too many links for one intent (\(size) bytes, \(limit) are possible): do it in parts"
            )
        }
        return parts
    }

    static func decodeBody(_ kind: Kind, _ values: [[UInt8]]) throws -> Body {
        let parts = try values.map { value in
            guard value.count <= 4 * partLimit, let part = try? decoder().decode(Part.self, from: Data(value)) else {
                throw Unreadable("a part of it is no JSON of this journal")
            }
            return part
        }
        do {
            let floor = try parts.first?.floor.map(StoragePath.init) ?? .root
            let directories = try parts.flatMap { try ($0.directories ?? []).map(StoragePath.init) }
            switch kind {
            case .directories: return .directories(directories, floor: floor)
            case .mark: return .mark
            case .claims:
                guard let holding = directories.first else { throw Unreadable("it names no holding") }
                return .claims(holding)
            case .watch:
                guard let place = directories.first else { throw Unreadable("it names no directory") }
                return .watch(
                    Watch(
                        place: place, counterpart: directories.dropFirst().first,
                        keepsLinks: parts.contains { $0.keeps == true }))
            case .move:
                var stages: [Int: [FileMove]] = [:]
                for part in parts {
                    stages[part.stage ?? 0, default: []] += try (part.files ?? []).map { try $0.move() }
                }
                return .move(
                    stages.sorted { $0.key < $1.key }.map(\.value), floor: floor,
                    keepsDirectories: parts.contains { $0.keeps == true })
            }
        } catch let error as StorageError {
            throw Unreadable(error.description)
        }
    }

    /// Why an intent cannot be understood.
    struct Unreadable: Error {
        let why: String

        init(_ why: String) { self.why = why }
    }

    private static func slices<Item>(_ items: [Item], weight: (Item) -> Int) -> [[Item]] {
        var slices: [[Item]] = []
        var room = 0
        for item in items {
            let weight = weight(item)
            if room < weight {
                slices.append([])
                room = partLimit
            }
            slices[slices.count - 1].append(item)
            room -= weight
        }
        return slices
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }

    private static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }
}

/// A part of what an intent changes, as it stands in the journal.
private struct Part: Codable {
    struct File: Codable {
        let blob: String
        let from: String
        let to: String
        var replaces: String?
        /// True if there was no chunk 0 before the move: an empty file of the old driver, or a reference to lost data.
        var bare: Bool?
        /// True if it goes where another reference turns up.
        var yields: Bool?

        init(_ file: FileMove) {
            blob = file.blob.string
            from = file.source.string
            to = file.destination.string
            replaces = file.replaces?.string
            bare = file.isBare ? true : nil
            yields = file.yields ? true : nil
        }

        func move() throws -> FileMove {
            guard let blob = BlobIdentifier(blob) else { throw Intent.Unreadable("it names no valid identifier") }
            var move = FileMove(
                blob: blob, source: try StoragePath(from), destination: try StoragePath(to), isBare: bare == true,
                yields: yields == true)
            if let replaces {
                guard let old = BlobIdentifier(replaces) else {
                    throw Intent.Unreadable("it names no valid identifier")
                }
                move.replaces = old
            }
            return move
        }
    }

    var floor: String?
    var keeps: Bool?
    var stage: Int?
    var directories: [String]?
    var files: [File]?
}
