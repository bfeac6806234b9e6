extension StorageDriver {
    /// Removes directories that are empty, and those above them that become empty, up to but not including `floor`
    /// (`SAFETY` §3, "prune an empty dir"). Gives the directories whose objects are gone.
    ///
    /// Each object is removed under the version at which it was seen empty; each key under the version of the parent that was read
    /// before it was made sure that the directory had not come back. Whatever others put in between stays. At the end everything that
    /// was removed is looked at once more: a directory that came back and is not listed is listed again.
    @discardableResult
    func prune(_ directories: some Sequence<StoragePath>, below floor: StoragePath = .root) async throws
        -> [StoragePath]
    {
        var byDepth = Dictionary(
            grouping: Set(directories).filter { $0.isBelow(floor) }, by: \.components.count
        ).mapValues(Set.init)
        var removed: [StoragePath] = []
        while let depth = byDepth.keys.max(), let level = byDepth.removeValue(forKey: depth) {
            let gone = try await each(level.sorted()) { directory in
                try await removeIfEmpty(directory) ? directory : nil
            }.compactMap(\.self)
            removed += gone
            let parents = Dictionary(grouping: gone, by: \.parent)
            _ = try await each(parents) { parent, children in
                try await unlist(children, in: parent)
            }
            byDepth[depth - 1, default: []].formUnion(parents.keys.filter { $0.isBelow(floor) })
            if byDepth[depth - 1]?.isEmpty == true { byDepth[depth - 1] = nil }
        }
        let back = try await concurrentMap(removed, window: reader.window) { directory in
            try await isEmpty(directory) == false ? directory : nil
        }.compactMap(\.self)
        if !back.isEmpty { try await linkUp(back) }
        return removed
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
        return try await perform(
            WriteOperation(guards: [.version(state.version)], [.remove]), on: object, for: directory
        ) { [reader] in
            try await reader.objects.read(.stat, of: object) == nil
        }
    }

    /// Removes the keys of directories that are gone from their parent.
    private func unlist(_ children: [StoragePath], in parent: StoragePath) async throws {
        let object = StorageReader.directory(parent)
        for _ in 0..<StorageDriver.attempts {
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
            let applied = try await perform(
                WriteOperation(guards: [.version(state.version)], [.removeOmap(gone)]), on: object, for: parent
            ) { [reader] in
                try await reader.objects.read(ReadOperation(omap: .keys(gone)), of: object)?.omap.isEmpty ?? true
            }
            if applied { return }
        }
        throw StorageDriver.contention(object)
    }
}
