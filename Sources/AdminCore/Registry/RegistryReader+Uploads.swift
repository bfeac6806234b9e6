extension RegistryReader {
    /// The unfinished uploads of some repositories, of all if `names` is nil, by repository and identifier. Those that vanish meanwhile are left
    /// out.
    public func uploads(
        of names: [RepositoryName]? = nil, progress: ProgressHandler? = nil
    ) async throws -> [UploadSummary] {
        let pass = pass()
        let all: [RepositoryName]
        if let names { all = names.sorted() } else { all = try await repositoryNames() }
        let counter = ProgressCounter(phase: "looking for uploads", total: UInt64(all.count), handler: progress)
        return try await concurrentMap(all, window: window) { name -> [UploadSummary] in
            defer { counter.advance() }
            do {
                return try await pass.uploads(of: name)
            } catch StorageError.notFound where names == nil {
                return []
            }
        }.flatMap(\.self)
    }
}
