extension DamagePlanter {
    /// docs/layout.md#d8: MOVE of a directory: only the key in the parent moves. The new name is listed and has no
    /// object; the objects of the old name, with everything below, are listed by nobody. `destination` must lie in a
    /// directory that is there.
    public func moveDirectory(_ source: StoragePath, to destination: StoragePath) async throws {
        guard case .directory = try await reader.entry(source)?.kind else { throw StorageError.notFound(source) }
        try await setKey(destination, [])
        try await removeKey(source)
    }

    /// docs/layout.md#d9: a directory that its parent does not list, because an older deletion of it removed the key
    /// after somebody had written into it. It can still be read by its exact path.
    public func unlist(_ directory: StoragePath) async throws {
        guard case .directory = try await reader.entry(directory)?.kind else {
            throw StorageError.notFound(directory)
        }
        try await removeKey(directory)
    }

    /// docs/layout.md#d9 the other way round: a directory that its parent lists and that has no object. It must have
    /// no children.
    public func loseObject(of directory: StoragePath) async throws {
        guard let entries = try await reader.entries(directory) else { throw StorageError.notFound(directory) }
        guard entries.isEmpty else { throw StorageError.damaged(directory, "it has children, which would be lost") }
        try await change(StorageReader.directory(directory), .remove)
    }

    /// docs/layout.md#d10: writing below a file: the file's key becomes that of a directory with one child, and its
    /// data is referenced by nothing.
    public func writeBelow(_ file: StoragePath, name: String, _ content: [UInt8]) async throws {
        _ = try await reader.blob(file)
        let child = try file.appending(name)
        let blob = makeIdentifier(child)
        try await store(content, as: blob)
        try await setKey(child, blob.value)
        try await setKey(file, [])
    }

    /// docs/layout.md#d11: a component that the old driver's path rule forgot to forbid, `.` or `..`, as the key of a
    /// directory: listed like any other. `name` may be any bytes, since nothing stops other clients of a pool.
    public func putBadName(_ name: ByteString, in directory: StoragePath) async throws {
        guard try await reader.entries(directory) != nil else { throw StorageError.notFound(directory) }
        try await change(StorageReader.directory(directory), .setOmap([name: []]))
    }
}
