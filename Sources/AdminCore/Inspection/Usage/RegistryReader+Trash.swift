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
        let parts = Array(entry.origin.components.drop { $0 != "_manifests" })
        switch (parts.count, parts.dropFirst().first) {
        case (5, "revisions"): return (Digest(algorithm: parts[2], hex: parts[3]), nil)
        case (8, "revisions") where parts[4] == "signatures": return (nil, Digest(algorithm: parts[5], hex: parts[6]))
        case (5, "tags") where parts[3] == "current":
            do {
                let text = try await storage.content(
                    of: entry.blob, at: entry.origin, limit: RegistryReader.linkLimit)
                return (Digest(String(decoding: text, as: UTF8.self)), nil)
            } catch is StorageError {
                return (nil, nil)
            }
        default: return (nil, nil)
        }
    }
}

extension RegistryPaths {
    /// A directory of regtop's own, beside the registry's root.
    func beside(_ name: String) -> StoragePath {
        root.parent.appending(.literal(name))
    }
}
