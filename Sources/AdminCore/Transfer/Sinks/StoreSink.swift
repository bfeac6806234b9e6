import Changes
import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// A store of the old driver, written by regtop's own driver in the orders of docs/safety.md: a
/// file's chunks before its reference, a link only where it is missing. Dates are kept.
final class StoreSink: TransferSink {
    private let admin: RegistryAdmin
    private let replacesTags: Bool
    private let names: [RepositoryName]
    private let record = Mutex<CopyRecord?>(nil)

    /// - Parameter names: The repositories that are copied, for the log.
    init(_ admin: RegistryAdmin, of names: [RepositoryName], replacesTags: Bool) {
        self.admin = admin
        self.names = names
        self.replacesTags = replacesTags
    }

    private var registry: RegistryReader { admin.registry }
    private var paths: RegistryPaths { registry.paths }
    private var driver: StorageDriver { admin.driver }

    var isStream: Bool { false }

    func begin() async throws {
        try await admin.checkChunkSize()
        let begun = await CopyRecord(of: names, by: admin)
        record.withLock { $0 = begun }
    }

    func holds(_ digest: Digest, size: UInt64, hashing: Bool) async throws -> Bool {
        let found = try await registry.blob(digest)
        guard found.state == .ok, found.size == size else { return false }
        guard hashing else { return true }
        do {
            let path = paths.blob(digest)
            return try await registry.storage.content(of: registry.storage.blob(path), at: path, has: digest) == true
        } catch is StorageError {
            return false
        }
    }

    func draft(_ digest: Digest, size: UInt64, modified: Date?) async throws -> any BlobDraft {
        StoredBlob(
            writer: try await driver.replacing(paths.blob(digest), modified: modified), sink: self, digest: digest,
            size: size)
    }

    /// Every step of the driver is beyond a power cut when it is answered.
    func settle() async throws {}

    /// A collection at the target takes links that no manifest needs, so they come later, right
    /// before the manifests.
    func linkBlobs(of repository: TransferPlan.Repository) async throws {}

    func linkManifests(of repository: TransferPlan.Repository) async throws {
        let name = repository.name
        var links = repository.layers.map { (paths.layerLink(name, $0.digest), $0) }
        for (manifest, signatures) in repository.signatures {
            links += signatures.map { (paths.signatureLink(name, $0.digest, of: manifest), $0) }
        }
        try await put(links)
        // A revision is the root of what it names, so its layer links come first.
        try await put(repository.revisions.map { (paths.revisionLink(name, $0.digest), $0) })
    }

    private func put(_ links: [(StoragePath, TransferPlan.Link)]) async throws {
        _ = try await concurrentMap(links, window: 32) { [registry, driver] path, link in
            let found = try await registry.links.read(at: path)
            if found.state == .good(link.content) { return }
            try await driver.putContent(path, link.content.string.utf8, modified: link.modified)
        }
    }

    func tag(_ repository: TransferPlan.Repository, _ plan: TransferPlan) async throws -> [TransferPlan.LeftOut] {
        let settings = try await concurrentMap(repository.tags, window: 16) { tag in
            (tag, try await self.set(tag, of: repository.name))
        }
        var left: [TransferPlan.LeftOut] = []
        // Each replacement is a change of its own, and a change does not begin beside another one.
        for (tag, setting) in settings {
            switch setting {
            case .set: break
            case .stays(let leftOut): left.append(leftOut)
            case .isOther: try await replace(tag, of: repository.name).map { left.append($0) }
            }
        }
        return left
    }

    /// The state of a tag after the attempt to set it.
    private enum Setting {
        case set
        /// It names another manifest, and stays.
        case stays(TransferPlan.LeftOut)
        /// It is there with another content, and is to be replaced.
        case isOther
    }

    /// Sets a tag, unless its current link is there with another content.
    private func set(_ tag: TransferPlan.Tag, of name: RepositoryName) async throws -> Setting {
        guard let path = paths.currentLink(name, tag: tag.name), let index = paths.index(name, tag: tag.name) else {
            return .set
        }
        let present = try await registry.links.read(at: path)
        if let digest = present.digest, digest != tag.digest, !replacesTags {
            return .stays(
                TransferPlan.LeftOut(
                    target: "\(name):\(tag.name)",
                    reason: "\(name):\(tag.name) names \(digest) at the target, and stays; --force replaces it."))
        }
        try await put(
            tag.history.map {
                (paths.link(to: $0, below: index), TransferPlan.Link(digest: $0, content: $0, modified: tag.modified))
            })
        if present.state == .good(tag.digest) { return .set }
        guard present.state == .missing else { return .isOther }
        try await driver.putContent(path, tag.digest.string.utf8, modified: tag.modified)
        return .set
    }

    /// Replaces a tag as `cp --force` does (docs/safety.md#copy-a-repository-or-a-tag): the old
    /// link goes to the trash, and the log names both manifests. Returns the reason if the tag
    /// stays.
    private func replace(_ tag: TransferPlan.Tag, of name: RepositoryName) async throws -> TransferPlan.LeftOut? {
        guard let reference = ImageReference(name, .tag(tag.name)) else { return nil }
        func stays(_ reason: String) -> TransferPlan.LeftOut {
            TransferPlan.LeftOut(target: "\(reference)", reason: "\(reference) stays as it is: \(reason).")
        }
        let plan: CopyPlan
        do {
            plan = try await ChangePlanner(registry: registry, policy: driver.policy).replacement(
                of: reference, by: tag.digest, modified: tag.modified)
        } catch let error as ChangeError {
            return stays("\(error)")
        }
        for result in await admin.apply(plan) where result.outcome != .done {
            let error = result.error ?? "it was not replaced"
            guard result.kind == nil, result.outcome == .failed else {
                throw StoreError(result.kind ?? .other, operation: "replace a tag", reason: "\(reference): \(error)")
            }
            return stays(error)
        }
        return nil
    }

    func repositories() async throws -> [RepositoryName] { [] }

    func tags(of repository: RepositoryName) async throws -> [String: Digest] {
        try await registry.tagDigests(of: repository)
    }

    func remove(_ tags: [ImageReference]) async throws {
        guard !tags.isEmpty else { return }
        let planner = ChangePlanner(registry: registry, policy: driver.policy)
        let plan = try await planner.removal(of: tags, companions: .none)
        for result in await admin.apply(plan) where result.outcome != .done {
            throw StoreError(
                .other, operation: "remove tags", reason: "\(result.target): \(result.error ?? "it stays")")
        }
    }

    func end(isWhole: Bool) async throws {
        await record.withLock { $0.take() }?.end(isWhole: isWhole)
    }
}

/// A blob in a store: its chunks are there, and no path names them before it is published.
private struct StoredBlob: BlobDraft {
    let writer: FileWriter
    let sink: StoreSink
    let digest: Digest
    let size: UInt64

    func write(_ bytes: [UInt8]) async throws { try await writer.write(bytes) }

    func publish() async throws {
        do {
            try await writer.commit()
        } catch StorageError.changedMeanwhile(let path) {
            // Another client has pushed the same blob meanwhile.
            guard try await sink.holds(digest, size: size, hashing: false) else {
                throw StorageError.changedMeanwhile(path)
            }
        }
    }

    func discard() async { await writer.cancel() }
}
