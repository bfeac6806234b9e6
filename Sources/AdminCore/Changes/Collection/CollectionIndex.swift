import Foundation

/// What one enumeration of a pool's objects says of what lies in it: which blobs there are and where, who refers to
/// which identifiers, the links from which a mark begins. For millions of blobs: numbers in plain arrays.
struct CollectionIndex: Sendable {
    /// A link whose content is still to be read.
    struct Link: Sendable {
        let path: PackedPath
        let blob: BlobIdentifier
        let file: RegistryFile
    }

    /// One run's quarantine, as it was met.
    struct Quarantine: Sendable {
        let path: StoragePath
        let note: Holding.Note?
        let entries: [Holding.Entry]
    }

    private(set) var digests = OrdinalTable<Digest>()
    /// Of each digest, the number of the identifier at its blobs path and one; 0 if there is none.
    private var places: [UInt32] = []
    /// Of each digest, the number of an identifier in the quarantine and one; 0 if there is none.
    private var held: [UInt32] = []
    /// Of each digest, what the mark knows.
    var marks: [Mark] = []

    private(set) var blobs = OrdinalTable<BlobIdentifier>()
    private var traits: [Traits] = []
    /// How many chunks of each identifier there are; the largest number there is if they are more.
    private var chunkCounts: [UInt16] = []
    /// The highest number of a chunk of each identifier; the largest number there is if it is higher.
    private var lastChunks: [UInt16] = []

    /// The links to manifests and what tags name, and their counterparts in the trash.
    var revisions = LinkList()
    var currentLinks = LinkList()
    /// The manifests whose links are in the quarantine.
    var heldRevisions: [Digest] = []
    /// By manifest.
    var signatures: [Digest: [Digest]] = [:]
    /// The files of unfinished uploads.
    var uploads: [(path: StoragePath, blob: BlobIdentifier, directory: StoragePath)] = []
    /// Needed for what the trash holds, whatever their age: layers and signatures of what was deleted.
    var trashed: [Link] = []
    var quarantines: [Quarantine] = []
    /// Links of blobs by other digests than those below which they lie.
    var aliases: [Link] = []
    /// What cannot be understood and may mean anything, a sentence each.
    var obstacles: [String] = []
    /// What a person should know, a sentence each.
    var notes: [String] = []

    /// What the mark knows of a digest.
    struct Mark: OptionSet, Sendable {
        let rawValue: UInt8
        static let needed = Mark(rawValue: 1)
        /// It was read as a manifest.
        static let followed = Mark(rawValue: 2)
        /// Nothing needs it: whether a link to it is young decides.
        static let candidate = Mark(rawValue: 4)
        /// It was sought as a manifest, and is not there or cannot be understood.
        static let unclear = Mark(rawValue: 8)
    }

    /// What is known of an identifier.
    private struct Traits: OptionSet {
        let rawValue: UInt8
        static let isReferred = Traits(rawValue: 1)
        static let isReferredTwice = Traits(rawValue: 2)
    }

    // MARK: - Filling

    mutating func ordinal(_ digest: Digest) -> Int {
        let (ordinal, isNew) = digests.insert(digest)
        if isNew {
            places.append(0)
            held.append(0)
            marks.append([])
        }
        return ordinal
    }

    private mutating func ordinal(_ blob: BlobIdentifier) -> Int {
        let (ordinal, isNew) = blobs.insert(blob)
        if isNew {
            traits.append([])
            chunkCounts.append(0)
            lastChunks.append(0)
        }
        return ordinal
    }

    mutating func met(chunk index: Int, of blob: BlobIdentifier) {
        let ordinal = ordinal(blob)
        if chunkCounts[ordinal] < .max { chunkCounts[ordinal] += 1 }
        lastChunks[ordinal] = max(lastChunks[ordinal], UInt16(clamping: index))
    }

    mutating func met(referenceTo blob: BlobIdentifier) {
        let ordinal = ordinal(blob)
        if traits[ordinal].contains(.isReferred) { traits[ordinal].insert(.isReferredTwice) }
        traits[ordinal].insert(.isReferred)
    }

    /// A reference to this is on its way, or may be.
    mutating func expect(_ blob: BlobIdentifier) {
        traits[ordinal(blob)].insert(.isReferred)
    }

    mutating func place(_ digest: Digest, at blob: BlobIdentifier) {
        let (number, ordinal) = (ordinal(digest), ordinal(blob))
        places[number] = UInt32(ordinal + 1)
    }

    mutating func hold(_ digest: Digest, as blob: BlobIdentifier) {
        let (number, ordinal) = (ordinal(digest), ordinal(blob))
        held[number] = UInt32(ordinal + 1)
    }

    // MARK: - Asking

    /// The identifier at the digest's blobs path.
    func blob(at ordinal: Int) -> BlobIdentifier? {
        places[ordinal] == 0 ? nil : blobs.keys[Int(places[ordinal]) - 1]
    }

    /// An identifier of the digest in the quarantine.
    func heldBlob(at ordinal: Int) -> BlobIdentifier? {
        held[ordinal] == 0 ? nil : blobs.keys[Int(held[ordinal]) - 1]
    }

    /// How many chunks there are of the identifier at the digest's blobs path.
    func chunkCount(at ordinal: Int) -> UInt64 {
        places[ordinal] == 0 ? 0 : UInt64(chunkCounts[Int(places[ordinal]) - 1])
    }

    /// How many chunks there are of an identifier; the most that is counted if they are more.
    func chunkCount(of blob: BlobIdentifier) -> Int {
        blobs.ordinal(of: blob).map { Int(chunkCounts[$0]) } ?? 0
    }

    /// The number of the last chunk of an identifier; nil if that is not known, since it has none, or very many.
    func lastChunk(of blob: BlobIdentifier) -> Int? {
        guard let ordinal = blobs.ordinal(of: blob), chunkCounts[ordinal] > 0, lastChunks[ordinal] < .max else {
            return nil
        }
        return Int(lastChunks[ordinal])
    }

    /// Whether the identifier at the digest's blobs path seems to have a chunk behind the first so many. Where there
    /// are very many it is not known, and true.
    func hasChunk(at ordinal: Int, behind count: UInt64) -> Bool {
        guard places[ordinal] != 0 else { return false }
        let last = lastChunks[Int(places[ordinal]) - 1]
        return last == .max || last > 0 && UInt64(last) >= count
    }

    /// Whether more than one key in the pool says this identifier (docs/layout.md#d6).
    func isReferredTwice(_ blob: BlobIdentifier) -> Bool {
        blobs.ordinal(of: blob).map { traits[$0].contains(.isReferredTwice) } ?? false
    }

    /// Whether there are chunks of an identifier that nothing refers to.
    func isOrphan(_ blob: BlobIdentifier) -> Bool {
        blobs.ordinal(of: blob).map { !traits[$0].contains(.isReferred) } ?? false
    }

    /// Whether there are any.
    var hasOrphans: Bool { traits.contains { !$0.contains(.isReferred) } }

    /// The manifests that are needed and were read: all that they name is needed, too.
    var understood: Set<Digest> {
        Set(
            digests.keys.indices.lazy.filter {
                marks[$0].isSuperset(of: [.needed, .followed]) && !marks[$0].contains(.unclear)
            }.map { digests.keys[$0] })
    }

    /// Of an ordinal of `digests`.
    func isNeeded(_ digest: Digest) -> Bool {
        digests.ordinal(of: digest).map { marks[$0].contains(.needed) } ?? false
    }
}

/// A path as one string: of what is kept by the hundred thousand.
struct PackedPath: Hashable, Sendable {
    private let string: String

    init(_ path: StoragePath) { string = path.string }

    /// The path.
    var path: StoragePath {
        .literal(string.split(separator: "/" as Character).map(String.init))
    }
}
