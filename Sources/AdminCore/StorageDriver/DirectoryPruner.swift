/// Removes directories that are empty (docs/safety.md#prune-an-empty-directory), and lists those again that came back.
struct DirectoryPruner: Sendable {
    let journal: Journal

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }

    /// Removes directories that are empty, and those above them that become empty, up to but not including `floor`
    /// (docs/safety.md#3-the-steps). Gives the directories whose objects are gone.
    ///
    /// Each object is removed under the version at which it was seen empty; each key under the version of the parent
    /// that was read before it was made sure that the directory had not come back. Whatever others put in between
    /// stays. An intent says which directories these are until they were looked at once more, after the delay: one
    /// that came back and is not listed is listed again.
    @discardableResult
    func prune(_ directories: some Sequence<StoragePath>, below floor: StoragePath = .root) async throws
        -> [StoragePath]?
    {
        let candidates = Set(directories).filter { $0.isBelow(floor) }.sorted()
        let isNeeded = try await concurrentMap(candidates, window: reader.window) { directory in
            try await isHollow(directory)
        }.contains(true)
        if !isNeeded { return [] }
        return try await prune(candidates, below: floor) {}.removed
    }

    /// Drops references by `body`, and prunes the directories that are emptied by that. The intent is written first:
    /// a crash leaves no empty ones behind. Gives what `body` gives, and the directories whose objects are gone; nil
    /// if nothing was pruned since the pool is full. Then no intent can be written, and whoever needs space must be
    /// able to drop references all the same: the emptied directories stay, listed, which harms nobody.
    ///
    /// `climbing`: false where directories hold nothing but files, and those above them stay whether they are empty
    /// or not. Then nothing has to be looked at once more after the delay, and a million of them leave nothing in the
    /// journal. The old driver looks at a directory before it lists that in the one above, but it never looks before
    /// it lists a file's directory: it always does, after it has put the file there. If that comes before the key is
    /// removed, the version is another one; if it comes later, the key is there again. Our own driver does not set a
    /// key that is there already, but then the file was there before the key is removed, and what holds something and
    /// is not listed is listed again at once. A recovery knows nothing of this, and does as for all others.
    func prune<Value: Sendable>(
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
        // In a task of its own: a cancelled caller leaves no empty directories either.
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

    /// Ends an intent of directories: what is listed again after the delay is looked at now where there is none.
    func close(_ intent: OpenIntent) async throws {
        try await intent.close(as: .settled) { intent in try await lookAgain(at: intent) }
    }

    /// The last look at directories that were made or removed.
    func lookAgain(at intent: Intent) async throws {
        guard case .directories(let directories, _) = intent.body else { return }
        try await listAgain(directories)
    }

    /// Whether pruning has something to do: the directory's object is empty, or it has none and is listed.
    private func isHollow(_ directory: StoragePath) async throws -> Bool {
        if let isEmpty = try await isEmpty(directory) { return isEmpty }
        guard case .directory = try await reader.entry(directory)?.kind else { return false }
        return true
    }

    /// The same without an intent: for whoever has one.
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

    /// Lists those of these directories, and of those above them, again that hold something and are not listed: what
    /// pruning leaves when the old driver, having looked at a directory's parent before, writes into it afterwards.
    func listAgain(_ directories: [StoragePath]) async throws {
        let all = StoragePath.levels(of: directories).joined()
        let back = try await concurrentMap(all, window: reader.window) { directory -> StoragePath? in
            guard try await isEmpty(directory) == false else { return nil }
            return try await reader.entry(directory) == nil ? directory : nil
        }.compactMap(\.self)
        if !back.isEmpty { try await writer.linkUp(back) }
    }

    /// Lists directories again that hold something, and all that lie above them. Those that are empty by now are left alone. Throws
    /// `StorageError.notADirectory` where a file stands in the way.
    func relink(_ directories: [StoragePath]) async throws {
        try await listAgain(directories)
        for directory in StoragePath.levels(of: directories).joined() {
            if case .file? = try await reader.entry(directory)?.kind { throw StorageError.notADirectory(directory) }
        }
    }

    /// Whether a directory's object has no keys; nil if there is no object.
    private func isEmpty(_ directory: StoragePath) async throws -> Bool? {
        try await reader.objects.read(
            ReadOperation(omap: .page(after: nil, limit: 1)), of: StorageReader.directory(directory))?.omap.isEmpty
    }

    /// True if the directory has no object when this ends: removed because it was empty, or gone already.
    private func removeIfEmpty(_ directory: StoragePath) async throws -> Bool {
        let object = StorageReader.directory(directory)
        guard
            let state = try await reader.objects.read(ReadOperation(omap: .page(after: nil, limit: 1)), of: object)
        else { return true }
        // An object that holds data is no directory of this convention, whoever put it there.
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
