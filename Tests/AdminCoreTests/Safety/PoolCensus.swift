@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// The content of a pool, for a test to check after a fault. The census reads object by object, and
/// does not trust the tree.
struct PoolCensus: Sendable {
    /// Every file entry of every directory object, with the identifier.
    private(set) var files: [StoragePath: BlobIdentifier] = [:]
    /// The content of the files that can be read.
    private(set) var contents: [StoragePath: [UInt8]] = [:]
    /// Files whose content is not whole or cannot be read.
    private(set) var dangling: [StoragePath] = []
    /// Directories that hold files and that listings from the root do not reach.
    private(set) var unlisted: [StoragePath] = []
    /// Directories whose object is empty, or that are listed and have no object. They are harmless:
    /// they list as empty.
    private(set) var hollow: [StoragePath] = []
    /// Identifiers that more than one path names.
    private(set) var twice: [BlobIdentifier: [StoragePath]] = [:]
    /// Identifiers of chunks that no path names. A collection frees them.
    private(set) var unreferenced: Set<BlobIdentifier> = []
    /// The unreferenced identifiers whose chunk 0 states a size although data is missing.
    private(set) var incomplete: [BlobIdentifier] = []

    init(_ reader: StorageReader) async throws {
        var directories: [StoragePath: [DirectoryEntry]] = [:]
        var chunks: Set<BlobIdentifier> = []
        for cursor in try await reader.objects.enumerate(.namespace(""), slices: 1) {
            while let page = try await cursor.next() {
                for object in page {
                    if let chunk = BlobIdentifier.parse(chunkName: object.name) {
                        chunks.insert(chunk.blob)
                    } else if let path = object.name.string.flatMap({ try? StoragePath($0) }) {
                        directories[path] = try await reader.entries(path)
                    }
                }
            }
        }
        for (directory, entries) in directories {
            if entries.isEmpty, !directory.isRoot { hollow.append(directory) }
            for entry in entries {
                guard let name = entry.name, let path = try? directory.appending(name) else { continue }
                if case .file(let blob) = entry.kind {
                    files[path] = blob
                } else if directories[path] == nil {
                    hollow.append(path)
                }
            }
            let holdsFiles = entries.contains { if case .file = $0.kind { true } else { false } }
            if holdsFiles, !PoolCensus.isListed(directory, in: directories) { unlisted.append(directory) }
        }
        for (path, blob) in files {
            do {
                guard try await reader.head(of: blob).state == .sound else {
                    dangling.append(path)
                    continue
                }
                contents[path] = try await reader.content(path)
            } catch is StorageError {
                dangling.append(path)
            }
        }
        twice = Dictionary(grouping: files.keys.sorted()) { files[$0] }.reduce(into: [:]) { twice, group in
            if let blob = group.key, group.value.count > 1 { twice[blob] = group.value }
        }
        unreferenced = chunks.subtracting(files.values)
        for blob in unreferenced where try await reader.head(of: blob).length != nil {
            if try await !reader.layout(of: blob).isSound { incomplete.append(blob) }
        }
    }

    private static func isListed(_ directory: StoragePath, in directories: [StoragePath: [DirectoryEntry]]) -> Bool {
        if directory.isRoot { return true }
        guard
            directories[directory.parent]?.contains(where: { $0.name == directory.name && $0.kind == .directory })
                == true
        else { return false }
        return isListed(directory.parent, in: directories)
    }

    /// Returns the directories of blobs that are empty. A collection leaves none.
    func hollow(blobsOf paths: RegistryPaths) -> [StoragePath] {
        hollow.filter { $0.isBelow(paths.blobs) && $0.components.count == paths.blobs.components.count + 3 }
    }
}
