/// Why a blob is in the pool.
public struct BlobExplanation: Hashable, Sendable {
    /// What keeps it, in one word.
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// Something in the registry needs it.
        case needed
        /// Nothing but what lies in the trash needs it.
        case trash
        /// A collection has taken it away from its place and has not freed it yet.
        case quarantine
        /// It is at its place, and nothing needs it: garbage, which a collection finds.
        case unreferenced
        /// It is nowhere.
        case missing
    }

    /// The blob.
    public let digest: Digest
    /// What keeps it.
    public let state: State
    /// Bytes; nil if it is not at its place, or does not tell.
    public let size: UInt64?
    /// Who needs it.
    public let uses: [BlobUse]
    /// The deletions in the trash that need it, by what was deleted.
    public let trash: [String]
    /// The collections' holdings that have it, by their names.
    public let quarantine: [String]
    /// The repositories that have a link to it and do not need it; asked for only if nothing needs it.
    public let linkedIn: [RepositoryName]
}

extension BlobInspector {
    /// Why a blob is there, or why not. Needs a pass over all repositories: expensive.
    public func explain(_ digest: Digest, progress: ProgressHandler? = nil) async throws -> BlobExplanation {
        let blob = try await registry.blob(digest)
        let uses = try await uses(of: digest, progress: progress)
        let trash = try await registry.trashed(reaching: digest)
        let place = registry.paths.blob(digest)
        let quarantine = try await registry.storage.holdings(in: registry.paths.quarantine)
            .filter { holding in holding.entries.contains { $0.origin == place } }
        let state: BlobExplanation.State =
            if !uses.isEmpty {
                .needed
            } else if !trash.isEmpty {
                .trash
            } else if blob.state != .missing {
                .unreferenced
            } else if !quarantine.isEmpty {
                .quarantine
            } else {
                .missing
            }
        return BlobExplanation(
            digest: digest, state: state, size: blob.size, uses: uses, trash: trash.map(\.label),
            quarantine: quarantine.map(\.label), linkedIn: uses.isEmpty ? try await links(to: digest) : [])
    }

    /// The digest that is meant, of a blob at its place or in quarantine; where no digest of these begins so, of one that the registry's links and
    /// manifests name, for which everything is swept. A whole one is not looked for. Throws `DigestPrefixError`.
    public func digest(matching prefix: DigestPrefix, progress: ProgressHandler? = nil) async throws -> Digest {
        if let whole = prefix.whole { return whole }
        let taken = try await registry.storage.holdings(in: registry.paths.quarantine)
            .flatMap { $0.entries.compactMap { registry.paths.digest(ofBlob: $0.origin) } }
        let found = try await registry.blobs(matching: prefix) + taken.filter(prefix.matches)
        if !found.isEmpty { return try prefix.only(of: found) }
        let visitor = PrefixVisitor(prefix)
        let names = try await registry.repositoryNames()
        try await RegistrySweep(registry: registry, visitor: visitor, scope: .layerLinks).run(names, progress: progress)
        return try prefix.only(of: visitor.digests)
    }

    private func links(to digest: Digest) async throws -> [RepositoryName] {
        let names = try await registry.repositoryNames()
        return try await concurrentMap(names, window: registry.window) { name in
            try await registry.storage.entry(registry.paths.layerLink(name, digest)) == nil ? nil : name
        }.compactMap(\.self)
    }
}

extension Holding {
    /// What a person knows it by: what was taken, else its own name.
    fileprivate var label: String { note?.name ?? path.name }
}

extension RegistryReader {
    /// The deletions in the trash that need a blob.
    fileprivate func trashed(reaching digest: Digest) async throws -> [Holding] {
        let holdings = try await storage.holdings(in: paths.trash)
        let reach = ReachVisitor(digest)
        for (index, holding) in holdings.enumerated() { try await sweep(holding, as: index, into: reach) }
        return reach.numbers.sorted().map { holdings[$0] }
    }
}
