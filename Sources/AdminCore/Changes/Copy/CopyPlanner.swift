import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Plans copies of repositories and tags. Only reads.
struct CopyPlanner: Sendable {
    let registry: RegistryReader
    let policy: JournalPolicy
    /// The time of the current link of a tag; nil for the time of its writing.
    var modified: Date?

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// See `ChangePlanner.copy`.
    func plan(from source: ImageReference, to destination: ImageReference, force: Bool) async throws -> CopyPlan {
        try Self.check(source, destination)
        guard case .tag(let tag) = destination.selector else {
            return try await repositoryCopy(from: source, to: destination)
        }
        return try await tagCopy(from: source, to: destination, named: tag, force: force)
    }

    /// Checks what can be checked without the pool.
    static func check(_ source: ImageReference, _ destination: ImageReference) throws(ChangeError) {
        guard source != destination else {
            throw .unsuitable("source and destination are the same, \(source)")
        }
        switch (source.selector, destination.selector) {
        case (.repository, .repository), (.tag, .tag), (.digest, .tag): return
        case (_, .digest):
            throw .unsuitable(
                "the digest of a manifest is its name: copy it to a tag, such as \(destination.repository):copy")
        default:
            throw .unsuitable("\(source) cannot become \(destination): name two repositories, or two tags")
        }
    }

    // MARK: - A repository

    private func repositoryCopy(from source: ImageReference, to destination: ImageReference) async throws -> CopyPlan {
        let target = try await TargetFinder(registry: registry, policy: policy).target(source)
        for directory in paths.ownDirectories(destination.repository) {
            do {
                _ = try await storage.stat(directory)
                throw ChangeError.destinationExists(destination)
            } catch StorageError.notFound {}
        }
        let uploads = target.links.count { paths.stage(of: $0.path) == .uploads }
        let files = target.links.filter { paths.stage(of: $0.path) != .uploads }
        let (sound, unfit) = try await soundLinks(files)
        let (links, tags) = withoutBrokenTags(sound)
        var notes = [Self.freeOfCharge]
        if uploads > 0 { notes.append("unfinished uploads are not copied") }
        if unfit > 0 {
            notes.append(
                "\(unfit) \(unfit == 1 ? "link" : "links") of \(source) cannot be read, or name content that is missing, and are left out"
            )
        }
        if !tags.isEmpty {
            let names = tags.prefix(3).joined(separator: ", ") + (tags.count > 3 ? " and \(tags.count - 3) more" : "")
            notes.append("\(source) does not hold the manifests of these tags, which are left out: \(names)")
        }
        let (from, to) = (paths.repository(source.repository), paths.repository(destination.repository))
        return CopyPlan(
            source: source, destination: destination,
            links: links.map { copy(of: $0.digest, at: $0.path.moved(from: from, to: to)) }, in: paths, notes: notes)
    }

    /// A link of the source, and the digest that it holds.
    private struct Sound: Sendable {
        let path: StoragePath
        let digest: Digest
    }

    /// Returns the links that hold the digest that they should hold, and whose content exists; also
    /// the number of the others.
    private func soundLinks(_ files: [ChangePlan.Link]) async throws -> ([Sound], unfit: Int) {
        let read = try await concurrentMap(files, window: storage.window) { file -> Sound? in
            guard let meaning = paths.file(at: file.path),
                let digest = try await registry.links.read(file.blob, at: file.path).digest
            else { return nil }
            if let expected = meaning.digest, expected != digest, expected.algorithm == digest.algorithm { return nil }
            return Sound(path: file.path, digest: digest)
        }.compactMap(\.self)
        let digests = Set(read.map(\.digest))
        let there = Set(
            try await concurrentMap(digests, window: storage.window) { digest -> Digest? in
                if case .file? = try await storage.entry(paths.blob(digest))?.kind { digest } else { nil }
            }.compactMap(\.self))
        let sound = read.filter { there.contains($0.digest) }
        return (sound, files.count - sound.count)
    }

    /// Leaves out the tags whose manifest the repository does not hold: nobody can pull them.
    /// Registry 2.1.0 links manifests among the layers only.
    private func withoutBrokenTags(_ links: [Sound]) -> ([Sound], left: [String]) {
        var held: Set<Digest> = []
        for link in links {
            switch paths.file(at: link.path) {
            case .revision, .layer: held.insert(link.digest)
            default: break
            }
        }
        let whole = Set(links.filter { held.contains($0.digest) }.compactMap { paths.currentTag(of: $0.path) })
        var left: Set<String> = []
        let kept = links.filter { link in
            guard let tag = paths.tag(of: link.path), !whole.contains(tag) else { return true }
            left.insert(tag)
            return false
        }
        return (kept, left.sorted())
    }

    // MARK: - A tag

    private func tagCopy(
        from source: ImageReference, to destination: ImageReference, named tag: String, force: Bool
    ) async throws -> CopyPlan {
        let digest = try await manifest(of: source)
        guard let link = paths.currentLink(destination.repository, tag: tag) else {
            throw ChangeError.notFound(destination)
        }
        var impact = Impact()
        var notes = [Self.freeOfCharge]
        let replaced = try await present(at: link)
        if let replaced {
            if replaced.text == digest.string {
                throw ChangeError.unsuitable("\(destination) names the manifest of \(source) already")
            }
            guard force else { throw ChangeError.destinationExists(destination) }
            impact.tags = [destination.description]
            notes += ReplacedTag.notes(destination, replaced.text.flatMap { Digest($0) }, by: digest)
        }
        let pass = registry.pass()
        var companions: [Root] = []
        if source.repository != destination.repository {
            companions = try await self.companions(of: digest, in: source.repository, pass)
        }
        let facts = try await RepositoryInquiry(name: source.repository, pass: pass, scope: .reach).facts(
            ([digest] + companions.map(\.digest)).uniqued().flatMap { [.revision($0), .manifest($0)] })
        let search = CopyContent(
            name: source.repository, destination: destination.repository, registry: registry, facts: facts)
        var links: [LinkCopy]
        do {
            links = try await search.links(of: digest)
        } catch let fault as CopyContent.Fault {
            throw ChangeError.unsuitable(
                "\(source) is damaged, and no copy of it would be whole: \(fault.sentence); `regtop fsck` says more")
        }
        var names: [String] = []
        for companion in companions {
            do {
                let content = try await search.links(of: companion.digest)
                let tags = try await tagLinks(of: companion, at: destination.repository)
                links += content + tags
                names.append(companion.tag ?? companion.digest.string)
            } catch let fault as CopyContent.Fault {
                notes.append("the companion \(companion.tag ?? companion.digest.string) is left out: \(fault.sentence)")
            }
        }
        if !names.isEmpty {
            notes.append("its companions are copied as well: \(names.sorted().joined(separator: ", "))")
        }
        links += tagLinks(tag, at: destination.repository, naming: digest, replacing: replaced)
        let all = links.uniqued()
        let present = Set(
            try await concurrentMap(all, window: storage.window) { link in
                link.replaced == nil ? try await storage.value(at: link.path).map { _ in link.path } : nil
            }.compactMap(\.self))
        return CopyPlan(
            source: source, destination: destination, links: all, present: present, in: paths, impact: impact,
            replaced: replaced?.text.flatMap { Digest($0) }.map { ReplacedTag(digest: $0, replacement: digest) },
            notes: notes)
    }

    private static let freeOfCharge = "instant: no data is copied; both names share the blobs"

    /// The manifest that a tag or a digest means.
    private func manifest(of source: ImageReference) async throws -> Digest {
        switch source.selector {
        case .repository: throw ChangeError.unsuitable("\(source) is a repository")
        case .digest(let digest):
            guard try await registry.revision(digest, of: source.repository).isThere else {
                throw ChangeError.notFound(source)
            }
            return digest
        case .tag(let tag):
            guard let path = paths.currentLink(source.repository, tag: tag) else { throw ChangeError.notFound(source) }
            let link = try await registry.links.read(at: path)
            if link.state == .missing { throw ChangeError.notFound(source) }
            guard let digest = link.digest else {
                throw ChangeError.unsuitable("\(source) cannot be copied: its link \(link.fault() ?? "cannot be read")")
            }
            return digest
        }
    }

    /// The link at a path; nil if there is none.
    private func present(at path: StoragePath) async throws -> LinkCopy.Replaced? {
        switch try await storage.entry(path)?.kind {
        case nil: return nil
        case .directory, .invalid: throw ChangeError.unsuitable("\(path) is no file; `regtop fsck` says more")
        case .file(let blob):
            do {
                let text = try await storage.content(of: blob, at: path, limit: LinkReader.limit)
                return LinkCopy.Replaced(blob: blob, text: String(validating: text, as: UTF8.self))
            } catch is StorageError {
                return LinkCopy.Replaced(blob: blob, text: nil)
            }
        }
    }

    /// The links of a tag that names a manifest.
    private func tagLinks(
        _ tag: String, at name: RepositoryName, naming digest: Digest, replacing replaced: LinkCopy.Replaced?
    ) -> [LinkCopy] {
        guard let current = paths.currentLink(name, tag: tag), let index = paths.indexLink(name, tag: tag, digest)
        else {
            return []
        }
        return [copy(of: digest, at: index), copy(of: digest, at: current, replacing: replaced)]
    }

    /// The links of a companion's tag; none for a manifest without a tag.
    private func tagLinks(of companion: Root, at name: RepositoryName) async throws -> [LinkCopy] {
        guard let tag = companion.tag, let link = paths.currentLink(name, tag: tag) else { return [] }
        if let other = try await present(at: link), other.text != companion.digest.string {
            throw CopyContent.Fault(sentence: "\(name):\(tag) exists and names another manifest")
        }
        return tagLinks(tag, at: name, naming: companion.digest, replacing: nil)
    }

    private func copy(of digest: Digest, at path: StoragePath, replacing replaced: LinkCopy.Replaced? = nil) -> LinkCopy
    {
        LinkCopy(
            path: path, text: digest.string, content: paths.blob(digest), replaced: replaced,
            isName: paths.tag(of: path) != nil, modified: paths.currentTag(of: path) == nil ? nil : modified)
    }

    // MARK: - Companions

    /// A companion that is copied with its image.
    private struct Root: Hashable {
        let tag: String?
        let digest: Digest
    }

    /// Finds the companions of a manifest and of everything that it names, to a fixpoint: a
    /// companion takes its own companions along.
    private func companions(of image: Digest, in name: RepositoryName, _ pass: RegistryPass) async throws -> [Root] {
        let revisions = try await pass.revisions(of: name)
        let facts = try await RepositoryInquiry(name: name, pass: pass, scope: [.tagLinks, .parts]).facts(
            [.tagNames, .manifest(image)] + revisions.map { .manifest($0) })
        var known = Set([image] + facts.parts(of: image))
        let tagged = facts.tags.sorted { $0.key < $1.key }.compactMap { tag, link in
            link.digest.map { Root(tag: tag, digest: $0) }
        }
        var open = tagged + revisions.map { Root(tag: nil, digest: $0) }
        var found: [Root] = []
        while true {
            let new = open.filter { root in
                let companion = Companion(
                    tag: root.tag, digest: root.digest, manifest: facts.manifests[root.digest]?.manifest)
                return companion.map { known.contains($0.subject) } ?? false
            }
            if new.isEmpty { return found }
            found += new
            open.removeAll(where: Set(new).contains)
            for root in new { known.formUnion([root.digest] + facts.parts(of: root.digest)) }
        }
    }
}

/// Finds the links that a manifest needs at its new place.
private struct CopyContent: Sendable {
    let name: RepositoryName
    let destination: RepositoryName
    let registry: RegistryReader
    let facts: RepositoryFacts

    private var paths: RegistryPaths { registry.paths }

    /// The reason why a manifest cannot be served.
    struct Fault: Error {
        let sentence: String
    }

    /// The links to a manifest, to its signatures, to everything that it names and to their blobs.
    /// Throws `Fault` unless all of it is whole.
    func links(of digest: Digest) async throws -> [LinkCopy] {
        var manifests: [(Digest, ManifestFinding?)] = []
        let deep = facts.walk(from: [digest]) { manifests.append(($0, $1)) }
        if let first = deep.first { throw Fault(sentence: "\(first) is nested too deeply") }
        var links: [LinkCopy] = []
        for (digest, finding) in manifests {
            guard let manifest = finding?.manifest else {
                throw Fault(sentence: "the manifest \(digest) \(finding?.reason ?? "is missing")")
            }
            let revision = facts.revisions[digest]
            if revision?.link.state ?? .missing == .missing {
                // Registry 2.1.0 links manifests among the layers only.
                let old = try await registry.links.read(at: paths.layerLink(name, digest))
                guard old.digest == digest else {
                    throw Fault(sentence: "\(name) does not hold the manifest \(digest)")
                }
                links.append(copy(of: digest, at: paths.layerLink(destination, digest)))
            }
            links.append(copy(of: digest, at: paths.revisionLink(destination, digest)))
            for signature in (revision?.signatures ?? [:]).keys.sorted() where facts.blob(signature).state == .ok {
                links.append(copy(of: signature, at: paths.signatureLink(destination, signature, of: digest)))
            }
            for blob in manifest.blobs {
                let (state, reason) = facts.verdict(on: blob)
                switch state {
                case .ok:
                    links.append(copy(of: facts.canonical(blob.digest), at: paths.layerLink(destination, blob.digest)))
                case .elsewhere: break
                default: throw Fault(sentence: "the blob \(blob.digest) \(reason)")
                }
            }
        }
        return links
    }

    private func copy(of digest: Digest, at path: StoragePath) -> LinkCopy {
        LinkCopy(path: path, text: digest.string, content: paths.blob(digest))
    }
}
