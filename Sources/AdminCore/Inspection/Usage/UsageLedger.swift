import ObjectStore
import Registry
import Synchronization

/// Accounts for the blobs that a sweep reaches: the size and the owner of each. Remembers the
/// references of the manifests, so that a sweep reads each manifest once, however many repositories
/// share it.
///
/// Memory: about 90 bytes for each blob, and a few more for those of the repositories in progress.
final class UsageLedger: SweepVisitor {
    /// The repositories that need a blob.
    enum Owner: Hashable, Sendable {
        /// Only the repository with this number.
        case one(Int)
        /// More than one repository.
        case several
        /// No repository, but a deletion in the trash.
        case trash
    }

    /// Takes 16 bytes.
    private struct Entry {
        /// Bytes in the store, whatever manifests claim; one of the constants below until the blob
        /// is found.
        var size = Entry.unknown
        /// The number of the only repository that needs the blob, or one of the constants below.
        var owner: Int32
        /// The number of the manifest, plus one; 0 if the blob was not read as one. The highest bit
        /// tells whether the directory of the blob was read.
        private var word: UInt32 = 0

        static let several: Int32 = -1
        static let nobody: Int32 = -2
        static let unknown = UInt64.max
        /// The sweep was told to read the blob.
        static let asked = UInt64.max - 1

        init(owner: Int32) { self.owner = owner }

        /// The number of the manifest; nil if the blob was not read as one.
        var manifest: Int? {
            get { word & ~Entry.place == 0 ? nil : Int(word & ~Entry.place) - 1 }
            set { word = word & Entry.place | UInt32(newValue.map { $0 + 1 } ?? 0) }
        }

        var isPlaceRead: Bool {
            get { word & Entry.place != 0 }
            set { word = word & ~Entry.place | (newValue ? Entry.place : 0) }
        }

        private static let place: UInt32 = 1 << 31

        /// nil until the blob is found.
        var bytes: UInt64? { size < Entry.asked ? size : nil }
    }

    private struct Books {
        var blobs = OrdinalTable<Digest>()
        /// The entries by the ordinals of `blobs`.
        var entries: [Entry] = []
        /// Bytes that each repository reaches, as far as the sizes are known.
        var sizes: [UInt64] = []
        /// The number of blobs that each repository reaches.
        var counts: [Int] = []
        /// The number of manifests of each repository that could not be followed.
        var unread: [Int] = []
        /// The ordinals of the blobs that each repository in progress has reached.
        var reached: [Int: Set<UInt32>] = [:]
        /// The repositories that lack the size of a blob, by its ordinal.
        var waiting: [UInt32: [Int]] = [:]
        /// The references of all manifests, one manifest after the other, and where those of each
        /// begin.
        var edges: [PackedEdge] = []
        var manifests: [PackedManifest] = []

        /// Returns the number of a blob, after adding it if it is new.
        mutating func insert(_ digest: Digest) -> Int {
            let (number, isNew) = blobs.insert(digest)
            if isNew { entries.append(Entry(owner: Entry.nobody)) }
            return number
        }

        /// Notes that a blob was found.
        mutating func take(_ bytes: UInt64?, of number: Int) {
            guard entries[number].bytes == nil else { return }
            let size = min(bytes ?? 0, Entry.asked - 1)
            entries[number].size = size
            for repository in waiting.removeValue(forKey: UInt32(number)) ?? [] {
                sizes[repository] = addingCapped(sizes[repository], size)
            }
        }
    }

    /// A reference of a manifest: the ordinal of the blob, and the kind of the reference.
    private struct PackedEdge {
        private let number: UInt32

        private static let kinds: [Manifest.Edge.Kind] = [.config, .layer, .manifest]

        /// nil for references that a ledger does not follow.
        init?(_ edge: SweptManifest.Edge, _ ordinal: Int) {
            guard let kind = Self.kinds.firstIndex(of: edge.kind) else { return nil }
            number = UInt32(ordinal) << 3 | UInt32(kind) << 1 | (edge.isForeign ? 1 : 0)
        }

        func unpacked(_ blobs: OrdinalTable<Digest>) -> SweptManifest.Edge {
            SweptManifest.Edge(
                digest: blobs.keys[Int(number >> 3)], isForeign: number & 1 == 1,
                kind: Self.kinds[Int(number >> 1 & 3)])
        }
    }

    /// A manifest: the end of its references in `edges`, which begin where those of the one before
    /// end; and whether it could be read.
    private struct PackedManifest {
        let end: Int
        let isRead: Bool
    }

    private let books: Mutex<Books>
    /// Admit one reader of a manifest at a time; a manifest uses the one that its hash chooses.
    private let turnstiles = (0..<1024).map { _ in Turnstile() }
    init() { books = Mutex(Books()) }

    /// Opens an account for each repository, before the sweep. Larger numbers belong to holdings in
    /// the trash.
    func open(_ repositories: Int) {
        books.withLock { books in
            books.sizes = Array(repeating: 0, count: repositories)
            books.counts = Array(repeating: 0, count: repositories)
            books.unread = Array(repeating: 0, count: repositories)
        }
    }

    // MARK: - SweepVisitor

    func met(_ link: SweepLink, in repository: Int) {}

    func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
        books.withLock { books in
            let number = books.insert(edge.digest)
            let isNew = books.entries[number].size == Entry.unknown
            if isNew { books.entries[number].size = Entry.asked }
            guard repository < books.sizes.count else { return isNew }
            guard books.reached[repository, default: []].insert(UInt32(number)).inserted else { return false }
            let owner = books.entries[number].owner
            books.entries[number].owner = owner == Entry.nobody ? Int32(repository) : Entry.several
            books.counts[repository] += 1
            if let bytes = books.entries[number].bytes {
                books.sizes[repository] = addingCapped(books.sizes[repository], bytes)
            } else {
                books.waiting[UInt32(number), default: []].append(repository)
            }
            return isNew
        }
    }

    func found(_ finding: BlobFinding, of digest: Digest) {
        books.withLock { books in
            guard let number = books.blobs.ordinal(of: digest) else { return }
            books.take(finding.size, of: number)
        }
    }

    func met(_ problem: SweepProblem, in repository: Int) {
        switch problem {
        case .manifest, .tooDeep:
            books.withLock { books in
                if repository < books.unread.count { books.unread[repository] += 1 }
            }
        case .link, .blob: break
        }
    }

    func finished(_ repository: Int) {
        books.withLock { $0.reached[repository] = nil }
    }

    // MARK: - Manifests

    /// Returns a reader of manifests that reads each once, also where several tasks ask for one at
    /// the same time. (A remembered manifest has no reason, which a ledger does not need.)
    func reading(_ registry: RegistryReader) -> @Sendable (Digest) async throws -> SweptManifest {
        { [self] digest in
            if let known = remembered(digest) { return known }
            return try await turnstiles[digest.hashValue & (turnstiles.count - 1)].pass { [self] in
                if let known = remembered(digest) { return known }
                let manifest = SweptManifest(try await registry.manifest(digest))
                remember(manifest, digest)
                return manifest
            }
        }
    }

    private func remembered(_ digest: Digest) -> SweptManifest? {
        books.withLock { books in
            guard let number = books.blobs.ordinal(of: digest), let index = books.entries[number].manifest else {
                return nil
            }
            let blob = BlobFinding(size: books.entries[number].bytes, state: .ok, reason: "")
            let manifest = books.manifests[index]
            guard manifest.isRead else { return SweptManifest(blob: blob, edges: nil, reason: "") }
            let begin = index == 0 ? 0 : books.manifests[index - 1].end
            let edges = books.edges[begin..<manifest.end].map { $0.unpacked(books.blobs) }
            return SweptManifest(blob: blob, edges: edges, reason: "")
        }
    }

    private func remember(_ manifest: SweptManifest, _ digest: Digest) {
        books.withLock { books in
            let number = books.insert(digest)
            for edge in manifest.edges ?? [] {
                guard let packed = PackedEdge(edge, books.insert(edge.digest)) else { continue }
                books.edges.append(packed)
            }
            books.manifests.append(PackedManifest(end: books.edges.count, isRead: manifest.edges != nil))
            books.entries[number].manifest = books.manifests.count - 1
            books.take(manifest.blob.size, of: number)
        }
    }

    // MARK: - Places

    /// Notes that the directory of a blob was read; false if nothing has reached the blob.
    func notePlace(of digest: Digest) -> Bool {
        books.withLock { books in
            guard let number = books.blobs.ordinal(of: digest) else { return false }
            books.entries[number].isPlaceRead = true
            return true
        }
    }

    /// True if the directory of a blob was read.
    func hasPlace(of digest: Digest) -> Bool {
        books.withLock { books in
            books.blobs.ordinal(of: digest).map { books.entries[$0].isPlaceRead } ?? false
        }
    }

    // MARK: - Results

    /// Returns the owner of a blob; nil if nothing needs the blob.
    func owner(of digest: Digest) -> Owner? {
        books.withLock { books in
            guard let number = books.blobs.ordinal(of: digest) else { return nil }
            return switch books.entries[number].owner {
            case Entry.several: .several
            case Entry.nobody: .trash
            case let one: .one(Int(one))
            }
        }
    }

    /// Returns the sums so far.
    ///
    /// - Parameter names: the repositories in the order of their numbers.
    func balance(_ names: [RepositoryName], isComplete: Bool) -> Usage {
        books.withLock { books in
            var unique = Array(repeating: UInt64(0), count: books.sizes.count)
            var (size, shared): (UInt64, UInt64) = (0, 0)
            var blobs = 0
            for entry in books.entries where entry.owner != Entry.nobody {
                let bytes = entry.bytes ?? 0
                blobs += 1
                size = addingCapped(size, bytes)
                if entry.owner == Entry.several {
                    shared = addingCapped(shared, bytes)
                } else {
                    unique[Int(entry.owner)] = addingCapped(unique[Int(entry.owner)], bytes)
                }
            }
            let rows = names.indices.map { index in
                Usage.Repository(
                    name: names[index], blobs: books.counts[index],
                    size: books.sizes[index], unique: unique[index],
                    unread: books.unread[index])
            }
            return Usage(
                repositories: rows, blobs: blobs, size: size, shared: shared, pool: nil, isComplete: isComplete)
        }
    }
}
