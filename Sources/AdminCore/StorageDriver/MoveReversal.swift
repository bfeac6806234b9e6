import ObjectStore

/// Takes moves back, and makes the last look at them (docs/safety.md#recover). Every step may be
/// repeated, also by several processes at once.
struct MoveReversal: Sendable {
    let journal: Journal

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }
    private var pruner: DirectoryPruner { DirectoryPruner(journal: journal) }

    /// The last look at a move, after the delay: corrects the effects of requests that a registry
    /// began before the move.
    func lookAgain(at intent: Intent) async throws {
        guard case .move(let stages, _, _) = intent.body else { return }
        if intent.head.state == .undone {
            try await takeBack(stages, tookAway: intent.head.tookAway)
        } else {
            try await lookAgain(at: stages.flatMap(\.self))
        }
    }

    /// A registry that had read an identifier before the move may have removed its content, or its
    /// key. If the content is gone, removes the reference. If the key is gone and nothing else
    /// refers to the content, restores the reference.
    private func lookAgain(at files: [FileMove]) async throws {
        let found = try await writer.each(files) { file -> (dropped: StoragePath?, astray: FileMove?) in
            guard try await reader.value(at: file.destination) == file.blob.value else {
                return try await reader.value(at: file.source) == nil ? (nil, file) : (nil, nil)
            }
            if try await hasContent(file) { return (nil, nil) }
            return try await writer.exchange(file.blob, for: nil, at: file.destination)
                ? (file.destination.parent, nil) : (nil, nil)
        }
        let back = try await nowhere(found.compactMap(\.astray))
        let taken = try await writer.publish(back.map { ($0.destination, $0.blob) })
        try await writer.linkUp(Set(back.map(\.destination).filter { !taken.contains($0) }.map(\.parent)))
        try await pruner.listAgain(Set(files.map(\.destination.parent)).sorted())
        try await yield(files, \.destination)
        let dropped = found.compactMap(\.dropped)
        if !dropped.isEmpty { try await pruner.prune(dropped) }
    }

    /// Takes a move back, wherever it stopped. Returns the files that stay at their destinations,
    /// since other files are at their sources.
    ///
    /// - Parameter tookAway: true if sources may have been removed.
    @discardableResult
    func takeBack(_ stages: [[FileMove]], tookAway: Bool) async throws -> [FileMove] {
        if tookAway { try await bringBack(stages) }
        let staying = try await dropDestinations(stages, keepingSole: tookAway)
        if tookAway { try await yield(stages.flatMap(\.self), \.source) }
        try await pruner.prune(stages.joined().filter { $0.replaces == nil }.map(\.destination.parent))
        return staying
    }

    /// Restores the references at the sources of the files that still have content.
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
            let taken = try await writer.publish(back.map { ($0.source, $0.blob) })
            try await writer.linkUp(Set(back.map(\.source).filter { !taken.contains($0) }.map(\.parent)))
        }
    }

    /// Removes the references at the destinations. `keepingSole` keeps the references of files that
    /// are not at their sources and have content. Returns the kept files.
    private func dropDestinations(_ stages: [[FileMove]], keepingSole: Bool) async throws -> [FileMove] {
        var staying: [FileMove] = []
        for files in stages.reversed() {
            staying += try await writer.each(files) { file -> FileMove? in
                if keepingSole, try await reader.value(at: file.source) != file.blob.value,
                    try await reader.value(at: file.destination) == file.blob.value,
                    try await hasContent(file)
                {
                    return file
                }
                _ = try await writer.exchange(file.blob, for: file.replaces, at: file.destination)
                return nil
            }.compactMap(\.self)
        }
        return staying
    }

    /// True if the file has a chunk 0, or had none when its move began.
    func hasContent(_ file: FileMove) async throws -> Bool {
        if file.isBare { return true }
        return try await reader.objects.read(.stat, of: file.blob.chunk(0)) != nil
    }

    /// Removes the references of files that yield (`FileMove.yields`), at their current places, if
    /// anything else refers to the same identifier. Makes a complete scan if there are any.
    func yield(_ files: [FileMove], _ place: (FileMove) -> StoragePath) async throws {
        let yielding = files.filter(\.yields).map { (path: place($0), blob: $0.blob) }
        let there = try await concurrentMap(yielding, window: reader.window) { file in
            try await reader.value(at: file.path) == file.blob.value ? file : nil
        }.compactMap(\.self)
        if there.isEmpty { return }
        let census = try await reader.references(to: Set(there.map(\.blob)), now: journal.policy.now)
        let doubled = there.filter { file in census.isReferred(file.blob) { $0 != .of(file.path) } }
        _ = try await writer.each(doubled) { try await writer.exchange($0.blob, for: nil, at: $0.path) }
        try await pruner.prune(doubled.map(\.path.parent))
    }

    /// The files that have content and to which nothing refers. Makes a complete scan if there are
    /// candidates.
    func nowhere(_ files: [FileMove]) async throws -> [FileMove] {
        let candidates = try await concurrentMap(files, window: reader.window) { file in
            // A bare file has nothing to lose.
            if file.isBare { return nil as FileMove? }
            return try await hasContent(file) ? file : nil
        }.compactMap(\.self)
        if candidates.isEmpty { return [] }
        let census = try await reader.references(to: Set(candidates.map(\.blob)), now: journal.policy.now)
        return candidates.filter { !census.isReferred($0.blob) { _ in true } }
    }
}
