/// Answers where a file lies and who needs it. Only reads.
///
/// Concurrency: a value; every method may be called from any task. Errors: `StorageError`, and `StoreError` from below.
public struct BlobInspector: Sendable {
    /// The registry the file belongs to.
    public let registry: RegistryReader

    /// An inspector of the files of this registry.
    public init(registry: RegistryReader) {
        self.registry = registry
    }

    /// How a file is striped and where its chunks lie. Reads sizes, no data. Throws `StorageError.notFound` if there is no such
    /// file, `.damaged` for a tag whose link cannot be read, `.unsupported` for a whole repository.
    public func report(on subject: BlobSubject) async throws -> BlobReport {
        let path = try await path(of: subject)
        let blob = try await registry.storage.blob(path)
        let layout = try await registry.storage.layout(of: blob)
        let placements = try await concurrentMap(layout.chunks, window: registry.window) { chunk in
            try await registry.storage.objects.placement(of: chunk.object)
        }
        return BlobReport(
            path: path, digest: registry.paths.digest(ofBlob: path), layout: layout, placements: placements)
    }

    /// Where a file lies. Throws `StorageError.notFound` if there is no such tag or manifest, `.damaged` for a tag whose link cannot be read,
    /// `.unsupported` for a whole repository.
    public func path(of subject: BlobSubject) async throws -> StoragePath {
        switch subject {
        case .path(let path): return path
        case .digest(let digest): return registry.paths.blob(digest)
        case .reference(let reference):
            guard case .tag(let tag) = reference.selector else {
                guard case .digest(let digest) = reference.selector else {
                    throw StorageError.unsupported("the chunks of a whole repository; name a tag or a digest of it")
                }
                let revisions = try await registry.revision(digest, of: reference.repository)
                guard revisions.isThere else {
                    throw StorageError.notFound(registry.paths.revision(reference.repository, digest))
                }
                return registry.paths.blob(digest)
            }
            let row = try await registry.pass().link(ofTag: tag, of: reference.repository)
            guard let digest = row.link.digest else {
                throw StorageError.damaged(row.path, "the link \(row.link.fault() ?? "cannot be read")")
            }
            return registry.paths.blob(digest)
        }
    }

    /// Which tags and manifests need a blob, and by which way, sorted by repository and tag. Needs a pass over all repositories:
    /// expensive.
    public func uses(of digest: Digest, progress: ProgressHandler? = nil) async throws -> [BlobUse] {
        let names = try await registry.repositoryNames()
        let visitor = UseVisitor(digest, in: names)
        try await RegistrySweep(registry: registry, visitor: visitor).run(names, progress: progress)
        return visitor.uses
    }
}
