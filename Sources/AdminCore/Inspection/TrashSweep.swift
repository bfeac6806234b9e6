import ObjectStore
import Registry
import StorageDriver
import Synchronization

/// Follows the manifests and the signatures whose links lie in the trash, as `RegistrySweep`
/// follows those of repositories. An unreadable link leads nowhere.
struct TrashSweep<Visitor: SweepVisitor>: Sendable {
    let registry: RegistryReader
    let visitor: Visitor
    /// See `RegistrySweep`.
    var readManifest: (@Sendable (Digest) async throws -> SweptManifest)?

    /// Sweeps the trash, and returns its holdings. The visitor gets each holding's index in the
    /// result, plus `first`, as its number.
    @discardableResult
    func run(numberedFrom first: Int = 0) async throws -> [Holding] {
        let holdings = try await registry.storage.holdings(in: registry.paths.trash)
        let sweep = RegistrySweep(registry: registry, visitor: visitor, readManifest: readManifest)
        for (index, holding) in holdings.enumerated() {
            let roots = try await concurrentMap(holding.entries, window: registry.window) { try await root($0) }
            try await sweep.run(
                manifests: roots.compactMap(\.manifest), signatures: roots.compactMap(\.signature), as: first + index)
        }
        return holdings
    }

    /// Returns the manifest or the signature that a reference in the trash keeps.
    private func root(_ entry: Holding.Entry) async throws -> (manifest: Digest?, signature: Digest?) {
        switch registry.paths.file(at: entry.origin) {
        case .revision(let digest): (digest, nil)
        case .signature(let digest, _): (nil, digest)
        case .currentLink: (try await registry.links.read(entry.blob, at: entry.origin).digest, nil)
        default: (nil, nil)
        }
    }
}

/// Notes the numbers of the holdings that reach one blob.
final class ReachVisitor: SweepVisitor {
    private let wanted: Digest
    private let found = Mutex<Set<Int>>([])

    init(_ wanted: Digest) {
        self.wanted = wanted
    }

    var numbers: Set<Int> { found.withLock { $0 } }

    func met(_ link: SweepLink, in repository: Int) {}

    func reached(_ edge: SweepEdge, in repository: Int) -> Bool {
        if edge.digest == wanted { found.withLock { _ = $0.insert(repository) } }
        return false
    }

    func found(_ finding: BlobFinding, of digest: Digest) {}

    func met(_ problem: SweepProblem, in repository: Int) {}

    func finished(_ repository: Int) {}
}
