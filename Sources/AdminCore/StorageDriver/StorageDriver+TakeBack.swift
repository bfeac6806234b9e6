extension StorageDriver {
    /// Executes a part of a move, and takes the whole move back if that fails: otherwise the files would stay in two places, or one half of a
    /// repository here and the other there. In a task of its own, so that a cancelled caller leaves nothing behind either. `stages` in
    /// the order in which destinations are made; `leaving` says that files may have left their sources already.
    func takingBack<Value: Sendable>(
        _ stages: [[FileMove]], leaving: Bool, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            // The store may still be failing. Then what is in two places stays there: nothing is lost by that.
            await Task {
                if leaving { try await bringBack(stages) }
                try await dropDestinations(stages, keepingSole: leaving)
            }.result.ignore()
            throw error
        }
    }

    /// Brings files back to their sources that have left them: those whose content is still there, for somebody else may have deleted it.
    private func bringBack(_ stages: [[FileMove]]) async throws {
        for files in stages {
            let back = try await each(files) { file -> StoragePath? in
                guard try await reader.value(at: file.source) == nil,
                    try await reader.value(at: file.destination) == file.blob.value,
                    try await reader.head(of: file.blob).length != nil,
                    case .done = try await insert(
                        file.blob.value, as: file.source.name, into: file.source.parent)
                else { return nil }
                return file.source.parent
            }
            try await linkUp(Set(back.compactMap(\.self)))
        }
    }

    /// Drops the references at the destinations; `keepingSole` keeps those of files that are not at their sources.
    private func dropDestinations(_ stages: [[FileMove]], keepingSole: Bool) async throws {
        for files in stages.reversed() {
            _ = try await each(files) { file in
                if keepingSole, try await reader.value(at: file.source) != file.blob.value { return }
                _ = try await exchange(file.blob, for: file.replaces, at: file.destination)
            }
        }
        try await prune(stages.joined().filter { $0.replaces == nil }.map(\.destination.parent))
    }
}

extension Result {
    /// Says that neither value nor error matters.
    fileprivate func ignore() {}
}

extension StorageReader {
    /// What the parent directory holds for a path, as it stands there; nil if there is no such key.
    func value(at path: StoragePath) async throws -> [UInt8]? {
        try await value(of: ByteString(path.name), in: StorageReader.directory(path.parent))
    }
}
