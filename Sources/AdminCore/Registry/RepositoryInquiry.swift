import ObjectStore
import StorageDriver

/// Answers questions about one repository. An answer may raise further questions; all open ones are
/// asked at once, up to a window, and each is asked once. So there are as many dependent rounds as
/// the longest chain of documents has links.
package struct RepositoryInquiry: Sendable {
    /// A thing to read.
    package enum Question: Hashable, Sendable {
        case tagNames, revisionList, layerList, uploads
        case tag(String)
        case revision(Digest)
        case manifest(Digest)
        case blob(Digest)
        case layerLink(Digest)
        case configuration(Digest)
        case upload(String)
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
        /// With `reach`, each manifest in the list of revisions.
        package static let untagged = Scope(rawValue: 16)
        /// With `reach`, no look at links that are listed. A link counts as sound then if its
        /// directory is listed; only the others are read, and the revision directories of schema 1
        /// and of manifests that cannot be read. The inquiry has to ask for `revisionList` and
        /// `layerList`.
        package static let listings = Scope(rawValue: 32)
        /// With `reach`, the configuration of each image.
        static let configurations = Scope(rawValue: 4)
        /// The manifests that each found manifest names.
        package static let parts = Scope(rawValue: 8)
        /// The identifiers of the files of each upload that is found.
        package static let uploadFiles = Scope(rawValue: 64)
    }

    package let name: RepositoryName
    package let pass: RegistryPass
    package let scope: Scope
    /// True to keep the listings of the repository in the memory of the pass, for many inquiries
    /// about one repository.
    private let keepsListings: Bool

    package init(name: RepositoryName, pass: RegistryPass, scope: Scope, keepsListings: Bool = false) {
        self.name = name
        self.pass = pass
        self.scope = scope
        self.keepsListings = keepsListings
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
        case tagNames([DirectoryEntry]?), revisionList([Digest]?), layerList([Digest]?), uploads([DirectoryEntry]?)
        case upload(String, [BlobIdentifier])
        case tag(String, LinkFinding)
        case revision(Digest, RevisionFinding)
        case manifest(Digest, ManifestFinding)
        case blob(Digest, BlobFinding)
        case layerLink(Digest, LinkFinding)
        case configuration(Digest, ConfigurationFinding)
    }

    /// Returns everything that the tags and the revisions of the repository reach, by the listings
    /// of its links. Reads the revision directories that no tag reaches: nothing else tells whether
    /// they are more than the remains of a deletion, and when they were written.
    ///
    /// - Parameters:
    ///   - questions: asked as well.
    ///   - more: the further questions that answers raise.
    package static func whole(
        _ name: RepositoryName, in pass: RegistryPass, and questions: [Question] = [], _ more: Scope = []
    ) async throws -> RepositoryFacts {
        let inquiry = RepositoryInquiry(
            name: name, pass: pass, scope: more.union([.tagLinks, .reach, .untagged, .listings]))
        let facts = try await inquiry.facts([.tagNames, .revisionList, .layerList] + questions)
        let untagged = facts.untaggedRevisions.filter { facts.revisions[$0]?.link.state == .listed }
        return untagged.isEmpty ? facts : try await inquiry.facts(untagged.map { .revision($0) }, known: facts)
    }

    private func answer(_ question: Question) async throws -> Answer {
        let reader = pass.reader
        switch question {
        case .tagNames:
            return try await .tagNames(reader.storage.entries(reader.paths.tags(name)))
        case .revisionList: return try await .revisionList(listing(reader.paths.revisions(name)))
        case .layerList: return try await .layerList(layers())
        case .uploads:
            if pass.memory.hasNoUploads(name) { return .uploads(nil) }
            return try await .uploads(reader.storage.entries(reader.paths.uploads(name)))
        case .upload(let identifier):
            let path = try reader.paths.uploads(name).appending(identifier)
            return try await .upload(identifier, (reader.storage.entries(path) ?? []).compactMap(\.kind.file))
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

    private func listing(_ revisions: StoragePath) async throws -> [Digest]? {
        keepsListings
            ? try await pass.memory.revisions(revisions)
            : try await pass.reader.digests(below: revisions, of: pass.memory.algorithms(pass.reader.paths.blobs))
    }

    private func layers() async throws -> [Digest]? {
        let directory = pass.reader.paths.layers(name)
        return keepsListings
            ? try await pass.memory.layers(directory) : try await pass.reader.digests(below: directory, of: ["sha256"])
    }
}

/// The answers of an inquiry, and the questions that were asked.
private struct Answers {
    let scope: RepositoryInquiry.Scope
    var facts: RepositoryFacts
    private var asked: Set<RepositoryInquiry.Question> = []
    /// Configurations that are named by another digest than the one in their path.
    private var aliasedConfigurations: Set<Digest> = []
    /// The listed links, and until the listing is read, the links that are needed.
    private var revisions = Listing()
    private var layers = Listing()

    typealias Traversal = ManifestTraversal<RepositoryInquiry.Question>

    /// The links below a directory.
    private struct Listing {
        private var listed: Set<Digest>?
        private var open: [Digest] = []

        /// Returns whether a link is listed; nil if that is not known yet.
        mutating func has(_ digest: Digest) -> Bool? {
            guard let listed else {
                open.append(digest)
                return nil
            }
            return listed.contains(digest)
        }

        /// Takes the listing; returns the links that were asked for before.
        mutating func take(_ digests: [Digest]?) -> [Digest] {
            listed = Set(digests ?? [])
            defer { open = [] }
            return open
        }
    }

    init(scope: RepositoryInquiry.Scope, facts: RepositoryFacts) {
        self.scope = scope
        self.facts = facts
    }

    mutating func ask(_ question: RepositoryInquiry.Question, _ traversal: inout Traversal) {
        if asked.insert(question).inserted { traversal.add(question) }
    }

    mutating func take(_ answer: RepositoryInquiry.Answer, _ traversal: inout Traversal) {
        switch answer {
        case .tagNames(let entries):
            let names = entries.map(RegistryReader.directories)
            facts.tagNames = names
            note(entries, "The directory of the tags")
            if scope.contains(.tagLinks) { for name in names ?? [] { ask(.tag(name), &traversal) } }
        case .revisionList(let digests):
            facts.listedRevisions = digests
            // The directory of a deleted revision has no link; reading its manifest is useless
            // then, but costs no time.
            if scope.contains([.reach, .untagged]) {
                for digest in digests ?? [] { meet(digest, depth: 0, &traversal) }
            }
            for digest in revisions.take(digests) { look(atRevision: digest, &traversal) }
        case .layerList(let digests):
            facts.listedLayers = digests
            for digest in layers.take(digests) { look(atLayer: digest, &traversal) }
        case .uploads(let entries):
            facts.uploads = entries.map(RegistryReader.directories)
            note(entries, "The directory of the uploads")
            guard scope.contains(.uploadFiles) else { break }
            for entry in entries ?? [] {
                if let name = entry.name, let file = entry.kind.file { facts.uploadFiles[name] = [file] }
            }
            for identifier in facts.uploads ?? [] { ask(.upload(identifier), &traversal) }
        case .upload(let identifier, let files): facts.uploadFiles[identifier] = files
        case .tag(let tag, let link):
            facts.tags[tag] = link
            if let digest = link.digest { meet(digest, depth: 0, &traversal) }
        case .revision(let digest, let finding):
            facts.revisions[digest] = finding
            if scope.contains(.reach) { for signature in finding.signatures.keys { ask(.blob(signature), &traversal) } }
        case .manifest(let digest, let finding):
            facts.manifests[digest] = finding
            if scope.contains([.reach, .listings]), finding.manifest?.isSchema1 ?? true {
                ask(.revision(digest), &traversal)
            }
            follow(finding.manifest, depth: traversal.depth(of: digest) ?? 0, &traversal)
        case .blob(let digest, let finding): facts.blobs[digest] = finding
        case .layerLink(let digest, let finding):
            facts.layerLinks[digest] = finding
            // The link holds the digest in the path of the blob.
            if aliasedConfigurations.contains(digest) {
                ask(.configuration(facts.canonical(digest)), &traversal)
            } else if !digest.isCanonical {
                ask(.blob(facts.canonical(digest)), &traversal)
            }
        case .configuration(let digest, let finding):
            facts.blobs[digest] = finding.blob
            facts.configurations[digest] = finding.configuration
        }
    }

    /// Notes the entries of a directory that no path can name. `fsck` calls them `bad-name`.
    private mutating func note(_ entries: [DirectoryEntry]?, _ directory: String) {
        for entry in entries ?? [] {
            guard case .invalid(let why) = entry.kind, facts.badEntries.count < Problems.limit else { continue }
            facts.badEntries.insert(
                "\(directory) has an entry \(ByteString(bytes: entry.key.bytes.prefix(200))) that regtop does not follow: \(why)."
            )
        }
    }

    /// Asks for a manifest, and for its revision directory if that matters.
    private mutating func meet(_ digest: Digest, depth: Int, _ traversal: inout Traversal) {
        guard !scope.isDisjoint(with: [.reach, .parts]), traversal.enters(digest, depth: depth) else { return }
        if scope.contains(.reach) { look(atRevision: digest, &traversal) }
        ask(.manifest(digest), &traversal)
        // The manifest was read before, and is now found nearer to a root.
        if let known = facts.manifests[digest]?.manifest { follow(known, depth: depth, &traversal) }
    }

    /// Looks at the revision directory of a manifest that something names.
    private mutating func look(atRevision digest: Digest, _ traversal: inout Traversal) {
        guard scope.contains(.listings) else { return ask(.revision(digest), &traversal) }
        switch revisions.has(digest) {
        case true?: if facts.revisions[digest] == nil { facts.revisions[digest] = .listed }
        case false?: ask(.revision(digest), &traversal)
        case nil: break
        }
    }

    /// Looks at the layer link of a blob that a manifest names.
    private mutating func look(atLayer digest: Digest, _ traversal: inout Traversal) {
        // The link holds the digest in the path of the blob.
        guard scope.contains(.listings), digest.isCanonical else { return ask(.layerLink(digest), &traversal) }
        guard facts.layerLinks[digest] == nil else { return }
        switch layers.has(digest) {
        case true?: facts.layerLinks[digest] = .listed
        case false?: ask(.layerLink(digest), &traversal)
        case nil: break
        }
    }

    private mutating func follow(_ manifest: Manifest?, depth: Int, _ traversal: inout Traversal) {
        guard let manifest else { return }
        let config = scope.contains([.reach, .configurations]) ? manifest.imageConfiguration : nil
        if let config, !config.isCanonical, facts.layerLinks[config] == nil { aliasedConfigurations.insert(config) }
        // A configuration is read as a whole, which shows the state of its blob as well.
        if let config, config.isCanonical || facts.layerLinks[config] != nil {
            ask(.configuration(facts.canonical(config)), &traversal)
        }
        if scope.contains(.reach) {
            for digest in manifest.blobs.map(\.digest) {
                if digest.isCanonical, digest != config { ask(.blob(digest), &traversal) }
                look(atLayer: digest, &traversal)
            }
        }
        for child in manifest.children { meet(child.digest, depth: depth + 1, &traversal) }
    }
}

extension DirectoryEntry.Kind {
    /// The identifier of a file; nil for other entries.
    fileprivate var file: BlobIdentifier? { if case .file(let blob) = self { blob } else { nil } }
}

extension Manifest {
    /// The digest of the configuration, if it says the date and the platform of an image.
    fileprivate var imageConfiguration: Digest? {
        config.flatMap { ManifestType.imageConfigurations.contains($0.mediaType ?? "") ? $0.digest : nil }
    }
}
