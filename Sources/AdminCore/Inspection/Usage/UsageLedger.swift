import Synchronization

/// Keeps the books of a sweep: every blob once, with its size and with who needs it.
///
/// Memory: about 90 bytes a blob, and a few more for each blob of the repositories that are under way.
final class UsageLedger: SweepVisitor {
    /// Who needs a blob.
    enum Owner: Hashable, Sendable {
        /// One repository, by its number, and no other one.
        case one(Int)
        /// Several repositories.
        case several
        /// No repository, but something in the trash.
        case trash
    }

    /// What is known of a blob.
    private struct Entry {
        /// What the store says, whatever manifests claim.
        var size: UInt64 = 0
        /// The number of the only repository that needs it, or one of the two below.
        var owner: Int32
        var isFound = false

        static let several: Int32 = -1
        static let nobody: Int32 = -2
    }

    /// The books.
    private struct Books {
        var blobs = OrdinalTable<Digest>()
        /// By the blobs' numbers.
        var entries: [Entry] = []
        /// Bytes that each repository reaches, each blob once, as far as their sizes are known.
        var sizes: [UInt64]
        /// The number of these blobs.
        var counts: [Int]
        /// Manifests that could not be read, or too deep to be: what they need is not in the books.
        var unread: [Int]
        /// What each repository under way has reached so far, by the blobs' numbers.
        var reached: [Int: Set<UInt32>] = [:]
        /// Repositories that wait for a blob's size.
        var waiting: [UInt32: [Int]] = [:]
    }

    private let books: Mutex<Books>
    /// How many repositories there are; what has a number beyond is a piece of the trash.
    private let repositories: Int

    /// Empty books for so many repositories.
    init(repositories: Int) {
        self.repositories = repositories
        books = Mutex(
            Books(
                sizes: Array(repeating: 0, count: repositories), counts: Array(repeating: 0, count: repositories),
                unread: Array(repeating: 0, count: repositories)))
    }

    // MARK: - The sweep

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

    // MARK: - The books

    /// Who needs a blob; nil if nobody does.
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

    /// What the books say so far. `names`: the repositories, by number.
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
