/// Finds out what is asked about one repository. Every answer may raise further questions; all that are open are asked at once, up
/// to a window, and none is asked twice. So the dependent rounds are as many as the longest chain of documents, whatever their number.
struct RepositoryInquiry: Sendable {
    /// One thing to read.
    enum Question: Hashable, Sendable {
        case tagNames, revisionList, uploads
        case tag(String)
        case revision(Digest)
        case manifest(Digest)
        case blob(Digest)
        case layerLink(Digest)
        case configuration(Digest)
    }

    /// What answers raise further questions about.
    struct Scope: OptionSet, Sendable {
        let rawValue: Int
        /// Of each tag met: its link.
        static let tagLinks = Scope(rawValue: 1)
        /// Of each manifest met: all that it reaches.
        static let reach = Scope(rawValue: 2)
        /// Of each image met: its configuration.
        static let configurations = Scope(rawValue: 4)
    }

    let name: RepositoryName
    let pass: RegistryPass
    let scope: Scope

    /// The answers to `questions` and to all that they raise, on top of `known`.
    func facts(_ questions: [Question], known: RepositoryFacts = RepositoryFacts()) async throws -> RepositoryFacts {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            var agenda = Agenda(scope: scope, facts: known)
            for question in questions { agenda.ask(question) }
            var underWay = 0
            defer { pass.memory.questions.add(-underWay) }
            while true {
                while mayAsk(underWay), let question = agenda.next() {
                    underWay += 1
                    pass.memory.questions.add(1)
                    group.addTask { try await answer(question) }
                }
                guard let answer = try await group.next() else { return agenda.facts }
                underWay -= 1
                pass.memory.questions.add(-1)
                agenda.take(answer)
            }
        }
    }

    private func mayAsk(_ underWay: Int) -> Bool {
        underWay < PassMemory.share
            || underWay < pass.reader.window && pass.memory.questions.value < PassMemory.questionLimit
    }

    enum Answer: Sendable {
        case tagNames([String]?), revisionList([Digest]?), uploads([String]?)
        case tag(String, LinkFinding)
        case revision(Digest, RevisionFinding)
        case manifest(Digest, ManifestFinding)
        case blob(Digest, BlobFinding)
        case layerLink(Digest, LinkFinding)
        case configuration(Digest, ImageConfiguration?)
    }

    private func answer(_ question: Question) async throws -> Answer {
        let reader = pass.reader
        switch question {
        case .tagNames:
            return try await .tagNames(reader.storage.entries(reader.paths.tags(name)).map(RegistryReader.directories))
        case .revisionList: return try await .revisionList(reader.digests(below: reader.paths.revisions(name)))
        case .uploads:
            return try await .uploads(
                reader.storage.entries(reader.paths.uploads(name)).map(RegistryReader.directories))
        case .tag(let tag):
            return try await .tag(tag, reader.link(ofTag: tag, of: name))
        case .revision(let digest): return try await .revision(digest, reader.revision(digest, of: name))
        case .manifest(let digest): return try await .manifest(digest, pass.memory.manifests(digest))
        case .blob(let digest): return try await .blob(digest, pass.memory.blobs(digest))
        case .layerLink(let digest):
            return try await .layerLink(digest, reader.link(at: reader.paths.layerLink(name, digest)))
        case .configuration(let digest):
            return try await .configuration(digest, pass.memory.configurations(digest))
        }
    }
}

/// The open questions of an inquiry, and what is known so far.
private struct Agenda {
    let scope: RepositoryInquiry.Scope
    var facts: RepositoryFacts
    private var open: [RepositoryInquiry.Question] = []
    private var asked: Set<RepositoryInquiry.Question> = []
    /// How deep in indexes a manifest lies, at least. A cycle never makes that smaller, so it ends.
    private var depths: [Digest: Int] = [:]
    /// Configurations that are named by another digest than the one they lie below.
    private var aliasedConfigurations: Set<Digest> = []

    init(scope: RepositoryInquiry.Scope, facts: RepositoryFacts) {
        self.scope = scope
        self.facts = facts
    }

    mutating func next() -> RepositoryInquiry.Question? { open.popLast() }

    mutating func ask(_ question: RepositoryInquiry.Question) {
        if case .manifest(let digest) = question, depths[digest] == nil { depths[digest] = 0 }
        if asked.insert(question).inserted { open.append(question) }
    }

    mutating func take(_ answer: RepositoryInquiry.Answer) {
        switch answer {
        case .tagNames(let names):
            facts.tagNames = names
            if scope.contains(.tagLinks) { for name in names ?? [] { ask(.tag(name)) } }
        case .revisionList(let digests):
            facts.listedRevisions = digests
            if scope.contains(.reach) { for digest in digests ?? [] { ask(.revision(digest)) } }
            // A directory of that name without a link is what a deletion left; its manifest is read in vain, at no delay.
            if scope.contains(.reach) { for digest in digests ?? [] { reach(digest, depth: 0) } }
        case .uploads(let identifiers): facts.uploads = identifiers
        case .tag(let tag, let link):
            facts.tags[tag] = link
            if scope.contains(.reach), let digest = link.digest { reach(digest, depth: 0) }
        case .revision(let digest, let finding):
            facts.revisions[digest] = finding
            if scope.contains(.reach) { for signature in finding.signatures.keys { ask(.blob(signature)) } }
        case .manifest(let digest, let finding):
            facts.manifests[digest] = finding
            if scope.contains(.reach) { follow(finding.manifest, depth: depths[digest] ?? 0) }
        case .blob(let digest, let finding): facts.blobs[digest] = finding
        case .layerLink(let digest, let finding):
            facts.layerLinks[digest] = finding
            // It says below which digest the blob lies.
            if !digest.isCanonical { ask(.blob(facts.canonical(digest))) }
            if aliasedConfigurations.contains(digest) { ask(.configuration(facts.canonical(digest))) }
        case .configuration(let digest, let configuration): facts.configurations[digest] = configuration
        }
    }

    /// A manifest and its revision directory are of interest.
    private mutating func reach(_ digest: Digest, depth: Int) {
        guard depth <= Manifest.nestingLimit, depth < depths[digest] ?? .max else { return }
        depths[digest] = depth
        ask(.revision(digest))
        ask(.manifest(digest))
        // Read already, but found nearer now: what lies in it may be within the limit after all.
        if let known = facts.manifests[digest]?.manifest { follow(known, depth: depth) }
    }

    private mutating func follow(_ manifest: Manifest?, depth: Int) {
        guard let manifest else { return }
        for reference in manifest.blobs {
            if reference.digest.isCanonical { ask(.blob(reference.digest)) }
            ask(.layerLink(reference.digest))
        }
        for child in manifest.manifests where child.namesManifest { reach(child.digest, depth: depth + 1) }
        if scope.contains(.configurations), let config = manifest.config,
            ManifestType.imageConfigurations.contains(config.mediaType ?? "")
        {
            if config.digest.isCanonical {
                ask(.configuration(config.digest))
            } else if facts.layerLinks[config.digest] != nil {
                ask(.configuration(facts.canonical(config.digest)))
            } else {
                aliasedConfigurations.insert(config.digest)
            }
        }
    }
}

extension Manifest {
    /// What it names that is no manifest: configuration, layers, and the blobs among an index's entries.
    var blobs: [Reference] {
        (config.map { [$0] } ?? []) + layers + manifests.filter { !$0.namesManifest }
    }
}
