public import Foundation

/// References that were taken out of the registry's tree and can come back: one deletion in the trash, or one run's
/// quarantine.
///
/// In the pool: a directory like any other, so that every scan counts what it refers to. Its keys are the paths the
/// references come from (see `Holding.key`), its values the identifiers; the xattr `regtop.holding` says in JSON what
/// it is.
public struct Holding: Hashable, Sendable {
    /// What a person should know of it.
    public struct Note: Codable, Hashable, Sendable {
        /// What was taken: `app/web`, `app/web:1.0`.
        public var name: String
        /// What kind of thing that is, in one word.
        public var kind: String
        /// Who took it, on which machine.
        public var by: String
        /// When that began.
        public var begun: Date
        /// When the last reference was gone from its place: nothing that was taken is freed before the delay has
        /// passed since. nil while that is under way, and after it was interrupted.
        public var unlinked: Date?

        /// See the properties.
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
        /// Who has decided about it (docs/safety.md#1-freeing): whoever sets the claim goes on, and so does any
        /// recovery.
        public enum Claim: String, Hashable, Sendable, CaseIterable {
            /// It goes back to its place.
            case restoring
            /// Its chunks are removed.
            case freeing
        }

        /// Where it comes from.
        public let origin: StoragePath
        /// Its identifier.
        public let blob: BlobIdentifier
        /// Who has decided about it; nil as long as nobody has.
        public let claim: Claim?
    }

    /// Its directory.
    public let path: StoragePath
    /// What a person should know; nil if it cannot be read.
    public let note: Note?
    /// What it holds, by origin.
    public let entries: [Entry]

    static let xattr: ByteString = "regtop.holding"

    /// The key of a reference in a holding: its path, each slash as `-.` and each hyphen as `--`, so that the key is
    /// a valid component; behind `restoring.` or `freeing.` if it is claimed. (No path's key begins like a claim: all
    /// begin with `-.`.)
    static func key(_ origin: StoragePath, _ claim: Entry.Claim? = nil) -> ByteString {
        let escaped = origin.string.replacing("-", with: "--").replacing("/", with: "-.")
        return ByteString((claim.map { $0.rawValue + "." } ?? "") + escaped)
    }

    /// The path under which a holding has chunks that nothing refers to: one that no registry has.
    static func orphan(_ blob: BlobIdentifier) -> StoragePath {
        orphans.appending(.literal(String(blob.string.dropFirst(5))))
    }

    /// Below which these paths lie.
    static let orphans: StoragePath = .literal("regtop-orphan")

    /// What a key says; nil if it is none of a holding's.
    static func parse(_ key: ByteString) -> (origin: StoragePath, claim: Entry.Claim?)? {
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
    /// All holdings in a directory, by name. One whose note cannot be read is among them, without it.
    public func holdings(in place: StoragePath) async throws -> [Holding] {
        let paths = (try await entries(place) ?? []).compactMap { entry -> StoragePath? in
            guard case .directory = entry.kind else { return nil }
            return entry.name.flatMap { try? place.appending($0) }
        }
        return try await concurrentMap(paths, window: window) { try await holding($0) }.compactMap(\.self)
    }

    /// One holding; nil if there is none.
    public func holding(_ path: StoragePath) async throws -> Holding? {
        let object = StorageReader.directory(path)
        guard let state = try await objects.read(ReadOperation(xattrs: true), of: object),
            let omap = try await objects.wholeOmap(of: object)?.omap
        else { return nil }
        let note = state.xattrs[Holding.xattr].flatMap { value -> Holding.Note? in
            guard value.count <= 64 << 10 else { return nil }
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            return try? decoder.decode(Holding.Note.self, from: Data(value))
        }
        let entries = omap.compactMap { entry -> Holding.Entry? in
            guard let (origin, claim) = Holding.parse(entry.key), let blob = BlobIdentifier(value: entry.value) else {
                return nil
            }
            return Holding.Entry(origin: origin, blob: blob, claim: claim)
        }
        return Holding(path: path, note: note, entries: entries.sorted { $0.origin < $1.origin })
    }
}

extension Holding {
    static func encode(_ note: Note) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        var note = note
        // The format knows whole seconds: nothing may be due too early.
        note.unlinked = note.unlinked.map {
            Date(timeIntervalSince1970: $0.timeIntervalSince1970.rounded(.up))
        }
        return Array(try encoder.encode(note))
    }
}
