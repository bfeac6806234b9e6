extension RegistryReader {
    /// Follows what lies in the trash, as a sweep follows a repository: the manifests and signatures whose links were taken there. Each
    /// holding has a number of its own, from `first` on. A link that cannot be read leads nowhere.
    func sweepTrash(after first: Int, into visitor: some SweepVisitor) async throws {
        for (index, holding) in try await storage.holdings(in: paths.trash).enumerated() {
            try await sweep(holding, as: first + index, into: visitor)
        }
    }

    /// The same for one deletion.
    func sweep(_ holding: Holding, as number: Int, into visitor: some SweepVisitor) async throws {
        let roots = try await concurrentMap(holding.entries, window: window) { try await root($0) }
        try await RegistrySweep(registry: self, visitor: visitor).run(
            manifests: roots.compactMap(\.manifest), signatures: roots.compactMap(\.signature), as: number)
    }

    /// What a reference in the trash keeps.
    private func root(_ entry: Holding.Entry) async throws -> (manifest: Digest?, signature: Digest?) {
        switch paths.file(at: entry.origin) {
        case .revision(let digest): return (digest, nil)
        case .signature(let digest, _): return (nil, digest)
        case .currentLink:
            do {
                let text = try await storage.content(
                    of: entry.blob, at: entry.origin, limit: RegistryReader.linkLimit)
                return (LinkText(text)?.digest, nil)
            } catch is StorageError {
                return (nil, nil)
            }
        default: return (nil, nil)
        }
    }
}
