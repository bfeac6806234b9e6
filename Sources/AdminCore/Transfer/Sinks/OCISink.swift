import ObjectStore
import Registry
import Foundation
import Synchronization

/// An OCI image layout in a directory. The images of other repositories that it holds stay.
///
/// `index.json` is the last file of a transfer, and names all tags at once.
final class OCISink: TransferSink {
    private let directory: ConfinedDirectory
    private let namesRepositories: Bool
    private let lock = Mutex<Int32?>(nil)
    private let index = Mutex(IndexDraft())

    /// The index as it will be.
    private struct IndexDraft: @unchecked Sendable {
        // The dictionaries hold what JSONSerialization returns: values that nobody changes.
        var index = OCIIndex()
    }

    /// - Parameter namesRepositories: True if several repositories go into the layout.
    init(_ directory: ConfinedDirectory, namesRepositories: Bool) {
        self.directory = directory
        self.namesRepositories = namesRepositories
    }

    var isStream: Bool { false }

    func begin() async throws {
        let taken = try await ConfinedDirectory.run { [directory] in try directory.take() }
        lock.withLock { $0 = taken }
        let read = try await readIndex()
        index.withLock { $0 = read }
    }

    private func readIndex() async throws -> IndexDraft {
        try await ConfinedDirectory.run { [directory] in
            guard let entry = try directory.entry(["index.json"]) else { return IndexDraft() }
            guard entry.size <= UInt64(Manifest.sizeLimit),
                let bytes = try directory.read(["index.json"], 0..<entry.size)
            else {
                throw StoreError(.invalid, operation: "read index.json", reason: "it is larger than an index may be")
            }
            return IndexDraft(index: try OCIIndex(parsing: bytes))
        }
    }

    func holds(_ digest: Digest, size: UInt64, hashing: Bool) async throws -> Bool {
        try await directory.holds(digest, at: OCIIndex.blob(digest), size: size, hashing: hashing)
    }

    func draft(_ digest: Digest, size: UInt64, modified: Date?) async throws -> any BlobDraft {
        try await BlobFile(in: directory, at: OCIIndex.blob(digest), modified: modified)
    }

    func settle() async throws {
        try await ConfinedDirectory.run { [directory] in try directory.settle() }
    }

    func linkBlobs(of repository: TransferPlan.Repository) async throws {}

    func linkManifests(of repository: TransferPlan.Repository) async throws {}

    func tag(_ repository: TransferPlan.Repository, _ plan: TransferPlan) async throws -> [TransferPlan.LeftOut] {
        let entries = OCIIndex.entries(of: repository, plan, namesRepository: namesRepositories)
        index.withLock { $0.index.replace(repository.name, by: entries) }
        return []
    }

    func repositories() async throws -> [RepositoryName] {
        Set(try await readIndex().index.entries.compactMap(\.repository)).sorted()
    }

    func tags(of repository: RepositoryName) async throws -> [String: Digest] {
        try await readIndex().index.tags(of: repository)
    }

    func remove(_ tags: [ImageReference]) async throws {
        index.withLock { draft in
            for reference in tags {
                if case .tag(let tag) = reference.selector { draft.index.remove(tag, of: reference.repository) }
            }
        }
    }

    func end(isWhole: Bool) async throws {
        guard let taken = lock.withLock({ $0.take() }) else { return }
        defer { directory.release(taken) }
        guard isWhole else { return }
        let bytes = try index.withLock { try $0.index.bytes() }
        try await ConfinedDirectory.run { [directory] in
            try directory.put(OCIIndex.layout, at: ["oci-layout"], isFlushed: false)
            try directory.settle()
            try directory.put(bytes, at: ["index.json"], isFlushed: true)
            try directory.settle()
        }
    }
}

extension OCIIndex {
    /// The descriptors of the images of a repository.
    static func entries(
        of repository: TransferPlan.Repository, _ plan: TransferPlan, namesRepository: Bool
    ) -> [Entry] {
        func entry(_ digest: Digest, _ tag: String?) -> Entry? {
            guard let image = plan.images[digest], let size = plan.blobs[digest] else { return nil }
            var annotations = [OCIIndex.repositoryName: repository.name.string]
            if let tag {
                annotations[OCIIndex.referenceName] = namesRepository ? "\(repository.name):\(tag)" : tag
            }
            var fields: [String: Any] = [
                "mediaType": image.mediaType, "digest": digest.string, "size": Int(clamping: size),
                "annotations": annotations,
            ]
            if let type = image.artifactType { fields["artifactType"] = type }
            return Entry(fields)
        }
        return repository.tags.compactMap { entry($0.digest, $0.name) }
            + repository.untagged.compactMap { entry($0, nil) }
    }
}
