import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// The layout of distribution's filesystem driver, which its S3 driver uses as well.
final class RegistrySink: TransferSink {
    private let directory: ConfinedDirectory
    private let paths = RegistryPaths()
    private let lock = Mutex<Int32?>(nil)

    init(_ directory: ConfinedDirectory) { self.directory = directory }

    var isStream: Bool { false }

    func begin() async throws {
        let taken = try await ConfinedDirectory.run { [directory] in try directory.take() }
        lock.withLock { $0 = taken }
    }

    func holds(_ digest: Digest, size: UInt64, hashing: Bool) async throws -> Bool {
        try await directory.holds(digest, at: paths.blob(digest).components, size: size, hashing: hashing)
    }

    func draft(_ digest: Digest, size: UInt64, modified: Date?) async throws -> any BlobDraft {
        try await BlobFile(in: directory, at: paths.blob(digest).components, modified: modified)
    }

    func settle() async throws {
        try await ConfinedDirectory.run { [directory] in try directory.settle() }
    }

    func linkBlobs(of repository: TransferPlan.Repository) async throws {
        let name = repository.name
        var links = repository.layers.map { (paths.layerLink(name, $0.digest), $0) }
        for (manifest, signatures) in repository.signatures {
            links += signatures.map { (paths.signatureLink(name, $0.digest, of: manifest), $0) }
        }
        try await put(links)
    }

    func linkManifests(of repository: TransferPlan.Repository) async throws {
        try await put(repository.revisions.map { (paths.revisionLink(repository.name, $0.digest), $0) })
    }

    func tag(_ repository: TransferPlan.Repository, _ plan: TransferPlan) async throws -> [TransferPlan.LeftOut] {
        let tags = repository.tags
        let history = tags.flatMap { tag in
            tag.history.compactMap { digest in
                paths.index(repository.name, tag: tag.name).map { index in
                    (
                        paths.link(to: digest, below: index),
                        TransferPlan.Link(digest: digest, content: digest, modified: tag.modified)
                    )
                }
            }
        }
        try await put(history)
        // A client sees a tag as soon as its link has a name, so the content is flushed before.
        try await put(
            tags.compactMap { tag in
                paths.currentLink(repository.name, tag: tag.name).map {
                    ($0, TransferPlan.Link(digest: tag.digest, content: tag.digest, modified: tag.modified))
                }
            }, isFlushed: true)
        return []
    }

    private func put(_ links: [(StoragePath, TransferPlan.Link)], isFlushed: Bool = false) async throws {
        _ = try await concurrentMap(links, window: 32) { [directory] path, link in
            try await ConfinedDirectory.run {
                try directory.put(
                    Array(link.content.string.utf8), at: path.components, modified: link.modified, isFlushed: isFlushed)
            }
        }
    }

    func repositories() async throws -> [RepositoryName] { try await reader.repositoryNames() }

    func tags(of repository: RepositoryName) async throws -> [String: Digest] {
        try await reader.tagDigests(of: repository)
    }

    private var reader: RegistryReader {
        RegistryReader(
            storage: StorageReader(
                objects: FileTreeReader(RegistryFiles(directory: directory)), chunkSize: FileTreeReader.chunkSize))
    }

    func remove(_ tags: [ImageReference]) async throws {
        for reference in tags {
            guard case .tag(let tag) = reference.selector,
                let current = paths.currentLink(reference.repository, tag: tag),
                let index = paths.index(reference.repository, tag: tag)
            else { continue }
            let floor = paths.tags(reference.repository).components.count
            try await ConfinedDirectory.run { [directory, paths] in
                // The current link goes first: then the tag is gone, whatever else is there.
                try directory.remove(current.components, pruningTo: floor)
                for algorithm in try directory.names(index.components) ?? [] {
                    for hex in try directory.names(index.components + [algorithm]) ?? [] {
                        guard let digest = Digest(algorithm: algorithm, hex: hex) else { continue }
                        try directory.remove(paths.link(to: digest, below: index).components, pruningTo: floor)
                    }
                }
            }
        }
    }

    func end(isWhole: Bool) async throws {
        if let taken = lock.withLock({ $0.take() }) { directory.release(taken) }
    }
}

extension ConfinedDirectory {
    /// True if a file has this size, and this digest if it is to be read.
    func holds(_ digest: Digest, at components: [String], size: UInt64, hashing: Bool) async throws -> Bool {
        try await ConfinedDirectory.run { [self] in
            guard let entry = try entry(components) else { return false }
            guard entry.isFile else {
                throw StoreError(
                    .invalid, operation: "write",
                    reason:
                        "\(ByteString(([path] + components).joined(separator: "/"))) is no file, and is not followed")
            }
            guard entry.size == size else { return false }
            return try !hashing || has(digest, components)
        }
    }
}

extension RegistryReader {
    /// The tags of a repository with their digests; none if there is no such repository.
    func tagDigests(of name: RepositoryName) async throws -> [String: Digest] {
        let inquiry = RepositoryInquiry(name: name, pass: pass(), scope: .tagLinks)
        return try await inquiry.facts([.tagNames]).tags.compactMapValues(\.digest)
    }
}
