import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Finds the links that references stand for, and freezes them. Only reads.
struct TargetFinder: Sendable {
    let registry: RegistryReader
    let policy: JournalPolicy

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// Returns the links that a reference stands for. If `takesUploads` is false, leaves out
    /// uploads in progress. Throws `ChangeError.notFound`, and errors of reading.
    func target(_ reference: ImageReference, takesUploads: Bool = true) async throws -> ChangePlan.Target {
        let name = reference.repository
        switch reference.selector {
        case .repository:
            let own = paths.ownDirectories(name)
            let found = try await concurrentMap(own, window: own.count) { try await storage.walkIfThere($0) }
            guard found.contains(where: { $0 != nil }) else { throw ChangeError.notFound(reference) }
            let entries = found.compactMap(\.self).flatMap(\.self)
            let busy = takesUploads ? [] : try await uploadsInProgress(entries.compactMap(\.file))
            let idle = entries.filter { entry in
                guard let path = entry.path, let upload = paths.file(at: path)?.uploadDirectory else { return true }
                return !busy.contains(upload)
            }
            return try await target(reference, idle, roots: own, uploadsInProgress: busy.count)
        case .tag(let tag):
            guard let directory = paths.tag(name, tag), let found = try await storage.walkIfThere(directory) else {
                throw ChangeError.notFound(reference)
            }
            return try await target(reference, found, roots: [directory])
        case .digest(let digest):
            let tags = try await tags(of: name, naming: digest)
            var roots = tags.compactMap { paths.tag(name, $0) } + [paths.revision(name, digest)]
            // Registry 2.1.0 linked manifests only among the layers.
            let old = paths.layerLink(name, digest)
            if try await storage.entries(paths.revision(name, digest)) == nil, try await storage.entry(old) != nil,
                case .file(let blob)? = try await storage.entry(paths.blob(digest))?.kind,
                try await registry.manifestAmongLayers(in: blob, at: paths.blob(digest)) != nil
            {
                roots.append(old.parent)
            }
            let found = try await concurrentMap(roots, window: storage.window) { try await storage.walkIfThere($0) }
            guard found.contains(where: { $0 != nil }) else { throw ChangeError.notFound(reference) }
            return try await target(reference, found.compactMap(\.self).flatMap(\.self), roots: roots)
        }
    }

    /// Returns the tags of a repository whose current link has this digest, sorted.
    func tags(of name: RepositoryName, naming digest: Digest) async throws -> [String] {
        let tags = try await registry.pass().tagNames(of: name)
        return try await concurrentMap(tags, window: storage.window) { tag -> String? in
            guard let link = paths.currentLink(name, tag: tag) else { return nil }
            return try await registry.links.read(at: link).digest == digest ? tag : nil
        }.compactMap(\.self)
    }

    /// Returns the directories of the uploads that were written to within the delay: their clients
    /// may go on.
    private func uploadsInProgress(
        _ files: [(path: StoragePath, blob: BlobIdentifier)]
    ) async throws -> Set<StoragePath> {
        guard policy.delay > 0 else { return [] }
        let limit = policy.now.addingTimeInterval(-policy.delay)
        let uploads = files.compactMap { file in
            paths.file(at: file.path)?.uploadDirectory.map { (directory: $0, file: file) }
        }
        return try await Set(
            concurrentMap(uploads, window: storage.window) { upload -> StoragePath? in
                var modified = try await storage.head(of: upload.file.blob).modified
                if modified == nil {
                    // A reference without chunk 0 has only the date of its directory.
                    let directory = StorageReader.directory(upload.file.path.parent)
                    modified = try await storage.objects.read(.stat, of: directory)?.modified
                }
                return modified.map { $0 <= limit } ?? false ? nil : upload.directory
            }.compactMap(\.self))
    }

    private func target(
        _ reference: ImageReference, _ found: [WalkEntry], roots: [StoragePath], uploadsInProgress: Int = 0
    ) async throws -> ChangePlan.Target {
        let files = found.compactMap(\.file).sorted { $0.path < $1.path }
        return ChangePlan.Target(
            reference: reference, stages: paths.staged(try await links(files), by: \.path),
            directories: roots + found.compactMap(\.subdirectory), uploadsInProgress: uploadsInProgress)
    }

    /// Returns files as links, with the digests of current links.
    func links(_ files: [(path: StoragePath, blob: BlobIdentifier)]) async throws -> [ChangePlan.Link] {
        try await concurrentMap(files, window: storage.window) { path, blob in
            let isCurrent = paths.currentTag(of: path) != nil
            let digest = isCurrent ? try await registry.links.read(blob, at: path).digest : nil
            return ChangePlan.Link(path: path, blob: blob, digest: digest)
        }
    }
}
