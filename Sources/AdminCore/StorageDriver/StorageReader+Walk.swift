/// One thing that a walk meets.
public struct WalkEntry: Hashable, Sendable {
    /// The directory it was found in.
    public let directory: StoragePath
    /// What the directory's omap says.
    public let entry: DirectoryEntry

    /// Its path; nil for an invalid entry, which has none.
    public var path: StoragePath? {
        entry.name.flatMap { try? directory.appending($0) }
    }
}

extension StorageReader {
    /// Everything below a directory, the deepest directories of which are listed in parallel: a directory's entries come before those
    /// of its subdirectories, otherwise in no particular order. Invalid entries are met and not followed, so a walk ends: paths only
    /// grow, and an object's name cannot exceed 2048 bytes. Throws `StorageError.notFound` if there is no such directory.
    public func walk(_ path: StoragePath) async throws -> [WalkEntry] {
        let top = try await list(path, keepingInvalid: true)
        let window = window
        return try await withThrowingTaskGroup(of: [WalkEntry].self) { group in
            var met = top.map { WalkEntry(directory: path, entry: $0) }
            var pending = met.compactMap(StorageReader.subdirectory)
            var underWay = 0
            while true {
                while underWay < window, let next = pending.popLast() {
                    underWay += 1
                    group.addTask {
                        try await (entries(next) ?? []).map { WalkEntry(directory: next, entry: $0) }
                    }
                }
                guard let found = try await group.next() else { break }
                underWay -= 1
                met += found
                pending += found.compactMap(StorageReader.subdirectory)
            }
            return met
        }
    }

    /// The same; nil if there is no such directory.
    func walkIfThere(_ path: StoragePath) async throws -> [WalkEntry]? {
        do {
            return try await walk(path)
        } catch StorageError.notFound {
            return nil
        }
    }

    private func list(_ path: StoragePath, keepingInvalid: Bool) async throws -> [DirectoryEntry] {
        if let entries = try await entries(path) { return entries }
        return try await list(path)
    }

    private static func subdirectory(_ entry: WalkEntry) -> StoragePath? {
        guard case .directory = entry.entry.kind else { return nil }
        return entry.path
    }
}
