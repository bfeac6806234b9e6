import Foundation

extension RegistryAdmin {
    /// Makes one repair. Gives notes; throws `RepairError` where the damage is not what it was, and errors of the store.
    func repair(_ target: RepairPlan.Target, grace: TimeInterval) async throws -> [String] {
        switch target.repair {
        case .dropUploadKey(let path, let blob, let kept):
            guard try await driver.reader.value(at: kept) == blob.value else { throw RepairError.changed(kept) }
            guard try await driver.exchange(blob, for: nil, at: path) else { throw RepairError.changed(path) }
        case .relink(let directories): try await driver.relink(directories)
        case .rearrange(let path, let blob, let digest): try await rearrange(path, blob, digest)
        case .dropSurplus(let path, let blob, let chunks): try await dropSurplus(path, blob, chunks)
        case .writeLink(let path, let digest, let blob): try await writeLink(path, digest, blob)
        case .finishDeletion(let path, let blob): try await finishDeletion(path, blob, grace: grace, target)
        case .trash, .trashDirectories: try await toTrash(target)
        case .replaceLink(let file, let digest, let blob):
            try await toTrash(target)
            try await writeLink(file.path, digest, blob)
        case .prune(let path): return try await prune(path)
        case .removeKey(let object, let key, let value):
            guard try await driver.removeKey(key, value: value, of: object) else {
                throw RepairError.gone("the key \(key) of \(object)")
            }
        }
        return []
    }

    /// First all bytes are hashed in their right order, then written, and hashed again as they were written.
    private func rearrange(_ path: StoragePath, _ blob: BlobIdentifier, _ digest: Digest) async throws {
        guard try await driver.reader.value(at: path) == blob.value else { throw RepairError.changed(path) }
        do {
            let order = try await driver.reader.layout(of: blob).rearranged()
            guard try await driver.reader.content(of: blob, order, has: digest),
                try await driver.rearrange(
                    path, blob, isRight: { try await driver.reader.content(of: $0, at: path, has: digest) ?? false })
            else { throw RepairError.notTheDigest(path) }
        } catch is Rearrangement.Refusal {
            throw RepairError.changed(path)
        }
    }

    /// What is to go is read first, then the content is proven to be right without it, then exactly what was read goes.
    private func dropSurplus(_ path: StoragePath, _ blob: BlobIdentifier, _ chunks: [Int]) async throws {
        guard try await driver.reader.value(at: path) == blob.value else { throw RepairError.changed(path) }
        let surplus = try await driver.surplus(of: blob, chunks: chunks)
        guard try await registry.isProvenRight(path, blob) else { throw RepairError.notTheDigest(path) }
        guard try await driver.drop(surplus, of: path) else { throw RepairError.changed(path) }
    }

    private func writeLink(_ path: StoragePath, _ digest: Digest, _ blob: StoragePath) async throws {
        guard case .file? = try await driver.reader.entry(blob)?.kind else { throw RepairError.changed(blob) }
        guard try await driver.reader.entry(path) == nil else { throw RepairError.changed(path) }
        try await driver.putContent(path, Array(digest.string.utf8))
    }

    /// A reference without chunk 0 has no date of its own (`SAFETY` §1.3): one in a directory that was written to just now is left alone, since
    /// the old driver writes the key before the data.
    private func finishDeletion(
        _ path: StoragePath, _ blob: BlobIdentifier, grace: TimeInterval, _ target: RepairPlan.Target
    ) async throws {
        let reader = driver.reader
        let directory = try await reader.objects.read(.stat, of: StorageReader.directory(path.parent))
        guard try await reader.objects.read(.stat, of: blob.chunk(0)) == nil, let directory,
            grace == 0 || directory.modified.addingTimeInterval(grace) <= driver.policy.now()
        else { throw RepairError.changed(path) }
        try await toTrash(target)
    }

    private func prune(_ path: StoragePath) async throws -> [String] {
        try await driver.prune([path]) == nil
            ? ["\(path) stays, since the pool is full; once there is space, the same command removes it"] : []
    }

    private func toTrash(_ target: RepairPlan.Target) async throws {
        if case .trashDirectories(let directories) = target.repair {
            if !target.files.isEmpty { try await toTrash(target.files, named: target.name) }
            // With everything that is empty in them.
            var all = directories
            for directory in directories {
                do {
                    all += try await driver.reader.walk(directory).compactMap(\.subdirectory)
                } catch StorageError.notFound {}
            }
            try await driver.prune(all)
        } else {
            try await toTrash(target.files, named: target.name)
        }
    }

    private func toTrash(_ files: [Repair.TrashedFile], named name: String) async throws {
        let id = BlobIdentifier.random().string.dropFirst(5)
        let place = paths.holdings[0].appending(.literal("repair-\(id)"))
        let note = Holding.Note(
            name: name, kind: "other", by: "\(driver.policy.owner)", begun: driver.policy.now())
        let changed = try await driver.hold(files.map { (origin: $0.path, blob: $0.blob) }, at: place, note)
        if let first = changed.first { throw ChangeError.changed(first, count: changed.count) }
    }
}

/// Why a repair was not made.
public enum RepairError: Error, Hashable, Sendable {
    /// The damage is not what it was when it was found.
    case changed(StoragePath)
    /// The same of what has no path.
    case gone(String)
    /// The bytes do not have the digest that they should have: nothing was changed.
    case notTheDigest(StoragePath)
}

extension RepairError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .changed(let path):
            "\(path) is not what it was when the damage was found; nothing was done there, look again"
        case .gone(let what): "\(what) is not what it was when the damage was found; nothing was done there"
        case .notTheDigest(let path):
            "the bytes of \(path) do not have the digest that they should have; nothing was changed there"
        }
    }
}
