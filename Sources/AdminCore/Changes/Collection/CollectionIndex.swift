import ObjectStore
import Registry
import StorageDriver
import Foundation

/// The content of a pool, from one reading: the blobs and their places, the references to
/// identifiers, and the links from which a mark begins. It consists of numbers in plain arrays, to
/// hold millions of blobs.
struct CollectionIndex: Sendable {
    /// A link whose content is still to be read.
    struct Link: Sendable {
        let path: PackedPath
        let blob: BlobIdentifier
        let file: RegistryFile
    }

    /// One holding in the quarantine, as it was read.
    struct Quarantine: Sendable {
        let path: StoragePath
        let note: Holding.Note?
        let entries: [Holding.Entry]
    }

    private(set) var digests = OrdinalTable<Digest>()
    /// For each digest, the number of the identifier at its blobs path, plus one; 0 if there is
    /// none.
    private var places: [UInt32] = []
    /// For each digest, the number of an identifier in the quarantine, plus one; 0 if there is
    /// none.
    private var held: [UInt32] = []
    /// The marks of each digest.
    var marks: [Mark] = []

    private(set) var blobs = OrdinalTable<BlobIdentifier>()
    private var traits: [Traits] = []
    /// The number of chunks of each identifier, at most the largest number of the type.
    private var chunkCounts: [UInt16] = []
    /// The highest number of a chunk of each identifier, at most the largest number of the type.
    private var lastChunks: [UInt16] = []

    /// The links to manifests, and the current links of tags.
    var revisions = LinkList()
    var currentLinks = LinkList()
    /// The manifests whose links are in the quarantine.
    var heldRevisions: [Digest] = []
    /// Signatures by manifest.
    var signatures: [Digest: [Digest]] = [:]
    /// The files of unfinished uploads.
    var uploads: [(path: StoragePath, blob: BlobIdentifier, directory: StoragePath)] = []
    /// The links in the trash. Their blobs are needed, whatever their age.
    var trashed: [Link] = []
    var quarantines: [Quarantine] = []
    /// Links to blobs by other digests than those below which the blobs lie.
    var aliases: [Link] = []
    /// Things that cannot be understood and may mean anything, a sentence each.
    var obstacles: [String] = []
    /// Notes for a person, a sentence each.
    var notes: [String] = []
    /// True if the registry is a pull-through cache; see `RegistryReader.isPullThroughCache`.
    private(set) var isPullThroughCache = false

    /// The knowledge of a mark about a digest.
    struct Mark: OptionSet, Sendable {
        let rawValue: UInt8
        static let needed = Mark(rawValue: 1)
        /// It was read as a manifest.
        static let followed = Mark(rawValue: 2)
        /// Nothing needs it. It stays if a link to it is young.
        static let candidate = Mark(rawValue: 4)
        /// It should be a manifest, and is not there or cannot be understood.
        static let unclear = Mark(rawValue: 8)
        /// It is needed, and its bytes are counted as such.
        static let weighed = Mark(rawValue: 16)
    }

    /// The references to an identifier.
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

    /// Notes that a change in the journal may be moving the reference to a blob.
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

    /// Adds a directory.
    mutating func add(
        _ omap: [OmapEntry], of directory: StoragePath?, _ quarantine: Quarantine?, in paths: RegistryPaths
    ) {
        for entry in omap {
            guard let blob = BlobIdentifier(value: entry.value) else { continue }
            met(referenceTo: blob)
            guard let directory else { continue }
            if directory == RegistryPaths.schedule.parent, entry.key.string == RegistryPaths.schedule.name {
                isPullThroughCache = true
            }
            if directory.isBelow(paths.trash) {
                addTrashed(entry.key, blob, in: directory, paths)
            } else if quarantine == nil, let name = entry.key.string, let path = try? directory.appending(name),
                let file = paths.file(at: path)
            {
                add(file, at: path, blob)
            }
        }
        guard let quarantine else { return }
        quarantines.append(quarantine)
        // An entry that is being freed does not count as a copy.
        for entry in quarantine.entries where entry.claim != .freeing {
            switch paths.file(at: entry.origin) {
            case .blob(let digest): hold(digest, as: entry.blob)
            case .signature(let signature, let manifest): signatures[manifest, default: []].append(signature)
            case .revision(let digest): heldRevisions.append(digest)
            default: break
            }
        }
    }

    private mutating func add(_ file: RegistryFile, at path: StoragePath, _ blob: BlobIdentifier) {
        switch file {
        case .blob(let digest): place(digest, at: blob)
        case .revision: revisions.append(file, at: path, blob)
        case .currentLink: currentLinks.append(file, at: path, blob)
        case .signature(let signature, let manifest): signatures[manifest, default: []].append(signature)
        case .upload(let directory): uploads.append((path, blob, directory))
        case .layer(let digest) where !digest.isCanonical:
            aliases.append(Link(path: PackedPath(path), blob: blob, file: file))
        case .tagIndex, .layer: break
        }
    }

    /// Adds a link in the trash. It can be restored, so its content has to stay whole.
    private mutating func addTrashed(
        _ key: ByteString, _ blob: BlobIdentifier, in directory: StoragePath, _ paths: RegistryPaths
    ) {
        guard let origin = Holding.parse(key)?.origin else {
            obstacles.append("\(directory) in the trash holds \(key), which is no link that was deleted")
            return
        }
        guard let file = paths.file(at: origin) else { return }
        if case .signature(let signature, let manifest) = file { signatures[manifest, default: []].append(signature) }
        trashed.append(Link(path: PackedPath(origin), blob: blob, file: file))
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

    /// The number of chunks of the identifier at the digest's blobs path.
    func chunkCount(at ordinal: Int) -> UInt64 {
        places[ordinal] == 0 ? 0 : UInt64(chunkCounts[Int(places[ordinal]) - 1])
    }

    /// The number of chunks of an identifier, as far as they are counted.
    func chunkCount(of blob: BlobIdentifier) -> Int {
        blobs.ordinal(of: blob).map { Int(chunkCounts[$0]) } ?? 0
    }

    /// The number of the last chunk of an identifier; nil if there is none, or if there are too
    /// many to count.
    func lastChunk(of blob: BlobIdentifier) -> Int? {
        guard let ordinal = blobs.ordinal(of: blob), chunkCounts[ordinal] > 0, lastChunks[ordinal] < .max else {
            return nil
        }
        return Int(lastChunks[ordinal])
    }

    /// True if the identifier at the digest's blobs path seems to have a chunk behind the first
    /// `count`. Also true if there are too many to count.
    func hasChunk(at ordinal: Int, behind count: UInt64) -> Bool {
        guard places[ordinal] != 0 else { return false }
        let last = lastChunks[Int(places[ordinal]) - 1]
        return last == .max || last > 0 && UInt64(last) >= count
    }

    /// True if more than one key in the pool has this identifier (docs/layout.md#d6).
    func isReferredTwice(_ blob: BlobIdentifier) -> Bool {
        blobs.ordinal(of: blob).map { traits[$0].contains(.isReferredTwice) } ?? false
    }

    /// True if there are chunks of an identifier that nothing refers to.
    func isOrphan(_ blob: BlobIdentifier) -> Bool {
        blobs.ordinal(of: blob).map { !traits[$0].contains(.isReferred) } ?? false
    }

    /// True if there are any such chunks.
    var hasOrphans: Bool { traits.contains { !$0.contains(.isReferred) } }

    /// The needed manifests that were read: everything that they name is needed, too.
    var understood: Set<Digest> {
        Set(
            digests.keys.indices.lazy.filter {
                marks[$0].isSuperset(of: [.needed, .followed]) && !marks[$0].contains(.unclear)
            }.map { digests.keys[$0] })
    }

    func isNeeded(_ digest: Digest) -> Bool {
        digests.ordinal(of: digest).map { marks[$0].contains(.needed) } ?? false
    }
}

/// Links to manifests, and current links of tags, by the hundred thousand. To save memory, keeps
/// the path of each repository once, and for each link only its name below that path.
struct LinkList: Sendable {
    private enum Name: Sendable {
        case revision(Digest)
        case tag(String)
    }

    private var repositories: [StoragePath] = []
    private var numbers: [StoragePath: UInt32] = [:]
    private var links: [(repository: UInt32, blob: BlobIdentifier, name: Name)] = []

    /// The number of links.
    var count: Int { links.count }

    /// Appends a link of one of these kinds; others are left out.
    mutating func append(_ file: RegistryFile, at path: StoragePath, _ blob: BlobIdentifier) {
        let name: Name
        switch file {
        case .revision(let digest): name = .revision(digest)
        case .currentLink(let tag): name = .tag(tag)
        case .blob, .signature, .tagIndex, .layer, .upload: return
        }
        // The first component with this name: a tag may have it, too, but no component of a
        // repository's name.
        guard let own = path.components.firstIndex(of: "_manifests") else { return }
        let repository = StoragePath.literal(Array(path.components[..<own]))
        let number = numbers[repository] ?? UInt32(repositories.count)
        if number == repositories.count {
            repositories.append(repository)
            numbers[repository] = number
        }
        links.append((number, blob, name))
    }

    /// The link with a number.
    subscript(number: Int) -> CollectionIndex.Link {
        let (repository, blob, name) = links[number]
        let place = repositories[Int(repository)]
        switch name {
        case .revision(let digest):
            let path = place.appending(
                .literal(["_manifests", "revisions"] + digest.directories + ["link"]))
            return CollectionIndex.Link(path: PackedPath(path), blob: blob, file: .revision(digest))
        case .tag(let tag):
            let path = place.appending(.literal("_manifests", "tags", tag, "current", "link"))
            return CollectionIndex.Link(path: PackedPath(path), blob: blob, file: .currentLink(tag: tag))
        }
    }
}

/// A path as one string, to save memory where there are hundreds of thousands.
struct PackedPath: Hashable, Sendable {
    private let string: String

    init(_ path: StoragePath) { string = path.string }

    /// The path.
    var path: StoragePath {
        .literal(string.split(separator: "/" as Character).map(String.init))
    }
}
