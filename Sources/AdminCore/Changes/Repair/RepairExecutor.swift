import Inspection
import ObjectStore
import Registry
public import StorageDriver
import Foundation

/// Makes the repairs of a plan.
struct RepairExecutor: Sendable {
    let context: ChangeContext
    /// Seconds in which damage counts as a write under way: nothing younger is removed.
    let grace: TimeInterval

    private var driver: StorageDriver { context.driver }
    private var registry: RegistryReader { context.registry }
    private var paths: RegistryPaths { context.paths }

    /// Makes one repair; `id` is the id for the files that go to the trash. Returns notes; throws
    /// `RepairError` if the damage has changed, and errors of the store.
    func repair(_ target: RepairPlan.Target, trash id: TrashID?) async throws -> [String] {
        switch target.repair {
        case .dropUploadKey(let path, let blob, let kept):
            guard try await driver.reader.value(at: kept) == blob.value else { throw RepairError.changed(kept) }
            guard try await driver.writer.exchange(blob, for: nil, at: path) else { throw RepairError.changed(path) }
        case .relink(let directories): try await driver.pruner.relink(directories)
        case .rearrange(let path, let blob, let digest): try await rearrange(path, blob, digest)
        case .restoreSize(let path, let blob, let chunks): try await restoreSize(path, blob, chunks)
        case .writeEmpty(let path, let blob): try await writeEmpty(path, blob)
        case .dropSurplus(let path, let blob, let chunks):
            try await SurplusRemoval(context: context).drop(chunks, of: path, blob)
        case .writeLink(let path, let digest, let blob), .restoreTag(let path, let digest, let blob):
            try await writeLink(path, digest, blob)
        case .rewriteLink(let file, let digest): try await rewriteLink(file, digest)
        case .finishDeletion(let path, let blob):
            return try await finishDeletion(path, blob, target, id)
        case .trash, .trashDirectories:
            try await requireDamage(target)
            return try await toTrash(target, id)
        case .replaceLink(let file, let digest, let blob):
            try await requireDamage(target)
            let notes = try await toTrash(target, id)
            try await writeLink(file.path, digest, blob)
            return notes
        case .prune(let path): return try await prune(path)
        case .removeKey(let object, let key, let value):
            guard try await driver.writer.removeKey(key, value: value, of: object) else {
                throw RepairError.gone("the key \(key) of \(object)")
            }
        }
        return []
    }

    private func requireDamage(_ target: RepairPlan.Target) async throws {
        guard try await DamageCheck(context: context, grace: grace).isStillDamaged(target) else {
            throw RepairError.changed(target.problem.path ?? .root)
        }
    }

    /// Hashes all bytes in their right order, writes them, and hashes them again as they were
    /// written.
    private func rearrange(_ path: StoragePath, _ blob: BlobIdentifier, _ digest: Digest) async throws {
        guard try await driver.reader.value(at: path) == blob.value else { throw RepairError.changed(path) }
        do {
            let order = try await driver.reader.layout(of: blob).rearranged()
            guard try await driver.reader.content(of: blob, order, has: digest),
                try await driver.repair.rewrite(
                    path, blob, in: order,
                    isRight: { try await driver.reader.content(of: $0, at: path, has: digest) ?? false })
            else { throw RepairError.notTheDigest(path) }
        } catch is Rearrangement.Refusal {
            throw RepairError.changed(path)
        }
    }

    /// Writes a file anew that has lost its size. The registry's driver writes the data before the
    /// size: a young file may still get its size. The digest proves the bytes, and so the size,
    /// before the new file is written and after. The chunks are never changed in place, since no
    /// guard covers several chunks.
    private func restoreSize(
        _ path: StoragePath, _ blob: BlobIdentifier, _ chunks: [Int]
    ) async throws {
        let reader = driver.reader
        guard try await reader.value(at: path) == blob.value,
            let head = try await reader.objects.read(.stat, of: blob.chunk(0)), isSettled(head)
        else { throw RepairError.changed(path) }
        let stored = try await reader.storedFile(blob, chunks: chunks)
        guard stored.fault(chunkSize: reader.chunkSize) != nil,
            let order = try? Rearrangement(asTheyStand: stored.lengths, chunkSize: reader.chunkSize)
        else { throw RepairError.changed(path) }
        let proof = ContentProof(registry: registry, path: path)
        guard try await proof.isRight(blob, in: order),
            try await driver.repair.rewrite(path, blob, in: order, isRight: { try await proof.isRight($0) })
        else { throw RepairError.notTheDigest(path) }
    }

    /// True if an object is so old that no registry can be writing its file.
    private func isSettled(_ object: ObjectState) -> Bool {
        grace == 0 || object.modified.addingTimeInterval(grace) <= driver.policy.now
    }

    private func writeLink(_ path: StoragePath, _ digest: Digest, _ blob: StoragePath) async throws {
        guard case .file? = try await driver.reader.entry(blob)?.kind else { throw RepairError.changed(blob) }
        guard try await driver.reader.entry(path) == nil else { throw RepairError.changed(path) }
        if case .revision = paths.file(at: path) { try await requireManifest(digest) }
        try await driver.putContent(path, Array(digest.string.utf8))
    }

    /// A link lets the registry serve a manifest: so only a manifest with the right digest gets
    /// one.
    private func requireManifest(_ digest: Digest) async throws {
        let path = paths.blob(digest)
        guard case .file(let blob)? = try await driver.reader.entry(path)?.kind,
            case .success = try await registry.manifest(in: blob, at: path).content,
            try await driver.reader.content(of: blob, at: path, has: digest) == true
        else { throw RepairError.notTheDigest(path) }
    }

    private func rewriteLink(_ file: Repair.TrashedFile, _ digest: Digest) async throws {
        let isDone = try await driver.repair.replace(file.path, file.blob, with: Array(digest.string.utf8)) {
            let link = try await registry.links.read(file.blob, at: file.path)
            return link.state == .inexact(digest)
        }
        guard isDone else { throw RepairError.changed(file.path) }
    }

    /// A reference without chunk 0 has no date of its own (docs/safety.md#dates): a reference in a
    /// directory with a recent write is left alone, since the registry's driver writes the key
    /// before the data.
    private func finishDeletion(
        _ path: StoragePath, _ blob: BlobIdentifier, _ target: RepairPlan.Target, _ id: TrashID?
    ) async throws -> [String] {
        guard try await driver.reader.objects.read(.stat, of: blob.chunk(0)) == nil,
            try await isReferenceSettled(path)
        else { throw RepairError.changed(path) }
        return try await toTrash(target, id)
    }

    private func isReferenceSettled(_ path: StoragePath) async throws -> Bool {
        let directory = try await driver.reader.objects.read(.stat, of: StorageReader.directory(path.parent))
        return directory.map { isSettled($0) } ?? false
    }

    /// The digest shows that there is no content to lose, and that none is missing; still, a
    /// registry may be writing a young reference. A single operation makes the chunk, and only if
    /// there is none. If the reference has changed by then, the chunk is an orphan.
    private func writeEmpty(_ path: StoragePath, _ blob: BlobIdentifier) async throws {
        guard case .blob(let digest) = paths.file(at: path), BlobFinding.emptyDigests.contains(digest.string) else {
            throw RepairError.notTheDigest(path)
        }
        guard try await isReferenceSettled(path), try await driver.reader.value(at: path) == blob.value,
            try await driver.reader.objects.read(.stat, of: blob.chunk(1)) == nil,
            try await driver.repair.writeEmpty(blob, of: path), try await driver.reader.value(at: path) == blob.value
        else { throw RepairError.changed(path) }
    }

    private func prune(_ path: StoragePath) async throws -> [String] {
        try await driver.pruner.prune([path]) == nil
            ? ["\(path) stays, since the pool is full; once there is space, the same command removes it"] : []
    }

    private func toTrash(_ target: RepairPlan.Target, _ id: TrashID?) async throws -> [String] {
        var directories = target.files.map(\.path.parent)
        if case .trashDirectories(let own) = target.repair {
            // Includes directories without files.
            let below = try await concurrentMap(own, window: driver.reader.window) { [driver] in
                try await driver.reader.walkIfThere($0) ?? []
            }
            directories += own + below.joined().compactMap(\.subdirectory)
        }
        let isRepository = directories.allSatisfy { $0.isBelow(paths.repositories) }
        let floor = isRepository ? paths.repositories : paths.root
        guard let id, !target.files.isEmpty else {
            try await driver.pruner.prune(directories, below: floor)
            let stay = try await concurrentMap(directories, window: driver.reader.window) { [driver] directory in
                let object = try await driver.reader.objects.read(.stat, of: StorageReader.directory(directory))
                return object == nil ? nil : directory
            }.compactMap(\.self)
            if let first = stay.min() { throw RepairError.stays(first) }
            return []
        }
        let links = try await TargetFinder(registry: registry, policy: driver.policy)
            .links(target.files.map { ($0.path, $0.blob) })
        let deposit = TrashDeposit(
            name: target.name, kind: target.trashKind, stages: [links],
            directories: directories.uniqued(), floor: floor)
        let counter = ProgressCounter(phase: "removing links", total: UInt64(target.files.count), handler: nil)
        let layers = target.files.map(\.path).filter { paths.file(at: $0)?.isLayerLink ?? false }
        let watch = LayerWatch(
            driver: driver, paths: paths, names: layers.compactMap(paths.repositoryName).uniqued(),
            counterpart: paths.holding(of: id))
        return try await watch.during {
            let (stay, leftovers) = try await deposit.put(as: id, context, counter)
            if let first = stay.min() { throw ChangeError.changed(first, count: stay.count) }
            return leftovers.notes(paths)
        }
    }
}

extension RepairPlan.Target {
    fileprivate var trashKind: TrashItem.Kind {
        switch problem.kind {
        case .staleUpload: .upload
        case .emptyRepository: .repository
        default: .other
        }
    }
}

/// Removes the chunks behind the end of a file.
struct SurplusRemoval: Sendable {
    let context: ChangeContext

    /// Reads the chunks, then proves that the content is right without them, then removes exactly
    /// these chunks. Throws `RepairError`, and errors of the store.
    func drop(_ chunks: [Int], of path: StoragePath, _ blob: BlobIdentifier) async throws {
        let driver = context.driver
        guard try await driver.reader.value(at: path) == blob.value else { throw RepairError.changed(path) }
        let proof = ContentProof(registry: context.registry, path: path)
        let surplus = try await driver.repair.surplus(of: blob, chunks: chunks)
        guard try await proof.isRight(blob) else { throw RepairError.notTheDigest(path) }
        guard try await driver.repair.drop(surplus, of: path) else { throw RepairError.changed(path) }
    }
}

/// The reason why a repair was not made.
public enum RepairError: Error, Hashable, Sendable {
    /// The damage has changed since it was found.
    case changed(StoragePath)
    /// The damage has no path, and has changed since it was found.
    case gone(String)
    /// The directory holds something that is neither a file nor a directory, or that appeared
    /// meanwhile: it could not be removed.
    case stays(StoragePath)
    /// The bytes do not have the expected digest: nothing was changed.
    case notTheDigest(StoragePath)
}

extension RepairError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .changed(let path):
            "\(path) has changed since the damage was found; nothing was done there, look again"
        case .stays(let path): "\(path) stays, since something is in it that is no file; repair that first"
        case .gone(let what): "\(what) has changed since the damage was found; nothing was done there"
        case .notTheDigest(let path):
            "the bytes of \(path) do not have the digest that they should have; nothing was changed there"
        }
    }
}
