import ObjectStore
package import Foundation

/// A change in the journal: enough information for any process to take the change back or to end
/// it.
///
/// In the pool: keys in the omap of the object `journal` in the RADOS namespace `regtop`, which no
/// registry reads. `<id>` holds the head as JSON, `<id>/<n>` the parts of the body, `<id>!` the
/// time of the owner's last sign. One operation writes all of them; later only the head, by
/// comparison, and that time change.
package struct Intent: Hashable, Sendable {
    /// The kind of a change. The names are part of the format.
    package enum Kind: String, Codable, Sendable {
        /// Directories are made for a new file, or removed. A crash may leave empty directories, or
        /// directories that hold something and are not listed.
        case directories
        /// Files change their paths.
        case move
        /// Links are written that hold the same digests as other links.
        case copy
        /// References in a holding are claimed, to be restored or to be freed; the claims say
        /// which.
        case claims
        /// Nothing is changed: a process searches for references. Every intent that moves
        /// references changes the head of this one, which voids the search.
        case mark
        /// Nothing is changed: every run looks at a directory, since a registry may remember layer
        /// links that are gone from it.
        case watch
    }

    /// The progress of a change. The names are part of the format.
    package enum State: String, Codable, Sendable {
        /// Destinations are made, directories changed, claims followed. No source of a move is
        /// touched yet.
        case begun
        /// The sources of a move are removed.
        case leaving
        /// A move is done, except for its emptied directories.
        case left
        /// The change is being taken back.
        case undoing
        /// The change is taken back. The last look remains, after the delay.
        case undone
        /// The change is done. The last look remains, after the delay.
        case settled
        /// A watch that lasts until an operator says that no cache remembers anything.
        case watching

        /// True if only the last look remains.
        var isDeferred: Bool { self == .undone || self == .settled }
    }

    /// The part of an intent that changes.
    package struct Head: Codable, Hashable, Sendable {
        /// The format's number.
        var format = Head.format
        package let kind: Kind
        package var state: State
        /// True if sources of a move may have been removed; needed while the change is taken back.
        var tookAway = false
        /// The process that works on the change; nil if no process has to.
        package var owner: ChangeOwner?
        /// True if the change was taken back because its owner on another machine seemed dead; that
        /// owner may wake up. Then the last look waits even if no registry is writing.
        var mayWake: Bool?
        /// The time at which it began.
        package let begun: Date
        /// The earliest time of the last look.
        package var due: Date?
        /// The number of parts.
        var parts: Int
        /// Grows with every change of the parts; in a mark, also with every move of references.
        var revision = 0
        /// The change in words.
        let what: String
        /// In a watch, the operator's statement about the registries' caches since it began; nil if
        /// there was none.
        package var caches: String?
        /// The tree for which it was written; nil if that does not matter.
        var footing: Footing?

        static let format = 1
    }

    /// The targets of a change.
    package enum Body: Hashable, Sendable {
        /// The directories, and the one above them up to which emptied ones are removed.
        case directories([StoragePath], floor: StoragePath)
        /// The files by stage, in the order in which their destinations are made.
        case move([[FileMove]], floor: StoragePath, keepsDirectories: Bool)
        /// The links by stage, in the order in which they are written.
        case copy([[LinkCopy]])
        /// The holding with the claims.
        case claims(StoragePath)
        /// Nothing.
        case mark
        /// The watched directory.
        case watch(Watch)

        var kind: Kind {
            switch self {
            case .directories: .directories
            case .move: .move
            case .copy: .copy
            case .claims: .claims
            case .mark: .mark
            case .watch: .watch
            }
        }
    }

    /// A directory whose files left it.
    package struct Watch: Hashable, Sendable {
        /// The directory of a repository.
        package let place: StoragePath
        /// The directory or the holding that has the files now; nil if they are gone.
        package var counterpart: StoragePath?
        /// True if layer links stay in the directory on purpose.
        package var keepsLinks = false

        package init(place: StoragePath, counterpart: StoragePath? = nil, keepsLinks: Bool = false) {
            self.place = place
            self.counterpart = counterpart
            self.keepsLinks = keepsLinks
        }
    }

    /// The key in the journal.
    package let id: String
    package var head: Head
    package var body: Body
    /// The time of the owner's last sign; nil if the journal does not say it.
    var heard: Date?

    /// The identifiers of the files; only moves have any.
    var blobs: Set<BlobIdentifier> {
        guard case .move(let stages, _, _) = body else { return [] }
        return Set(stages.joined().map(\.blob))
    }

    /// The directory up to which emptied ones are removed.
    var floor: StoragePath {
        switch body {
        case .directories(_, let floor), .move(_, let floor, _): floor
        case .copy, .claims, .mark, .watch: .root
        }
    }

    /// The path that messages name.
    package var place: StoragePath {
        switch body {
        case .directories(let directories, let floor): directories.first ?? floor
        case .move(let stages, let floor, _): stages.joined().first?.source ?? floor
        case .copy(let stages): stages.joined().first?.path ?? .root
        case .claims(let holding): holding
        case .mark: .root
        case .watch(let watch): watch.place
        }
    }
}

/// A file that changes its path: the identifier stays, no data moves.
package struct FileMove: Hashable, Sendable {
    package let blob: BlobIdentifier
    package let source: StoragePath
    package let destination: StoragePath
    /// The identifier at the destination that is replaced; nil if there must be none.
    package var replaces: BlobIdentifier?
    /// True if there was no chunk 0 when the move began, so that its absence later means nothing.
    var isBare = false
    /// True if this reference is removed when another one to the same identifier is found: an
    /// upload that a registry finished meanwhile. The registry's own purge would delete both
    /// (docs/layout.md#d6).
    package var yields = false

    package init(
        blob: BlobIdentifier, source: StoragePath, destination: StoragePath, replaces: BlobIdentifier? = nil,
        isBare: Bool = false, yields: Bool = false
    ) {
        self.blob = blob
        self.source = source
        self.destination = destination
        self.replaces = replaces
        self.isBare = isBare
        self.yields = yields
    }
}

// MARK: - Coding

/// The JSON of the journal. Its content may be hostile, like all content of a pool.
extension Intent {
    /// About the most bytes of a part; an omap value is read whole.
    static let partLimit = 48 << 10
    /// The most bytes of all parts, which one operation writes.
    static let limit = 48 << 20

    /// The heads in the journal.
    static let store = RecordStore<Head>(object: Journal.object, dates: .text, limit: partLimit)

    package static func encode(_ head: Head) throws -> [UInt8] { try store.encode(head) }

    static func decodeHead(_ value: [UInt8]) throws -> Head {
        guard value.count <= partLimit else { throw Unreadable("its head has \(value.count) bytes") }
        struct Format: Decodable { let format: Int }
        guard let format = store.decode(Format.self, value)?.format else {
            throw Unreadable("its head is no JSON of this journal")
        }
        guard format == Head.format else {
            throw Unreadable("it was written in format \(format), by another version of regtop")
        }
        guard let head = store.decode(value) else { throw Unreadable("its head is no JSON of this journal") }
        return head
    }

    /// The parts of a body, each as JSON of limited length.
    static func encode(_ body: Body) throws -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var size = 0
        func add(_ part: Part) throws {
            let bytes = try store.encode(part)
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
        case .copy(let stages):
            for (index, stage) in stages.enumerated() {
                let links = stage.map(Part.Link.init)
                for slice in slices(links, weight: { $0.to.utf8.count + $0.content.utf8.count + 300 }) {
                    try add(Part(stage: index, links: slice))
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
            guard let part = RecordStore<Part>(object: Journal.object, dates: .text, limit: 4 * partLimit).decode(value)
            else {
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
                let stages = try staged(parts) { try ($0.files ?? []).map { try $0.move() } }
                return .move(stages, floor: floor, keepsDirectories: parts.contains { $0.keeps == true })
            case .copy: return .copy(try staged(parts) { try ($0.links ?? []).map { try $0.copy() } })
            }
        } catch let error as StorageError {
            throw Unreadable(error.description)
        }
    }

    /// The reason why an intent cannot be understood.
    struct Unreadable: Error {
        let why: String

        init(_ why: String) { self.why = why }
    }

    /// The items of parts by stage, in the order of the stages.
    private static func staged<Item>(_ parts: [Part], _ items: (Part) throws -> [Item]) rethrows -> [[Item]] {
        var stages: [Int: [Item]] = [:]
        for part in parts { stages[part.stage ?? 0, default: []] += try items(part) }
        return stages.sorted { $0.key < $1.key }.map(\.value)
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
}

/// A part of a body, as it stands in the journal.
private struct Part: Codable {
    private static func identifier(_ text: String) throws -> BlobIdentifier {
        guard let blob = BlobIdentifier(text) else { throw Intent.Unreadable("it names no valid identifier") }
        return blob
    }

    struct File: Codable {
        let blob: String
        let from: String
        let to: String
        var replaces: String?
        /// See `FileMove.isBare`: an empty file of the old driver, or a reference to lost data.
        var bare: Bool?
        /// See `FileMove.yields`.
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
            var move = FileMove(
                blob: try Part.identifier(blob), source: try StoragePath(from), destination: try StoragePath(to),
                isBare: bare == true,
                yields: yields == true)
            move.replaces = try replaces.map(Part.identifier)
            return move
        }
    }

    struct Link: Codable {
        let to: String
        let text: String
        let content: String
        var replaces: String?
        /// The text of the replaced link.
        var was: String?
        /// The holding that gets the replaced link, and its description.
        var holding: String?
        var note: Holding.Note?
        /// See `LinkCopy.isName`.
        var name: Bool?
        /// See `LinkCopy.modified`.
        var modified: Date?

        init(_ link: LinkCopy) {
            to = link.path.string
            text = link.text
            content = link.content.string
            replaces = link.replaced?.blob.string
            was = link.replaced?.text
            holding = link.deposit?.holding.string
            note = link.deposit?.note
            name = link.isName ? true : nil
            modified = link.modified
        }

        func copy() throws -> LinkCopy {
            LinkCopy(
                path: try StoragePath(to), text: text, content: try StoragePath(content),
                replaced: try replaces.map { LinkCopy.Replaced(blob: try Part.identifier($0), text: was) },
                deposit: try deposit(), isName: name == true, modified: modified)
        }

        private func deposit() throws -> LinkCopy.Deposit? {
            guard let holding, let note else { return nil }
            return LinkCopy.Deposit(holding: try StoragePath(holding), note: note)
        }
    }

    var floor: String?
    var keeps: Bool?
    var stage: Int?
    var directories: [String]?
    var files: [File]?
    var links: [Link]?
}
