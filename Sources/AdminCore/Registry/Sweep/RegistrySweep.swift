package import ObjectStore
import StorageDriver

/// Goes through repositories and reports everything that they keep to a visitor. A sweep itself
/// remembers next to nothing, so it answers questions about a registry of any size. (`RegistryPass`
/// remembers what it reads, for questions about a part of it.)
///
/// For each repository a sweep reads the current links of the tags, the links of the revisions,
/// with a tag or without, and everything that their manifests reach: configurations, layers,
/// entries of indexes to any depth that is followed, signatures of schema 1. (Referrers, manifests
/// with a `subject`, are revisions like others.) Of blobs that are no manifests it reads the first
/// chunk. It follows a manifest once in each repository. Shared manifests are read again, unless
/// `readManifest` remembers them (`UsageLedger`).
///
/// Concurrency: repositories, and the questions within each, are pipelined; the store bounds the
/// operations in flight. Cancelling the task ends the sweep; all reports until then are true.
/// Memory: the digests of the manifests of the repositories in progress. Errors: damage is reported
/// to the visitor, never thrown. The errors of the store are thrown; the reports are incomplete
/// then.
package struct RegistrySweep<Visitor: SweepVisitor>: Sendable {
    /// The number of repositories in progress at once.
    static var repositoryWindow: Int { 128 }
    /// The number of questions that a repository may always have under way.
    static var share: Int { 8 }

    let registry: RegistryReader
    let visitor: Visitor
    let scope: SweepScope
    /// Reads a manifest, or remembers it.
    let readManifest: @Sendable (Digest) async throws -> SweptManifest
    /// The digests in the paths of blobs that manifests name by another digest than a SHA-256. Very
    /// few pools have any.
    private let canonical: Memo<Alias, Digest>
    private let questions = Counter()

    package init(
        registry: RegistryReader, visitor: Visitor, scope: SweepScope = [],
        readManifest: (@Sendable (Digest) async throws -> SweptManifest)? = nil
    ) {
        self.registry = registry
        self.visitor = visitor
        self.scope = scope
        self.readManifest = readManifest ?? { SweptManifest(try await registry.manifest($0)) }
        canonical = Memo { try await registry.canonical($0.digest, in: $0.name) }
    }

    private struct Alias: Hashable, Sendable {
        let digest: Digest
        let name: RepositoryName
    }

    /// Sweeps these repositories. The index in `names` is the number of a repository. A missing
    /// repository counts as empty. At the end checks that the pool exists, since a deleted pool
    /// answers every read with "no such object".
    package func run(_ names: [RepositoryName], progress: ProgressHandler? = nil) async throws {
        let counter = ProgressCounter(phase: "repositories", total: UInt64(names.count), handler: progress)
        _ = try await concurrentMap(names.enumerated(), window: RegistrySweep.repositoryWindow) { index, name in
            try Task.checkCancellation()
            var agenda = Agenda()
            if scope.contains(.layerLinks) { agenda.ask(.layers) }
            for question in [SweepQuestion.tags, .revisions] { agenda.ask(question) }
            try await sweep(SweptRepository(name: name, index: index), agenda)
            visitor.finished(index)
            counter.advance()
        }
        _ = try await registry.storage.objects.status()
    }

    /// Follows some manifests and signatures without a repository: everything that links keep after
    /// they were taken from their repository. `number` stands for the number of a repository.
    package func run(manifests: [Digest], signatures: [Digest], as number: Int) async throws {
        let owner = SweptRepository(name: nil, index: number)
        var agenda = Agenda()
        for question in manifests.flatMap({ root($0, of: owner) }) { agenda.ask(question) }
        for signature in signatures where visitor.reached(SweepEdge(signature: signature, of: nil), in: number) {
            agenda.ask(.blob(signature, isForeign: false))
        }
        try await sweep(owner, agenda)
        visitor.finished(number)
    }

    private func sweep(_ repository: SweptRepository, _ agenda: Agenda) async throws {
        var agenda = agenda
        try await agenda.run(counting: questions, while: mayAsk) { question in
            try await answer(question, of: repository)
        } taking: { agenda, raised in
            for question in raised { agenda.ask(question) }
        }
        for digest in agenda.tooDeep.sorted() { visitor.met(.tooDeep(digest), in: repository.index) }
    }

    /// Allows enough questions to fill the store's limit, whatever the number of repositories.
    private func mayAsk(_ underWay: Int) -> Bool {
        underWay < Self.share || questions.value < registry.storage.objects.load.limit * 4
    }

    // MARK: - Answers

    /// Answers a question, reports to the visitor, and returns the further questions.
    func answer(_ question: SweepQuestion, of repository: SweptRepository) async throws -> [SweepQuestion] {
        switch question {
        case .manifest(let digest, let depth, let isSubject):
            let finding = try await readManifest(digest)
            if isSubject, finding.blob.state == .missing { return [] }
            visitor.found(finding.blob, of: digest)
            guard let edges = finding.edges else {
                visitor.met(.manifest(digest, finding.reason), in: repository.index)
                return []
            }
            if finding.blob.state != .ok { visitor.met(.blob(digest, finding.blob), in: repository.index) }
            return try await follow(edges, named: digest, depth: depth, of: repository)
        case .blob(let digest, let isForeign):
            let finding = try await registry.blob(digest, isWhole: false)
            visitor.found(finding, of: digest)
            if finding.state != .ok, !(isForeign && finding.state == .missing) {
                visitor.met(.blob(digest, finding), in: repository.index)
            }
            return []
        case .tags, .revisions, .layers, .tag, .history, .revision:
            guard let name = repository.name else { return [] }
            return try await answer(question, of: name, repository)
        }
    }

    private func answer(
        _ question: SweepQuestion, of name: RepositoryName, _ repository: SweptRepository
    ) async throws -> [SweepQuestion] {
        let paths = registry.paths
        switch question {
        case .tags:
            let tags = try await registry.storage.entries(paths.tags(name)).map(RegistryReader.directories) ?? []
            return tags.map { .tag($0) } + (scope.contains(.history) ? tags.map { .history(tag: $0) } : [])
        case .revisions: return try await (registry.digests(below: paths.revisions(name)) ?? []).map { .revision($0) }
        case .layers:
            try await tellLinks(below: paths.layers(name), of: repository) { .layer($0) }
            return []
        case .history(let tag):
            guard let directory = paths.index(name, tag: tag) else { return [] }
            try await tellLinks(below: directory, of: repository) { .history($0, tag: tag) }
            return []
        case .tag(let tag): return try await follow(tag: tag, of: name, repository)
        case .revision(let digest): return try await follow(revision: digest, of: name, repository)
        case .manifest, .blob: return []
        }
    }

    private func follow(
        tag: String, of name: RepositoryName, _ repository: SweptRepository
    ) async throws -> [SweepQuestion] {
        guard let path = registry.paths.currentLink(name, tag: tag) else { return [] }
        let link = SweepLink(kind: .tag(tag), finding: try await registry.links.read(at: path))
        tell(link, expecting: nil, of: repository)
        guard let digest = link.finding.digest else { return [] }
        return root(digest, of: repository)
    }

    private func follow(
        revision digest: Digest, of name: RepositoryName, _ repository: SweptRepository
    ) async throws -> [SweepQuestion] {
        let finding = try await registry.revision(digest, of: name)
        // The remains of a deletion through the registry's API are no revision.
        guard finding.isThere else { return [] }
        tell(SweepLink(kind: .revision(digest), finding: finding.link), expecting: digest, of: repository)
        var raised = root(digest, of: repository)
        for (signature, link) in finding.signatures {
            tell(
                SweepLink(kind: .signature(signature, of: digest), finding: link), expecting: signature, of: repository)
            if visitor.reached(SweepEdge(signature: signature, of: digest), in: repository.index) {
                raised.append(.blob(signature, isForeign: false))
            }
        }
        return raised
    }

    /// Reports a manifest that a link names, and returns the question about it.
    func root(_ digest: Digest, of repository: SweptRepository) -> [SweepQuestion] {
        _ = visitor.reached(SweepEdge(digest: digest, kind: .manifest, parent: nil), in: repository.index)
        return [.manifest(digest, depth: 0, isSubject: false)]
    }

    private func follow(
        _ edges: [SweptManifest.Edge], named parent: Digest, depth: Int, of repository: SweptRepository
    ) async throws -> [SweepQuestion] {
        var raised: [SweepQuestion] = []
        for edge in edges {
            var digest = edge.digest
            switch edge.kind {
            case .config, .layer:
                if let name = repository.name, !digest.isCanonical {
                    digest = try await canonical(Alias(digest: digest, name: name))
                }
            case .manifest: break
            case .subject where scope.contains(.subjects): break
            case .subject, .signature, .other: continue
            }
            let isWanted = visitor.reached(
                SweepEdge(digest: digest, kind: edge.kind, parent: parent), in: repository.index)
            if edge.kind == .manifest || edge.kind == .subject {
                raised.append(.manifest(digest, depth: depth + 1, isSubject: edge.kind == .subject))
            } else if isWanted {
                raised.append(.blob(digest, isForeign: edge.isForeign))
            }
        }
        return raised
    }

    private func tellLinks(
        below directory: StoragePath, of repository: SweptRepository, _ kind: (Digest) -> SweepLink.Kind
    ) async throws {
        for (digest, finding) in try await registry.links.read(below: directory) {
            tell(SweepLink(kind: kind(digest), finding: finding), expecting: digest, of: repository)
        }
    }

    private func tell(_ link: SweepLink, expecting digest: Digest?, of repository: SweptRepository) {
        visitor.met(link, in: repository.index)
        if let fault = link.finding.fault(expecting: digest) {
            visitor.met(.link(link.kind, fault), in: repository.index)
        }
    }
}

/// A repository in progress.
struct SweptRepository: Sendable {
    /// The name; nil for a stand-in without links of its own.
    let name: RepositoryName?
    /// The number that the visitor knows.
    let index: Int
}

/// The part of a manifest that a sweep needs.
package struct SweptManifest: Sendable {
    /// A reference to a blob.
    package struct Edge: Sendable {
        package let digest: Digest
        /// True for a layer that registries need not hold.
        package let isForeign: Bool
        package let kind: Manifest.Edge.Kind

        package init(digest: Digest, isForeign: Bool, kind: Manifest.Edge.Kind) {
            self.digest = digest
            self.isForeign = isForeign
            self.kind = kind
        }
    }

    /// The manifest's blob.
    package let blob: BlobFinding
    /// The references; nil if the manifest cannot be read.
    package let edges: [Edge]?
    /// The fault, as the end of a sentence that begins with the manifest's name; empty if there is
    /// none.
    package let reason: String

    package init(blob: BlobFinding, edges: [Edge]?, reason: String) {
        self.blob = blob
        self.edges = edges
        self.reason = reason
    }

    package init(_ finding: ManifestFinding) {
        let edges = finding.manifest?.edges.map { Edge(digest: $0.digest, isForeign: $0.isForeign, kind: $0.kind) }
        self.init(blob: finding.blob, edges: edges, reason: finding.reason)
    }
}

/// A thing to read.
enum SweepQuestion: Sendable {
    case tags, revisions, layers
    case tag(String)
    case history(tag: String)
    case revision(Digest)
    /// A missing subject is no problem.
    case manifest(Digest, depth: Int, isSubject: Bool)
    case blob(Digest, isForeign: Bool)
}

/// The open questions about a repository.
private typealias Agenda = ManifestTraversal<SweepQuestion>

extension Agenda {
    fileprivate mutating func ask(_ question: SweepQuestion) {
        if case .manifest(let digest, let depth, _) = question, !enters(digest, depth: depth) { return }
        add(question)
    }
}

extension SweepEdge {
    fileprivate init(signature digest: Digest, of parent: Digest?) {
        self.init(digest: digest, kind: .signature, parent: parent)
    }
}
