import Registry
import StorageDriver

/// The last look at a change (docs/safety.md#last-look): if a tag appeared meanwhile and names a
/// removed manifest, the look writes the links of this manifest at the source.
struct LastLook: Sendable {
    let context: ChangeContext

    private var driver: StorageDriver { context.driver }
    private var paths: RegistryPaths { context.paths }

    /// Looks at the source of a removal or a move. Returns notes. A look that fails is a note, not
    /// an error, since the change is done.
    func notes(after target: ChangePlan.Target, _ handling: RepositoryHandling) async throws -> [String] {
        let name = target.reference.repository
        var notes: [String] = []
        do {
            if target.links.contains(where: { paths.stage(of: $0.path) == .revisions }) {
                // If the layer links are removed as well, all content that is there now was pushed
                // meanwhile, and may need removed links.
                notes += try await LinkCompletion(context: context).complete(
                    name, allManifests: !target.layerNames.isEmpty, moved: moved(by: target))
            }
            if handling.keepsLayerLinks { try await linkLayersAgain(target) }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            notes.append("\(name) could not be looked at once more: \(error); regtop recover does that")
        }
        if driver.policy.delay > 0, driver.policy.caches == .unknown, !handling.keepsLayerLinks,
            !target.layerNames.isEmpty
        {
            notes.append(CacheState.afterwards)
        }
        return notes
    }

    /// Looks at a repository that has come back from the trash: a push may have written into the
    /// link of a tag after this link went to the trash. The manifest of that push, and its links to
    /// layers, are at the name from which the repository was deleted, `origin`.
    func notes(afterRestoring entries: [Holding.Entry], from origin: RepositoryName?) async throws -> [String] {
        guard let origin, let name = entries.lazy.compactMap({ paths.repositoryName(of: $0.origin) }).first else {
            return []
        }
        return try await LinkCompletion(context: context).complete(name, allManifests: true) {
            [registry = context.registry] digest, _ in
            try await registry.heldSignatures(of: digest, in: origin)
        }
    }

    /// Writes the layer links of a target anew at their old places: so the memory of a registry
    /// stays true.
    private func linkLayersAgain(_ target: ChangePlan.Target) async throws {
        _ = try await driver.writer.each(target.links.filter { paths.file(at: $0.path)?.isLayerLink ?? false }) {
            link in
            let text = try await driver.reader.content(of: link.blob, at: link.path, limit: LinkReader.limit)
            guard LinkText(text) != nil, try await driver.reader.entry(link.path) == nil else { return }
            try await driver.putContent(link.path, text)
        }
    }

    /// The manifests that a target takes away, each with its signatures.
    private func moved(by target: ChangePlan.Target) -> LeftOutLinks.Moved {
        let revisions = paths.signatures(among: target.links.map(\.path))
        return { digest, _ in revisions[digest] }
    }
}

extension RegistryPaths {
    /// The manifests among some links, each with its signatures.
    func signatures(among links: some Sequence<StoragePath>) -> [Digest: [Digest]] {
        var revisions: [Digest: [Digest]] = [:]
        for link in links {
            switch file(at: link) {
            case .revision(let digest): revisions[digest, default: []] += []
            case .signature(let signature, of: let digest): revisions[digest, default: []].append(signature)
            default: break
            }
        }
        return revisions
    }
}

extension RegistryReader {
    /// Returns the signatures of a manifest that a repository holds; nil if it does not hold it.
    func heldSignatures(of digest: Digest, in name: RepositoryName) async throws -> [Digest]? {
        guard try await storage.entry(paths.revisionLink(name, digest)) != nil else { return nil }
        return try await digests(below: paths.signatures(name, of: digest)) ?? []
    }
}
