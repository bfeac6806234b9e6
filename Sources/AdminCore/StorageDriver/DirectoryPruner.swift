import ObjectStore

/// Removes empty directories (docs/safety.md#prune-an-empty-directory), and lists a removed
/// directory again if it came back.
package struct DirectoryPruner: Sendable {
    let journal: Journal

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }

    /// Removes directories that are empty, and those above them that become empty, below `floor`.
    /// Returns the directories whose objects are gone; nil if the pool is full and nothing was
    /// pruned.
    ///
    /// Each object is removed at the version at which it was seen empty. Each key is removed at a
    /// version of the parent that was read before the directory was seen to be gone. Anything that
    /// another client writes in between stays. An intent names the directories until their last
    /// look, after the delay: the last look lists a directory that came back and is not listed.
    @discardableResult
    package func prune(_ directories: some Sequence<StoragePath>, below floor: StoragePath = .root) async throws
        -> [StoragePath]?
    {
        let candidates = Set(directories).filter { $0.isBelow(floor) }.sorted()
        let isNeeded = try await concurrentMap(candidates, window: reader.window) { directory in
            try await isHollow(directory)
        }.contains(true)
        if !isNeeded { return [] }
        return try await prune(candidates, below: floor) {}.removed
    }

    /// Removes references by `body`, and prunes the directories that become empty. The intent is
    /// written first, so that a crash leaves no empty directories behind. In a full pool no intent
    /// can be written; then references are removed without an intent, to make space, and the empty
    /// directories stay.
    ///
    /// Without `climbing` no last look is needed, and a million directories leave nothing in the
    /// journal. The old driver looks at a directory before it lists it in the one above, but it
    /// always lists the directory of a file, after the file is there. If it lists the directory
    /// before the key is removed, the version has changed and the guard refuses the removal; if it
    /// does so later, the key is there again. regtop's own driver does not set a key that is there.
    /// But then the file was there before the key was removed, and a directory that holds something
    /// is listed again at once, by this method. A recovery treats these directories like all
    /// others.
    ///
    /// - Parameter climbing: false where directories hold only files, and those above them stay
    ///   even if they are empty.
    /// - Returns: the result of `body`, and the directories whose objects are gone; nil for these
    ///   if the pool is full.
    package func prune<Value: Sendable>(
        _ directories: some Sequence<StoragePath>, below floor: StoragePath = .root, climbing: Bool = true,
        after body: () async throws -> Value
    ) async throws -> (value: Value, removed: [StoragePath]?) {
        let candidates = Set(directories).filter { $0.isBelow(floor) }.sorted()
        guard let first = candidates.first else { return (try await body(), []) }
        let intent: OpenIntent
        do {
            intent = try await journal.begin(
                .directories(candidates, floor: floor), "remove emptied directories, \(first) among them")
        } catch let error as StoreError where error.kind == .full && error.object == Journal.object {
            return (try await body(), nil)
        }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        // In a separate task, so that a cancelled caller leaves no empty directories behind.
        let pruned = await Task { () async throws -> [StoragePath] in
            do {
                let removed = try await pruneUnwritten(candidates, below: floor, climbing: climbing)
                if !removed.isEmpty { try await listAgain(removed) }
                if removed.isEmpty || !climbing {
                    try await intent.end()
                } else {
                    try await close(intent)
                }
                return removed
            } catch {
                await intent.release()
                throw error
            }
        }.result
        return (try result.get(), try pruned.get())
    }

    /// Ends an intent of directories by their last look, now or after the delay.
    func close(_ intent: OpenIntent) async throws {
        try await intent.close(as: .settled) { intent in try await lookAgain(at: intent) }
    }

    /// The last look at directories that were made or removed.
    func lookAgain(at intent: Intent) async throws {
        guard case .directories(let directories, _) = intent.body else { return }
        try await listAgain(directories)
    }

    /// True if a directory can be pruned: its object is empty, or it has no object and is listed.
    func isHollow(_ directory: StoragePath) async throws -> Bool {
        if let isEmpty = try await isEmpty(directory) { return isEmpty }
        guard case .directory = try await reader.entry(directory)?.kind else { return false }
        return true
    }

    /// Prunes directories that an intent of the caller names.
    func pruneUnwritten(
        _ directories: [StoragePath], below floor: StoragePath, climbing: Bool = true
    ) async throws -> [StoragePath] {
        var byDepth = Dictionary(grouping: directories, by: \.components.count).mapValues(Set.init)
        var removed: [StoragePath] = []
        while let depth = byDepth.keys.max(), let level = byDepth.removeValue(forKey: depth) {
            let gone = try await writer.each(level.sorted()) { directory in
                try await removeIfEmpty(directory) ? directory : nil
            }.compactMap(\.self)
            removed += gone
            let families = StoragePath.families(of: gone)
            _ = try await writer.each(families) { parent, children in
                try await unlist(children, in: parent)
            }
            guard climbing else { continue }
            byDepth[depth - 1, default: []].formUnion(families.map(\.parent).filter { $0.isBelow(floor) })
            if byDepth[depth - 1]?.isEmpty == true { byDepth[depth - 1] = nil }
        }
        return removed
    }

    /// Lists directories that hold something and are not listed, and the directories above them.
    /// Pruning leaves such a directory if the old driver looks at its parent before the pruning,
    /// and writes into the directory afterwards.
    func listAgain(_ directories: [StoragePath]) async throws {
        let all = StoragePath.levels(of: directories).joined()
        let back = try await concurrentMap(all, window: reader.window) { directory -> StoragePath? in
            guard try await isEmpty(directory) == false else { return nil }
            return try await reader.entry(directory) == nil ? directory : nil
        }.compactMap(\.self)
        if !back.isEmpty { try await writer.linkUp(back) }
    }

    /// Lists the directories that hold something, and all above them. Leaves empty ones alone.
    /// Throws `StorageError.notADirectory` where a file is in the way.
    package func relink(_ directories: [StoragePath]) async throws {
        try await listAgain(directories)
        for directory in StoragePath.levels(of: directories).joined() {
            if case .file? = try await reader.entry(directory)?.kind { throw StorageError.notADirectory(directory) }
        }
    }

    /// True if a directory's object has no keys; nil if there is no object.
    private func isEmpty(_ directory: StoragePath) async throws -> Bool? {
        try await reader.objects.read(
            ReadOperation(omap: .page(after: nil, limit: 1)), of: StorageReader.directory(directory))?.omap.isEmpty
    }

    /// Removes the object of a directory if it is empty. True if the directory has no object at the
    /// end.
    private func removeIfEmpty(_ directory: StoragePath) async throws -> Bool {
        let object = StorageReader.directory(directory)
        guard
            let state = try await reader.objects.read(ReadOperation(omap: .page(after: nil, limit: 1)), of: object)
        else { return true }
        // An object with data is no directory of this convention.
        guard state.omap.isEmpty, state.size == 0 else { return false }
        return try await writer.perform(
            WriteOperation(guards: [.version(state.version)], [.remove]), on: object, for: directory
        ) { [reader] in
            try await reader.objects.read(.stat, of: object) == nil
        }
    }

    /// Removes the keys of directories that are gone from their parent.
    private func unlist(_ children: [StoragePath], in parent: StoragePath) async throws {
        let object = StorageReader.directory(parent)
        for _ in 0..<StorageWriter.attempts {
            let keys = children.map { ByteString($0.name) }
            guard let state = try await reader.objects.read(ReadOperation(omap: .keys(keys)), of: object) else {
                return
            }
            let listed = Set(state.omap.filter(\.value.isEmpty).map(\.key))
            let gone = try await concurrentMap(
                children.filter { listed.contains(ByteString($0.name)) }, window: reader.window
            ) { child in
                try await reader.objects.read(.stat, of: StorageReader.directory(child)) == nil
                    ? ByteString(child.name) : nil
            }.compactMap(\.self)
            if gone.isEmpty { return }
            let applied = try await writer.perform(
                WriteOperation(guards: [.version(state.version)], [.removeOmap(gone)]), on: object, for: parent
            ) { [reader] in
                try await reader.objects.read(ReadOperation(omap: .keys(gone)), of: object)?.omap.isEmpty ?? true
            }
            if applied { return }
        }
        throw StorageWriter.contention(object)
    }
}
