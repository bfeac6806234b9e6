extension StorageDriver {
    /// Executes a part of a move, and takes the whole move back if that fails: otherwise the files would stay in two
    /// places, or one half of a repository here and the other there. In a task of its own, so that a cancelled caller
    /// leaves nothing behind either. If that fails as well, the intent stays in the journal for whoever comes next.
    func takingBack<Value: Sendable>(
        _ intent: OpenIntent, _ stages: [[FileMove]], _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            await Task {
                do {
                    try await takeBack(stages, tookAway: await intent.intent.head.tookAway)
                    // If it was taken over, this removes nothing: it is the other's.
                    try await intent.end()
                } catch {
                    await intent.release()
                }
            }.value
            throw error
        }
    }

    /// Brings a move back to where it began, wherever it stopped (docs/safety.md#recover). Every step may be
    /// repeated, also beside somebody who does the same. `tookAway`: sources may have been left. Gives the files that
    /// stay at their destinations, because their sources are taken by newer ones.
    @discardableResult
    func takeBack(_ stages: [[FileMove]], tookAway: Bool) async throws -> [FileMove] {
        if tookAway { try await bringBack(stages) }
        let staying = try await dropDestinations(stages, keepingSole: tookAway)
        if tookAway { try await yield(stages.flatMap(\.self), \.source) }
        try await prune(stages.joined().filter { $0.replaces == nil }.map(\.destination.parent))
        return staying
    }

    /// Brings files back to their sources that have left them: those whose content is still there, for somebody else
    /// may have deleted it.
    private func bringBack(_ stages: [[FileMove]]) async throws {
        for files in stages {
            let places = try await concurrentMap(files, window: reader.window) { file in
                (
                    file, isAtSource: try await reader.value(at: file.source) != nil,
                    isAtDestination: try await reader.value(at: file.destination) == file.blob.value
                )
            }
            let astray = places.filter { !$0.isAtSource && !$0.isAtDestination }.map(\.0)
            let left = places.filter { !$0.isAtSource && $0.isAtDestination }.map(\.0)
            let back = try await concurrentMap(left + nowhere(astray), window: reader.window) { file in
                try await hasContent(file) ? file : nil
            }.compactMap(\.self)
            let taken = try await publish(back.map { ($0.source, $0.blob) })
            try await linkUp(Set(back.map(\.source).filter { !taken.contains($0) }.map(\.parent)))
        }
    }

    /// Drops the references at the destinations; `keepingSole` keeps those of files that are not at their sources
    /// though their content is there. Gives these.
    private func dropDestinations(_ stages: [[FileMove]], keepingSole: Bool) async throws -> [FileMove] {
        var staying: [FileMove] = []
        for files in stages.reversed() {
            staying += try await each(files) { file -> FileMove? in
                if keepingSole, try await reader.value(at: file.source) != file.blob.value,
                    try await reader.value(at: file.destination) == file.blob.value,
                    try await hasContent(file)
                {
                    return file
                }
                _ = try await exchange(file.blob, for: file.replaces, at: file.destination)
                return nil
            }.compactMap(\.self)
        }
        return staying
    }

    /// Whether the file has what it had when its move began: a chunk 0, if there was one.
    func hasContent(_ file: FileMove) async throws -> Bool {
        if file.isBare { return true }
        return try await reader.objects.read(.stat, of: file.blob.chunk(0)) != nil
    }

    /// Drops the references of files that yield, at the places where they are now, if anything else refers to the
    /// same identifier. Costs a complete scan if there are any.
    func yield(_ files: [FileMove], _ place: (FileMove) -> StoragePath) async throws {
        let yielding = files.filter(\.yields).map { (path: place($0), blob: $0.blob) }
        let there = try await concurrentMap(yielding, window: reader.window) { file in
            try await reader.value(at: file.path) == file.blob.value ? file : nil
        }.compactMap(\.self)
        if there.isEmpty { return }
        let census = try await reader.references(to: Set(there.map(\.blob)), now: policy.now)
        let doubled = there.filter { file in census.isReferred(file.blob) { $0 != .of(file.path) } }
        _ = try await each(doubled) { try await exchange($0.blob, for: nil, at: $0.path) }
        try await prune(doubled.map(\.path.parent))
    }

    /// Those among the files whose content is there and that nothing refers to. Costs a complete scan if there are
    /// candidates.
    func nowhere(_ files: [FileMove]) async throws -> [FileMove] {
        let candidates = try await concurrentMap(files, window: reader.window) { file in
            // Of a bare file there is nothing to be lost.
            if file.isBare { return nil as FileMove? }
            return try await hasContent(file) ? file : nil
        }.compactMap(\.self)
        if candidates.isEmpty { return [] }
        let census = try await reader.references(to: Set(candidates.map(\.blob)), now: policy.now)
        return candidates.filter { !census.isReferred($0.blob) { _ in true } }
    }
}

extension StorageReader {
    /// What the parent directory holds for a path, as it stands there; nil if there is no such key.
    func value(at path: StoragePath) async throws -> [UInt8]? {
        try await value(of: ByteString(path.name), in: StorageReader.directory(path.parent))
    }
}
