/// Goes through repositories, tells a visitor of everything that they keep, and keeps nothing itself: for questions about the whole
/// registry, however large. (`RegistryPass` remembers what it reads, for questions about what is looked at.)
///
/// Of each repository it reads the current links of the tags, the links of the revisions, with a tag or without, and what their manifests
/// reach: configurations, layers, what an index names, to any depth that is followed, signatures of schema 1. (Referrers, manifests whose
/// `subject` is another one, are revisions like others.) A manifest is followed once in each repository; what repositories share is read
/// again, so that nothing has to be kept.
///
/// Concurrency: repositories, and the questions within each, are pipelined; the store bounds what is in flight. Cancelling the task ends
/// it: what the visitor has been told until then is true. Memory: the digests of the manifests of the repositories that are under way.
/// Errors: damage is told, never thrown; errors of the store are thrown, and what was told is not all then.
struct RegistrySweep<Visitor: SweepVisitor>: Sendable {
    /// How many repositories are under way at once.
    static var repositoryWindow: Int { 128 }
    /// How many questions a repository may always have under way.
    static var share: Int { 8 }

    let registry: RegistryReader
    let visitor: Visitor
    let scope: SweepScope
    /// Where a manifest is read; elsewhere than below `blobs/` if that is where it may be.
    let readManifest: @Sendable (Digest) async throws -> ManifestFinding
    private let questions = Counter()

    init(
        registry: RegistryReader, visitor: Visitor, scope: SweepScope = [],
        readManifest: (@Sendable (Digest) async throws -> ManifestFinding)? = nil
    ) {
        self.registry = registry
        self.visitor = visitor
        self.scope = scope
        self.readManifest = readManifest ?? { try await registry.manifest($0) }
    }

    /// Sweeps these repositories; a repository's number is its place in `names`. One that is not there any more is an empty one. Ends by
    /// asking for the pool: a deleted one answers every question with "no such object".
    func run(_ names: [RepositoryName], progress: ProgressHandler? = nil) async throws {
        let counter = ProgressCounter(phase: "repositories", total: UInt64(names.count), handler: progress)
        _ = try await concurrentMap(names.enumerated(), window: RegistrySweep.repositoryWindow) { index, name in
            try Task.checkCancellation()
            try await sweep(SweptRepository(name: name, index: index), SweepAgenda(scope))
            visitor.finished(index)
            counter.advance()
        }
        _ = try await registry.storage.objects.status()
    }

    /// Follows what a repository's links would lead to, without a repository: what something that was taken out of one still keeps.
    /// `number`: what the visitor is told in place of the repository's.
    func run(manifests: [Digest], signatures: [Digest], as number: Int) async throws {
        let owner = SweptRepository(name: nil, index: number)
        var agenda = SweepAgenda(following: manifests.flatMap { root($0, of: owner) })
        for signature in signatures where visitor.reached(SweepEdge(signature: signature, of: nil), in: number) {
            agenda.ask(.blob(signature, isForeign: false))
        }
        try await sweep(owner, agenda)
        visitor.finished(number)
    }

    private func sweep(_ repository: SweptRepository, _ agenda: SweepAgenda) async throws {
        try await withThrowingTaskGroup(of: [SweepQuestion].self) { group in
            var agenda = agenda
            var underWay = 0
            defer { questions.add(-underWay) }
            while true {
                while mayAsk(underWay), let question = agenda.next() {
                    underWay += 1
                    questions.add(1)
                    group.addTask { try await answer(question, of: repository) }
                }
                guard let raised = try await group.next() else { break }
                underWay -= 1
                questions.add(-1)
                for question in raised { agenda.ask(question) }
            }
            for digest in agenda.tooDeep { visitor.met(.tooDeep(digest), in: repository.index) }
        }
    }

    /// Enough to fill what the store lets through, whatever the number of repositories.
    private func mayAsk(_ underWay: Int) -> Bool {
        underWay < Self.share || questions.value < registry.storage.objects.load.limit * 4
    }
}

/// A repository that is swept.
struct SweptRepository: Sendable {
    /// Its name; nil for what only stands for one, and has no links of its own.
    let name: RepositoryName?
    /// Its number, for the visitor.
    let index: Int
}

/// One thing to read.
enum SweepQuestion: Sendable {
    case tags, revisions, layers
    case tag(String)
    case history(tag: String)
    case revision(Digest)
    /// `isSubject`: that it is not there is no problem.
    case manifest(Digest, depth: Int, isSubject: Bool)
    case blob(Digest, isForeign: Bool)
}

/// What is still to be asked about a repository. The newest first, so that what manifests raise does not pile up.
private struct SweepAgenda {
    private var open: [SweepQuestion]
    private var manifests = OrdinalTable<Digest>()
    /// How deep in indexes each manifest lies, at least. A cycle never makes that smaller, so it ends.
    private var depths: [UInt8] = []
    private var beyond: Set<Digest> = []

    /// Everything of a repository.
    init(_ scope: SweepScope) {
        open = [.revisions, .tags] + (scope.contains(.layerLinks) ? [.layers] : [])
    }

    /// These questions, and what they raise.
    init(following questions: [SweepQuestion]) {
        open = []
        for question in questions { ask(question) }
    }

    /// The manifests that are reached, but too deep to be followed.
    var tooDeep: [Digest] { beyond.filter { manifests.ordinal(of: $0) == nil }.sorted() }

    mutating func next() -> SweepQuestion? { open.popLast() }

    mutating func ask(_ question: SweepQuestion) {
        if case .manifest(let digest, let depth, _) = question {
            guard depth <= Manifest.nestingLimit else {
                beyond.insert(digest)
                return
            }
            let (number, isNew) = manifests.insert(digest)
            if isNew {
                depths.append(UInt8(depth))
            } else if depth < depths[number] {
                // Followed already, but found nearer now: what lies in it may be within the limit after all.
                depths[number] = UInt8(depth)
            } else {
                return
            }
        }
        open.append(question)
    }
}
