import ObjectStore
import Registry
import Synchronization

/// Accounts for the blobs that a sweep reaches: the size and the owner of each.
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

    private struct Entry {
        /// Bytes in the store, whatever manifests claim.
        var size: UInt64 = 0
        /// The number of the only repository that needs the blob, or one of the constants below.
        var owner: Int32
        var isFound = false

        static let several: Int32 = -1
        static let nobody: Int32 = -2
    }

    private struct Books {
        var blobs = OrdinalTable<Digest>()
        /// The entries by the ordinals of `blobs`.
        var entries: [Entry] = []
        /// Bytes that each repository reaches, as far as the sizes are known.
        var sizes: [UInt64]
        /// The number of blobs that each repository reaches.
        var counts: [Int]
        /// The number of manifests of each repository that could not be followed.
        var unread: [Int]
        /// The ordinals of the blobs that each repository in progress has reached.
        var reached: [Int: Set<UInt32>] = [:]
        /// The repositories that lack the size of a blob, by its ordinal.
        var waiting: [UInt32: [Int]] = [:]
    }

    private let books: Mutex<Books>
    /// The number of repositories; larger numbers belong to holdings in the trash.
    private let repositories: Int

    init(repositories: Int) {
        self.repositories = repositories
        books = Mutex(
            Books(
                sizes: Array(repeating: 0, count: repositories), counts: Array(repeating: 0, count: repositories),
                unread: Array(repeating: 0, count: repositories)))
    }

    // MARK: - SweepVisitor

    func met(_ link: SweepLink, in repository: Int) {}

    func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
        books.withLock { books in
            let (number, isNew) = books.blobs.insert(edge.digest)
            if isNew {
                books.entries.append(Entry(owner: Entry.nobody))
            }
            guard repository < repositories else { return isNew }
            guard books.reached[repository, default: []].insert(UInt32(number)).inserted else { return false }
            let owner = books.entries[number].owner
            books.entries[number].owner = owner == Entry.nobody ? Int32(repository) : Entry.several
            books.counts[repository] += 1
            if books.entries[number].isFound {
                books.sizes[repository] = addingCapped(books.sizes[repository], books.entries[number].size)
            } else {
                books.waiting[UInt32(number), default: []].append(repository)
            }
            return isNew
        }
    }

    func found(_ finding: BlobFinding, of digest: Digest) {
        books.withLock { books in
            guard let number = books.blobs.ordinal(of: digest), !books.entries[number].isFound else { return }
            books.entries[number].isFound = true
            books.entries[number].size = finding.size ?? 0
            for repository in books.waiting.removeValue(forKey: UInt32(number)) ?? [] {
                books.sizes[repository] = addingCapped(books.sizes[repository], books.entries[number].size)
            }
        }
    }

    func met(_ problem: SweepProblem, in repository: Int) {
        guard repository < repositories else { return }
        switch problem {
        case .manifest, .tooDeep: books.withLock { $0.unread[repository] += 1 }
        case .link, .blob: break
        }
    }

    func finished(_ repository: Int) {
        books.withLock { $0.reached[repository] = nil }
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
            var unique = Array(repeating: UInt64(0), count: repositories)
            var (size, shared): (UInt64, UInt64) = (0, 0)
            var blobs = 0
            for entry in books.entries where entry.owner != Entry.nobody {
                blobs += 1
                size = addingCapped(size, entry.size)
                if entry.owner == Entry.several {
                    shared = addingCapped(shared, entry.size)
                } else {
                    unique[Int(entry.owner)] = addingCapped(unique[Int(entry.owner)], entry.size)
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
