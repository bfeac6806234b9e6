import ObjectStore
import Registry
import StorageDriver
import Foundation

/// An OCI image layout, seen as the directory of a registry: the links follow from `index.json` and
/// from the manifests.
///
/// Memory: the links of all images of the layout.
final class OCIFiles: FileTree {
    private let directory: ConfinedDirectory
    private let paths = RegistryPaths()
    /// The children of each directory that holds links; a directory among them is nil.
    private let tree: [StoragePath: [String: FileContent?]]

    var name: String { directory.path }

    /// Reads the index and the manifests of a layout. Blocks.
    ///
    /// - Parameter repository: the repository of images that do not name one.
    /// - Throws: `StoreError` if the directory is no layout, or if an image names no repository.
    init(_ directory: ConfinedDirectory, naming repository: RepositoryName?) throws {
        self.directory = directory
        guard try directory.entry(["oci-layout"])?.isFile == true,
            let file = try directory.entry(["index.json"]), file.size <= UInt64(Manifest.sizeLimit),
            let bytes = try directory.read(["index.json"], 0..<file.size)
        else {
            throw StoreError(
                .notConfigured, operation: "open",
                reason: "\(ByteString(directory.path)) is no OCI layout: oci-layout or index.json is missing")
        }
        var builder = Builder(directory: directory, paths: paths)
        for entry in try OCIIndex(parsing: bytes).entries {
            guard let digest = Digest(entry.digest) else { continue }
            guard let name = entry.repository ?? repository else {
                throw StoreError(
                    .invalid, operation: "open",
                    reason: "\(digest) in \(ByteString(directory.path)) names no repository; give one with --as")
            }
            try builder.add(digest, tag: entry.tag, to: name)
        }
        tree = builder.tree
    }

    func child(_ name: String, of path: StoragePath) throws -> FileNode? {
        if path == paths.blobs || path.isBelow(paths.blobs) {
            guard let file = try? path.appending(name), let digest = paths.digest(ofBlob: file),
                let content = try OCIFiles.content(digest, in: directory)
            else { return nil }
            return .file(content)
        }
        guard let child = tree[path]?[name] else { return nil }
        return child.map { .file($0) } ?? .directory
    }

    func children(of path: StoragePath) throws -> [String]? {
        tree[path].map { $0.keys.sorted { ByteString($0) < ByteString($1) } }
    }

    /// The file of a blob in a layout; nil if it is missing.
    private static func content(_ digest: Digest, in directory: ConfinedDirectory) throws -> FileContent? {
        let components = OCIIndex.blob(digest)
        guard let entry = try directory.entry(components), entry.isFile else { return nil }
        return .stored(components, size: entry.size, modified: entry.modified, in: directory)
    }

    /// Makes the links.
    private struct Builder {
        let directory: ConfinedDirectory
        let paths: RegistryPaths
        var tree: [StoragePath: [String: FileContent?]] = [:]
        private var manifests: [Digest: (manifest: Manifest, modified: Date)?] = [:]

        init(directory: ConfinedDirectory, paths: RegistryPaths) {
            self.directory = directory
            self.paths = paths
        }

        mutating func add(_ root: Digest, tag: String?, to name: RepositoryName) throws {
            let date = try manifest(root)?.modified ?? .distantPast
            if let tag, let current = paths.currentLink(name, tag: tag), let index = paths.index(name, tag: tag) {
                link(root, at: paths.link(to: root, below: index), date)
                link(root, at: current, date)
            }
            var traversal = ManifestTraversal<(digest: Digest, depth: Int)>()
            if traversal.enters(root) { traversal.add((root, 0)) }
            while let (digest, depth) = traversal.newest() {
                let found = try manifest(digest)
                link(digest, at: paths.revisionLink(name, digest), found?.modified ?? date)
                guard let (manifest, modified) = found else { continue }
                for blob in manifest.blobs where blob.digest.isCanonical {
                    link(blob.digest, at: paths.layerLink(name, blob.digest), modified)
                }
                for child in manifest.children where traversal.enters(child.digest, depth: depth + 1) {
                    traversal.add((child.digest, depth + 1))
                }
            }
        }

        private mutating func manifest(_ digest: Digest) throws -> (manifest: Manifest, modified: Date)? {
            if let known = manifests[digest] { return known }
            var found: (manifest: Manifest, modified: Date)?
            if let content = try OCIFiles.content(digest, in: directory), content.size <= UInt64(Manifest.sizeLimit),
                let manifest = try? Manifest(parsing: content.bytes(0..<content.size))
            {
                found = (manifest, content.modified)
            }
            manifests[digest] = .some(found)
            return found
        }

        private mutating func link(_ digest: Digest, at path: StoragePath, _ modified: Date) {
            var (path, child): (StoragePath, FileContent?) = (
                path, .text(Array(digest.string.utf8), modified: modified)
            )
            while !path.isRoot {
                if tree[path.parent]?[path.name] != nil { return }
                tree[path.parent, default: [:]][path.name] = .some(child)
                (path, child) = (path.parent, nil)
            }
        }
    }
}
