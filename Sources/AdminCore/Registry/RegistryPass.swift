package import ObjectStore
import StorageDriver
import Foundation
import Synchronization

/// One pass over a registry. It remembers what it has read. See `RegistryReader.pass()`.
///
/// Concurrency: every method may be called from any task. Ask for many repositories at once; the
/// store bounds the operations in flight. Errors: damage is part of the answers; the methods throw
/// `StorageError.notFound` and the store's `StoreError`.
public struct RegistryPass: Sendable {
    /// The registry.
    public let reader: RegistryReader
    package let memory: PassMemory

    init(reader: RegistryReader) {
        self.reader = reader
        memory = PassMemory(reader: reader)
    }

    // MARK: - Repositories

    /// Returns the names of all repositories, sorted; see `RegistryReader.repositoryNames(found:)`.
    /// The pass remembers which of them list uploads, and does not look for uploads in the others.
    public func repositoryNames(
        found: @escaping @Sendable ([RepositoryName]) async -> Void = { _ in }
    ) async throws -> [RepositoryName] {
        try await reader.repositoryNames { [memory] name, hasUploads in
            memory.met(name, hasUploads: hasUploads)
            await found([name])
        }
    }

    /// Returns a repository in a row.
    ///
    /// - Throws: `StorageError.notFound` if there is no such repository.
    public func summary(of name: RepositoryName) async throws -> RepositorySummary {
        let facts = try await RepositoryInquiry.whole(name, in: self, and: [.uploads])
        guard (facts.tagNames ?? []).isEmpty, facts.heldRevisions.isEmpty else {
            return RepositorySummary(name: name, facts: facts)
        }
        // The content of the layer links matters only here: they distinguish a repository without
        // tags from one with uploads only, and they date it.
        let layers = reader.paths.layers(name)
        let listed = try await reader.digests(below: layers, knowing: facts.listedLayers)
        let links = try await reader.links.read(listed ?? [], below: layers)
        if facts.tagNames == nil, facts.listedRevisions == nil, facts.uploads == nil, links.isEmpty {
            try await requireRepository(name)
        }
        let uploads =
            links.isEmpty
            ? try await concurrentMap(facts.uploads ?? [], window: reader.window) { try await upload($0, of: name) }
            : []
        return RepositorySummary(name: name, facts: facts, layerLinks: links, uploads: uploads)
    }

    /// Returns the damage of a repository that no tag shows, a sentence each; see
    /// `RepositorySummary.problems`. Two reads, and those of a summary if there are uploads.
    public func ownFaults(of name: RepositoryName) async throws -> [String] {
        let facts = try await RepositoryInquiry(name: name, pass: self, scope: []).facts([.tagNames, .uploads])
        guard facts.uploads?.isEmpty == false else { return facts.ownFaults }
        return try await RepositoryInquiry.whole(name, in: self, and: [.uploads], .uploadFiles).ownFaults
    }

    /// Returns many repositories in a row each, in the order of the names, without those that were
    /// removed meanwhile.
    public func summaries(of names: [RepositoryName]) async throws -> [RepositorySummary] {
        try await concurrentMap(names, window: reader.window) { name -> RepositorySummary? in
            do {
                return try await summary(of: name)
            } catch StorageError.notFound {
                return nil
            }
        }.compactMap(\.self)
    }

    /// Throws `StorageError.notFound` if there is no such repository.
    private func requireRepository(_ name: RepositoryName) async throws {
        let path = reader.paths.repository(name)
        let entries = try await reader.storage.entries(path) ?? []
        guard RegistryReader.directories(in: entries).contains(where: RegistryPaths.parts.contains) else {
            throw StorageError.notFound(path)
        }
    }

    // MARK: - Tags and manifests

    /// Returns the tags of a repository, sorted.
    ///
    /// - Throws: `StorageError.notFound` if there is no such repository.
    public func tags(of name: RepositoryName) async throws -> [TagSummary] {
        let inquiry = RepositoryInquiry(
            name: name, pass: self, scope: [.tagLinks, .reach, .configurations, .listings])
        let facts = try await inquiry.facts([.tagNames, .revisionList, .layerList])
        guard let names = facts.tagNames else {
            try await requireRepository(name)
            return []
        }
        return TagRows(facts: facts).rows(names)
    }

    /// Returns one tag in a row. The pass remembers the listings of the repository's links.
    ///
    /// - Throws: `StorageError.notFound` if there is no such tag.
    public func tag(_ tag: String, of name: RepositoryName) async throws -> TagSummary {
        let inquiry = RepositoryInquiry(
            name: name, pass: self, scope: [.reach, .configurations, .listings], keepsListings: true)
        let facts = try await inquiry.facts([.tag(tag), .revisionList, .layerList])
        try await requireTag(tag, of: name, in: facts)
        return TagRows(facts: facts).row(tag)
    }

    /// Returns the names of the tags of a repository, sorted. Reads one listing and no manifest.
    ///
    /// - Throws: `StorageError.notFound` if there is no such repository.
    public func tagNames(of name: RepositoryName) async throws -> [String] {
        if let entries = try await reader.storage.entries(reader.paths.tags(name)) {
            return RegistryReader.directories(in: entries)
        }
        try await requireRepository(name)
        return []
    }

    /// Returns the manifests that a repository links, sorted by digest, whether or not a tag names
    /// them.
    ///
    /// - Throws: `StorageError.notFound` if there is no such repository.
    public func revisions(of name: RepositoryName) async throws -> [Digest] {
        let inquiry = RepositoryInquiry(name: name, pass: self, scope: [])
        var facts = try await inquiry.facts([.revisionList])
        guard let listed = facts.listedRevisions else {
            try await requireRepository(name)
            return []
        }
        facts = try await inquiry.facts(listed.map { .revision($0) }, known: facts)
        return facts.heldRevisions
    }

    /// Returns one manifest in full. A digest without a revision link counts only if a tag of the
    /// repository names it: the repository does not serve it then, and `problems` says so.
    ///
    /// - Parameters:
    ///   - reference: a tag or a digest.
    ///   - expanding: whether the entries of an index have details, too.
    /// - Throws: `StorageError.notFound` if there is no such manifest, `.unsupported` for a whole
    ///   repository.
    public func image(_ reference: ImageReference, expanding: Bool = false) async throws -> ImageDetail {
        try await image(reference, expanding: expanding) { _, blob in blob }
    }

    /// Judges the blobs of an image that are damaged, or may be.
    package typealias BlobJudge = @Sendable (Digest, BlobFinding) async throws -> BlobFinding

    /// The same; `judge` has the last word on each blob that is damaged, or may be.
    package func image(
        _ reference: ImageReference, expanding: Bool, judge: @escaping BlobJudge
    ) async throws -> ImageDetail {
        let name = reference.repository
        let inquiry = RepositoryInquiry(name: name, pass: self, scope: [.reach, .configurations])
        switch reference.selector {
        case .repository:
            throw StorageError.unsupported("showing a whole repository as one image; name a tag or a digest of it")
        case .tag(let tag):
            let facts = try await judged(inquiry.facts([.tag(tag)]), judge)
            try await requireTag(tag, of: name, in: facts)
            return ImageDetail(
                name: name, tag: tag, digest: facts.tags[tag]?.digest, facts: facts, expanding: expanding)
        case .digest(let digest):
            let facts = try await judged(inquiry.facts([.revision(digest), .manifest(digest)]), judge)
            if facts.revisions[digest]?.isThere != true {
                let tags = try await RepositoryInquiry(name: name, pass: self, scope: .tagLinks).facts([.tagNames]).tags
                guard tags.values.contains(where: { $0.digest == digest }) else {
                    throw StorageError.notFound(reader.paths.revision(name, digest))
                }
            }
            return ImageDetail(name: name, tag: nil, digest: digest, facts: facts, expanding: expanding)
        }
    }

    private func judged(_ facts: RepositoryFacts, _ judge: @escaping BlobJudge) async throws -> RepositoryFacts {
        let found = facts.blobs.merging(facts.manifests.mapValues(\.blob)) { blob, _ in blob }
        let open = found.filter { $0.value.state == .suspect || $0.value.state == .damaged }
        guard !open.isEmpty else { return facts }
        let answers = try await concurrentMap(open, window: reader.window) { digest, blob in
            (digest, try await judge(digest, blob))
        }
        var facts = facts
        for (digest, blob) in answers {
            if facts.blobs[digest] != nil { facts.blobs[digest] = blob }
            facts.manifests[digest] = facts.manifests[digest]?.judged(blob)
        }
        return facts
    }

    /// Throws `StorageError.notFound` if there is no such tag. A listed directory without a link is
    /// a tag.
    package func requireTag(_ tag: String, of name: RepositoryName, in facts: RepositoryFacts) async throws {
        guard facts.tags[tag]?.state == .missing else { return }
        let path = try reader.paths.tags(name).appending(tag)
        guard case .directory? = try await reader.storage.entry(path)?.kind else { throw StorageError.notFound(path) }
    }

    /// Returns every blob that some manifests of a repository reach, with its size in bytes: the
    /// manifests, their configurations and layers, the entries of indexes and all that these reach,
    /// and signatures. A manifest that cannot be read reaches itself. Blobs that repositories share
    /// are read once in a pass.
    public func reach(of manifests: some Sequence<Digest>, in name: RepositoryName) async throws -> [Digest: UInt64] {
        let roots = Array(manifests)
        let inquiry = RepositoryInquiry(name: name, pass: self, scope: .reach)
        let facts = try await inquiry.facts(roots.flatMap { [.revision($0), .manifest($0)] })
        return Closure(of: roots, in: facts).sizes
    }

    // MARK: - Uploads

    /// Returns the unfinished uploads of a repository, sorted by identifier, and the files among
    /// them that belong to no upload.
    ///
    /// - Throws: `StorageError.notFound` if there is no such repository.
    public func uploads(of name: RepositoryName) async throws -> [UploadSummary] {
        guard let entries = try await reader.storage.entries(reader.paths.uploads(name)) else {
            try await requireRepository(name)
            return []
        }
        return try await concurrentMap(entries, window: reader.window) { entry -> UploadSummary? in
            guard let id = entry.name else { return nil }
            switch entry.kind {
            case .directory: return try await upload(id, of: name)
            case .file(let blob):
                async let size = size(entry)
                async let written = written(blob)
                return try await UploadSummary(
                    repository: name, id: id, started: nil, size: size, written: written, isStray: true)
            case .invalid: return nil
            }
        }.compactMap(\.self)
    }

    private func upload(_ identifier: String, of name: RepositoryName) async throws -> UploadSummary {
        let path = try reader.paths.uploads(name).appending(identifier)
        let entries = try await reader.storage.entries(path) ?? []
        async let size = size(entries.first { $0.name == "data" })
        async let modified = reader.storage.objects.read(.stat, of: StorageReader.directory(path))?.modified
        let started = try await start(
            entries.first { $0.name == "startedat" }, at: path.appending(.literal("startedat")))
        var written: Date?
        if started == nil {
            for case .file(let blob) in entries.map(\.kind) {
                guard let date = try await self.written(blob) else { continue }
                written = max(written ?? date, date)
            }
        }
        return try await UploadSummary(
            repository: name, id: identifier, started: started, size: size, written: written, modified: modified)
    }

    /// The time of the last write to a chunk of a file; nil if there is no chunk.
    private func written(_ blob: BlobIdentifier) async throws -> Date? {
        try await reader.storage.layout(of: blob).chunks.compactMap(\.modified).max()
    }

    private func start(_ entry: DirectoryEntry?, at path: StoragePath) async throws -> Date? {
        guard case .file(let file)? = entry?.kind else { return nil }
        do {
            let text = try await reader.storage.file(file, at: path, limit: 64).data
            return Timestamp.made(String(decoding: text, as: UTF8.self))
        } catch is StorageError {
            return nil
        }
    }

    private func size(_ entry: DirectoryEntry?) async throws -> UInt64 {
        guard case .file(let file)? = entry?.kind else { return 0 }
        return try await reader.storage.head(of: file).sizeOrLength
    }
}

/// The memory of a pass: everything that repositories share.
package final class PassMemory: Sendable {
    /// The blobs, by their first chunk.
    package let blobs: Memo<Digest, BlobFinding>
    /// The manifests. A pass forgets those that no repository asks for: each takes hundreds of
    /// bytes, and nearly all belong to one repository.
    package let manifests: Memo<Digest, ManifestFinding>
    /// The configurations; as many as manifests.
    let configurations: Memo<Digest, ConfigurationFinding>
    /// The algorithms of all digests, by the directory of the blobs.
    let algorithms: Memo<StoragePath, [String]>
    /// The listed links to manifests and layers, by their directory; of few repositories, since
    /// each takes 32 bytes.
    let revisions: Memo<StoragePath, [Digest]?>
    let layers: Memo<StoragePath, [Digest]?>
    /// Whether each repository lists a directory of uploads, if the pass has listed the names.
    private let uploads = Mutex<[RepositoryName: Bool]>([:])

    /// The number of questions under way, of all inquiries of the pass. Each is a task, so this
    /// bounds their memory.
    let questions = Counter()
    /// The number of questions from which on each inquiry asks at most `share` at once.
    static let questionLimit = 1 << 14
    /// The number of questions that each inquiry may always have under way.
    static let share = 16

    init(reader: RegistryReader) {
        blobs = Memo { try await reader.blob($0) }
        manifests = Memo(limit: 1 << 13) { try await reader.manifest($0) }
        configurations = Memo(limit: 1 << 13) { try await reader.configuration($0) }
        let algorithms = Memo<StoragePath, [String]> { try await reader.algorithms(in: $0) }
        revisions = Memo { try await reader.digests(below: $0, of: algorithms(reader.paths.blobs)) }
        layers = Memo { try await reader.digests(below: $0, of: ["sha256"]) }
        self.algorithms = algorithms
    }

    func met(_ name: RepositoryName, hasUploads: Bool) {
        uploads.withLock { $0[name] = hasUploads }
    }

    /// True if the repository is known to list no uploads.
    func hasNoUploads(_ name: RepositoryName) -> Bool {
        uploads.withLock { $0[name] == false }
    }
}
