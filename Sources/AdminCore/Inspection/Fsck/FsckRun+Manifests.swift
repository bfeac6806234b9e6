extension FsckRun {
    static let manifestWindow = 32

    /// What a manifest's blob turned out to be.
    enum Reading: Sendable {
        case good(Manifest)
        case bad(String)
        /// Its file has a problem of its own.
        case unreadable
        case missing
    }

    static func manifest(
        _ digest: Digest, _ inventory: PoolInventory<LinkText>, _ registry: RegistryReader,
        _ faulty: Set<BlobIdentifier>
    ) async throws -> Reading {
        let path = registry.paths.blob(digest)
        guard let file = inventory.file(at: path) else { return .missing }
        guard !faulty.contains(file.blob) else { return .unreadable }
        do {
            switch try await registry.manifest(in: file.blob, at: path).content {
            case .success(let manifest): return .good(manifest)
            case .failure(let problem): return .bad(problem.text)
            }
        } catch is StorageError {
            return .unreadable
        }
    }
}
