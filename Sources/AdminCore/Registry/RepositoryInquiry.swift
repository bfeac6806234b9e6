import ObjectStore
import StorageDriver

/// Answers questions about one repository. An answer may raise further questions; all open ones are
/// asked at once, up to a window, and each is asked once. So there are as many dependent rounds as
/// the longest chain of documents has links.
package struct RepositoryInquiry: Sendable {
    /// A thing to read.
    package enum Question: Hashable, Sendable {
        case tagNames, revisionList, uploads
        case tag(String)
        case revision(Digest)
        case manifest(Digest)
        case blob(Digest)
        case layerLink(Digest)
        case configuration(Digest)
    }

    /// The further questions that answers raise.
    package struct Scope: OptionSet, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) {
            self.rawValue = rawValue
        }
        /// The current link of each tag that is found.
        package static let tagLinks = Scope(rawValue: 1)
        /// Everything that each found manifest reaches.
        package static let reach = Scope(rawValue: 2)
        /// With `reach`, the configuration of each image.
        static let configurations = Scope(rawValue: 4)
        /// The manifests that each found manifest names.
        package static let parts = Scope(rawValue: 8)
    }

    package let name: RepositoryName
    package let pass: RegistryPass
    package let scope: Scope

    package init(name: RepositoryName, pass: RegistryPass, scope: Scope) {
        self.name = name
        self.pass = pass
        self.scope = scope
    }

    /// Returns the answers to `questions` and to everything that they raise, added to `known`.
    package func facts(_ questions: [Question], known: RepositoryFacts = RepositoryFacts()) async throws
        -> RepositoryFacts
    {
        var answers = Answers(scope: scope, facts: known)
        var traversal = ManifestTraversal<Question>()
        for question in questions {
            if case .manifest(let digest) = question { _ = traversal.enters(digest) }
            answers.ask(question, &traversal)
        }
        try await traversal.run(counting: pass.memory.questions, while: mayAsk, reading: answer) { traversal, answer in
            answers.take(answer, &traversal)
        }
        return answers.facts
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
            return try await .tag(tag, reader.links.read(ofTag: tag, of: name))
        case .revision(let digest): return try await .revision(digest, reader.revision(digest, of: name))
        case .manifest(let digest): return try await .manifest(digest, pass.memory.manifests(digest))
        case .blob(let digest): return try await .blob(digest, pass.memory.blobs(digest))
        case .layerLink(let digest):
            return try await .layerLink(digest, reader.links.read(at: reader.paths.layerLink(name, digest)))
        case .configuration(let digest):
            return try await .configuration(digest, pass.memory.configurations(digest))
        }
    }
}

/// The answers of an inquiry, and the questions that were asked.
private struct Answers {
    let scope: RepositoryInquiry.Scope
    var facts: RepositoryFacts
    private var asked: Set<RepositoryInquiry.Question> = []
    /// Configurations that are named by another digest than the one in their path.
    private var aliasedConfigurations: Set<Digest> = []

    typealias Traversal = ManifestTraversal<RepositoryInquiry.Question>

    init(scope: RepositoryInquiry.Scope, facts: RepositoryFacts) {
        self.scope = scope
        self.facts = facts
    }

    mutating func ask(_ question: RepositoryInquiry.Question, _ traversal: inout Traversal) {
        if asked.insert(question).inserted { traversal.add(question) }
    }

    mutating func take(_ answer: RepositoryInquiry.Answer, _ traversal: inout Traversal) {
        switch answer {
        case .tagNames(let names):
            facts.tagNames = names
            if scope.contains(.tagLinks) { for name in names ?? [] { ask(.tag(name), &traversal) } }
        case .revisionList(let digests):
            facts.listedRevisions = digests
            // The directory of a deleted revision has no link; reading its manifest is useless
            // then, but costs no time.
            if scope.contains(.reach) { for digest in digests ?? [] { meet(digest, depth: 0, &traversal) } }
        case .uploads(let identifiers): facts.uploads = identifiers
        case .tag(let tag, let link):
            facts.tags[tag] = link
            if let digest = link.digest { meet(digest, depth: 0, &traversal) }
        case .revision(let digest, let finding):
            facts.revisions[digest] = finding
            if scope.contains(.reach) { for signature in finding.signatures.keys { ask(.blob(signature), &traversal) } }
        case .manifest(let digest, let finding):
            facts.manifests[digest] = finding
            follow(finding.manifest, depth: traversal.depth(of: digest) ?? 0, &traversal)
        case .blob(let digest, let finding): facts.blobs[digest] = finding
        case .layerLink(let digest, let finding):
            facts.layerLinks[digest] = finding
            // The link holds the digest in the path of the blob.
            if !digest.isCanonical { ask(.blob(facts.canonical(digest)), &traversal) }
            if aliasedConfigurations.contains(digest) { ask(.configuration(facts.canonical(digest)), &traversal) }
        case .configuration(let digest, let configuration): facts.configurations[digest] = configuration
        }
    }

    /// Asks for a manifest, and for its revision directory if that matters.
    private mutating func meet(_ digest: Digest, depth: Int, _ traversal: inout Traversal) {
        guard !scope.isDisjoint(with: [.reach, .parts]), traversal.enters(digest, depth: depth) else { return }
        if scope.contains(.reach) { ask(.revision(digest), &traversal) }
        ask(.manifest(digest), &traversal)
        // The manifest was read before, and is now found nearer to a root.
        if let known = facts.manifests[digest]?.manifest { follow(known, depth: depth, &traversal) }
    }

    private mutating func follow(_ manifest: Manifest?, depth: Int, _ traversal: inout Traversal) {
        guard let manifest else { return }
        if scope.contains(.reach) {
            for reference in manifest.blobs {
                if reference.digest.isCanonical { ask(.blob(reference.digest), &traversal) }
                ask(.layerLink(reference.digest), &traversal)
            }
        }
        for child in manifest.children { meet(child.digest, depth: depth + 1, &traversal) }
        guard scope.contains([.reach, .configurations]), let config = manifest.config,
            ManifestType.imageConfigurations.contains(config.mediaType ?? "")
        else { return }
        if config.digest.isCanonical {
            ask(.configuration(config.digest), &traversal)
        } else if facts.layerLinks[config.digest] != nil {
            ask(.configuration(facts.canonical(config.digest)), &traversal)
        } else {
            aliasedConfigurations.insert(config.digest)
        }
    }
}
