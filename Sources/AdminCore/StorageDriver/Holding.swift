package import ObjectStore
public import Foundation

/// References that left the registry's tree and can return: one deletion in the trash, or the
/// quarantine of one run.
///
/// In the pool a holding is a directory like any other, so that every scan counts its references.
/// Its keys are the escaped paths from which the references come, its values the identifiers; the
/// xattr `regtop.holding` holds the note as JSON.
public struct Holding: Hashable, Sendable {
    /// The description of a holding, for people.
    public struct Note: Codable, Hashable, Sendable {
        /// The name of the deleted or collected thing: `app/web`, `app/web:1.0`.
        public var name: String
        /// The kind of the thing, in one word.
        public var kind: String
        /// The user and the machine.
        public var by: String
        /// The time at which the taking began.
        public var begun: Date
        /// The time at which the last reference had left its place. Nothing is freed before the
        /// delay has passed since. nil while the taking is under way, or if it was interrupted.
        public var unlinked: Date?

        /// Creates a note from its properties.
        public init(name: String, kind: String, by: String, begun: Date, unlinked: Date? = nil) {
            self.name = name
            self.kind = kind
            self.by = by
            self.begun = begun
            self.unlinked = unlinked
        }
    }

    /// One reference.
    public struct Entry: Hashable, Sendable {
        /// A decision about a reference (docs/safety.md#claims): the process that sets the claim
        /// follows it, and so does any recovery.
        public enum Claim: String, Hashable, Sendable, CaseIterable {
            /// The reference goes back to its place.
            case restoring
            /// The chunks are removed.
            case freeing
        }

        /// The path from which the reference was taken.
        public let origin: StoragePath
        /// Its identifier.
        public let blob: BlobIdentifier
        /// The decision about it; nil as long as there is none.
        public let claim: Claim?

        package init(origin: StoragePath, blob: BlobIdentifier, claim: Claim?) {
            self.origin = origin
            self.blob = blob
            self.claim = claim
        }
    }

    /// The directory of the holding.
    public let path: StoragePath
    /// The description; nil if it cannot be read.
    public let note: Note?
    /// The references, by origin.
    public let entries: [Entry]

    package init(path: StoragePath, note: Note?, entries: [Entry]) {
        self.path = path
        self.note = note
        self.entries = entries
    }

    static let xattr: ByteString = "regtop.holding"

    /// The key of a reference in a holding: its path, with each slash as `-.` and each hyphen as
    /// `--`, so that the key is a valid component. A claimed key begins with `restoring.` or
    /// `freeing.`; a key without a claim begins with `-.`.
    static func key(_ origin: StoragePath, _ claim: Entry.Claim? = nil) -> ByteString {
        let escaped = origin.string.replacing("-", with: "--").replacing("/", with: "-.")
        return ByteString((claim.map { $0.rawValue + "." } ?? "") + escaped)
    }

    /// The path under which a holding refers to an orphan; no registry has such a path.
    package static func orphan(_ blob: BlobIdentifier) -> StoragePath {
        orphans.appending(.literal(String(blob.string.dropFirst(5))))
    }

    /// The directory of the paths of orphans.
    package static let orphans: StoragePath = .literal("regtop-orphan")

    /// Parses a key; nil if it is no key of a holding.
    package static func parse(_ key: ByteString) -> (origin: StoragePath, claim: Entry.Claim?)? {
        guard var text = key.string else { return nil }
        let claim = Entry.Claim.allCases.first { text.hasPrefix($0.rawValue + ".") }
        if let claim { text.removeFirst(claim.rawValue.count + 1) }
        var path = ""
        var characters = text.makeIterator()
        while let character = characters.next() {
            if character != "-" {
                path.append(character)
                continue
            }
            switch characters.next() {
            case "-": path.append("-")
            case ".": path.append("/")
            default: return nil
            }
        }
        guard let origin = try? StoragePath(path), !origin.isRoot else { return nil }
        return (origin, claim)
    }
}

extension StorageReader {
    /// All holdings in a directory, by name, including those whose note cannot be read.
    public func holdings(in place: StoragePath) async throws -> [Holding] {
        let paths = (try await entries(place) ?? []).compactMap { entry -> StoragePath? in
            guard case .directory = entry.kind else { return nil }
            return entry.name.flatMap { try? place.appending($0) }
        }
        return try await concurrentMap(paths, window: window) { try await holding($0) }.compactMap(\.self)
    }

    /// One holding; nil if there is none.
    public func holding(_ path: StoragePath) async throws -> Holding? {
        try await holdingWithState(path)?.holding
    }

    /// One holding with its object, whose omap is whole; nil if there is none. Reads a holding of
    /// up to a thousand references once.
    package func holdingWithState(_ path: StoragePath) async throws -> (holding: Holding, state: ObjectState)? {
        let object = StorageReader.directory(path)
        let page = ReadOperation.Omap.page(after: nil, limit: ReadOperation.largestPage)
        guard var state = try await objects.read(ReadOperation(omap: page, xattrs: true), of: object) else {
            return nil
        }
        let note = state.xattrs[Holding.xattr].flatMap { value -> Holding.Note? in
            guard value.count <= 64 << 10 else { return nil }
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            return try? decoder.decode(Holding.Note.self, from: Data(value))
        }
        if state.hasMore {
            guard let whole = try await objects.wholeOmap(of: object) else { return nil }
            state = whole
        }
        let entries = state.omap.compactMap { entry -> Holding.Entry? in
            guard let (origin, claim) = Holding.parse(entry.key), let blob = BlobIdentifier(value: entry.value) else {
                return nil
            }
            return Holding.Entry(origin: origin, blob: blob, claim: claim)
        }
        let holding = Holding(path: path, note: note, entries: entries.sorted { $0.origin < $1.origin })
        return (holding, state)
    }
}

extension Holding {
    static func encode(_ note: Note) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        var note = note
        // The format has whole seconds: rounded up, so that nothing is due too early.
        note.unlinked = note.unlinked.map {
            Date(timeIntervalSince1970: $0.timeIntervalSince1970.rounded(.up))
        }
        return Array(try encoder.encode(note))
    }
}
