import AdminCore
import ArgumentParser

/// One work on a registry that is computed instead of stored, so that only the memory of regtop is
/// measured.
struct ComputedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "computed", abstract: "Does one work on a computed registry.", shouldDisplay: false)

    enum Work: String, CaseIterable, ExpressibleByArgument {
        case enumerate, read, repos, unique, usage, mark, halfMark = "half-mark", fsck

        var title: String {
            switch self {
            case .enumerate: "the names of all objects"
            case .repos: "`repos`"
            case .unique: "`repos --unique`"
            case .usage: "`du`"
            case .mark: "`gc`, all is needed"
            case .halfMark: "`gc`, half is not needed"
            case .read: "each object read once"
            case .fsck: "`fsck`"
            }
        }
    }

    @Argument var work: Work
    @Argument var repositories: Int
    @Argument var blobs: Int

    func run() async throws {
        let content = SyntheticPool(repositories: repositories, blobs: blobs, isHalfGarbage: work == .halfMark)
        let pool = CompletePool(content)
        let registry = RegistryReader(storage: StorageReader(objects: pool))
        switch work {
        case .enumerate: try await enumerate(pool, atLeast: content.blobs)
        case .read: try await read(pool)
        case .repos: try await summaries(registry)
        case .unique, .usage:
            let usage = try await UsageInspector(registry: registry).usage(pool: work == .usage)
            guard usage.blobs == content.blobs else { throw WrongContent(what: "\(usage.blobs) blobs") }
        case .mark, .halfMark: try await mark(registry, unneeded: content.unneeded)
        case .fsck: try await check(registry)
        }
    }

    /// What a mark begins with, alone: the names of all objects.
    private func enumerate(_ pool: CompletePool, atLeast least: Int) async throws {
        var count = 0
        for cursor in try await pool.enumerate(.namespace(""), slices: 8) {
            while let page = try await cursor.next() { count += page.count }
        }
        guard count > least else { throw WrongContent(what: "\(count) objects") }
    }

    private func summaries(_ registry: RegistryReader) async throws {
        let rows = try await registry.pass().summaries(of: registry.repositoryNames())
        guard rows.count == repositories, rows.allSatisfy({ $0.state == .ok }) else {
            throw WrongContent(what: "\(rows.count) repositories")
        }
    }

    /// The mark of a collection, and the plan that is made of it.
    private func mark(_ registry: RegistryReader, unneeded: Int) async throws {
        let plan = try await ChangePlanner(registry: registry, policy: JournalPolicy(clock: .system)).collection(
            CollectionOptions(maxShare: 100))
        let taken = plan.items(.quarantine).count
        guard plan.obstacles.isEmpty, taken == unneeded else {
            throw WrongContent(what: "\(taken) blobs are taken instead of \(unneeded); \(plan.obstacles)")
        }
    }

    private func check(_ registry: RegistryReader) async throws {
        let report = await Fsck(registry: registry, options: FsckOptions(clock: .system)).run()
        guard report.isComplete, report.problems.isEmpty else {
            throw WrongContent(what: "\(report.stopped ?? ""): \(report.problems.prefix(3))")
        }
    }

    /// One read an object: of a directory its keys, of a chunk its size and its first bytes. This
    /// is the minimum for any check of a whole pool.
    private func read(_ pool: CompletePool) async throws {
        for cursor in try await pool.enumerate(.all, slices: 8) {
            while let page = try await cursor.next() {
                let pieces = stride(from: 0, to: page.count, by: 64).map { page[$0..<min($0 + 64, page.count)] }
                try await each(pieces.count, depth: pieces.count) { index in
                    for object in pieces[index] {
                        let isChunk = object.name.bytes.first != UInt8(ascii: "/")
                        let operation =
                            isChunk
                            ? ReadOperation(xattrs: true, data: 0..<1024)
                            : ReadOperation(omap: .page(after: nil, limit: 1024))
                        guard try await pool.read(operation, of: object) != nil else {
                            throw WrongContent(what: "\(object)")
                        }
                    }
                }
            }
        }
    }
}
