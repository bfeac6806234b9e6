extension RegistrySweep {
    /// Reads one thing, tells the visitor, and gives the questions that it raises.
    func answer(_ question: SweepQuestion, of repository: SweptRepository) async throws -> [SweepQuestion] {
        switch question {
        case .manifest(let digest, let depth, let isSubject):
            let finding = try await readManifest(digest)
            if isSubject, finding.blob.state == .missing { return [] }
            visitor.found(finding.blob, of: digest)
            guard let manifest = finding.manifest else {
                visitor.met(.manifest(digest, finding.reason), in: repository.index)
                return []
            }
            if finding.blob.state != .ok { visitor.met(.blob(digest, finding.blob), in: repository.index) }
            return try await follow(manifest, digest, depth: depth, of: repository)
        case .blob(let digest, let isForeign):
            let finding = try await registry.blob(digest)
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
            guard let directory = try? paths.tags(name).appending(tag).appending(.literal("index")) else { return [] }
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
        let link = SweepLink(kind: .tag(tag), finding: try await registry.link(at: path))
        tell(link, expecting: nil, of: repository)
        guard let digest = link.finding.digest else { return [] }
        return root(digest, of: repository)
    }

    private func follow(
        revision digest: Digest, of name: RepositoryName, _ repository: SweptRepository
    ) async throws -> [SweepQuestion] {
        let finding = try await registry.revision(digest, of: name)
        // What a deletion through the registry's API leaves behind is no revision.
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

    /// What tells of a manifest that is kept by itself, and follows it.
    func root(_ digest: Digest, of repository: SweptRepository) -> [SweepQuestion] {
        _ = visitor.reached(SweepEdge(digest: digest, kind: .manifest, parent: nil), in: repository.index)
        return [.manifest(digest, depth: 0, isSubject: false)]
    }

    private func follow(
        _ manifest: Manifest, _ digest: Digest, depth: Int, of repository: SweptRepository
    ) async throws -> [SweepQuestion] {
        var raised: [SweepQuestion] = []
        for reference in manifest.blobs {
            let kind: SweepEdge.Kind = reference == manifest.config ? .config : .layer
            var edge = SweepEdge(reference, kind, named: digest)
            if let name = repository.name { edge.digest = try await registry.canonical(reference.digest, in: name) }
            if visitor.reached(edge, in: repository.index) {
                raised.append(.blob(edge.digest, isForeign: reference.isForeign))
            }
        }
        for child in manifest.manifests where child.namesManifest {
            _ = visitor.reached(SweepEdge(child, .manifest, named: digest), in: repository.index)
            raised.append(.manifest(child.digest, depth: depth + 1, isSubject: false))
        }
        if scope.contains(.subjects), let subject = manifest.subject {
            _ = visitor.reached(SweepEdge(subject, .subject, named: digest), in: repository.index)
            raised.append(.manifest(subject.digest, depth: depth + 1, isSubject: true))
        }
        return raised
    }

    private func tellLinks(
        below directory: StoragePath, of repository: SweptRepository, _ kind: (Digest) -> SweepLink.Kind
    ) async throws {
        for (digest, finding) in try await registry.links(below: directory) {
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

extension SweepEdge {
    init(signature digest: Digest, of parent: Digest?) {
        self.init(digest: digest, kind: .signature, parent: parent)
    }

    fileprivate init(_ reference: Manifest.Reference, _ kind: Kind, named parent: Digest) {
        self.init(digest: reference.digest, kind: kind, parent: parent)
    }
}
