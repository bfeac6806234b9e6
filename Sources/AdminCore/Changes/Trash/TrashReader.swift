public import ObjectStore
public import Registry
import StorageDriver
public import Foundation

/// Reads the trash.
///
/// Concurrency: a value. Errors: those of the store.
public struct TrashReader: Sendable {
    /// The registry whose trash it is.
    public let registry: RegistryReader

    /// A reader of the trash of `registry`.
    public init(registry: RegistryReader) {
        self.registry = registry
    }

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// The ids of all deletions, in the order in which they were made. One listing.
    public func ids() async throws -> [String] {
        RegistryReader.directories(in: try await storage.entries(paths.trash) ?? []).sorted()
    }

    /// All deletions, the latest first, including those whose note cannot be read. Leaves out
    /// sizes.
    public func items() async throws -> [TrashItem] {
        try await concurrentMap(try await ids().reversed(), window: storage.window) { id in
            try await holding(id).map(TrashItem.init)
        }.compactMap(\.self)
    }

    /// All deletions with their sizes. Needs a pass over the registry if manifests were deleted.
    /// Memory: a few dozen bytes for each blob that is reached from the trash.
    public func sizedItems(progress: ProgressHandler? = nil) async throws -> [TrashItem] {
        let pass = registry.pass()
        let counter = ProgressCounter(phase: "reading the trash", total: nil, handler: progress)
        let found = try await concurrentMap(try await ids().reversed(), window: storage.window) {
            id -> (item: TrashItem, own: UInt64, content: [Digest: UInt64])? in
            guard let holding = try await holding(id) else { return nil }
            defer { counter.advance() }
            let own = try await ownSize(of: holding)
            return (TrashItem(holding), own, try await content(of: holding.entries, pass))
        }.compactMap(\.self)
        var keepers: [Digest: Int] = [:]
        for digest in found.lazy.flatMap(\.content.keys) { keepers[digest, default: 0] += 1 }
        for digest in try await kept(Set(keepers.keys), pass, progress) { keepers[digest, default: 0] += 1 }
        return found.map { row in
            var item = row.item
            item.bytes = row.content.values.reduce(row.own, addingCapped)
            item.reclaimable = row.content.filter { keepers[$0.key] == 1 }.values.reduce(row.own, addingCapped)
            return item
        }
    }

    /// The size of the whole trash. Reads the deletions, their files and the manifests among them,
    /// and nothing else of the registry. Memory: a few dozen bytes for each blob that is reached.
    public func total() async throws -> TrashTotal {
        let pass = registry.pass()
        let found = try await concurrentMap(try await ids(), window: storage.window) {
            id -> (deleted: Date?, own: UInt64, content: [Digest: UInt64])? in
            guard let holding = try await holding(id) else { return nil }
            let own = try await ownSize(of: holding)
            return (TrashItem(holding).deleted, own, try await content(of: holding.entries, pass))
        }.compactMap(\.self)
        let reached = found.reduce(into: [Digest: UInt64]()) { $0.merge($1.content) { first, _ in first } }
        return TrashTotal(
            count: found.count,
            bytes: reached.values.reduce(found.map(\.own).reduce(0, addingCapped), addingCapped),
            oldest: found.compactMap(\.deleted).min())
    }

    /// Bytes of the blobs that only these deletions keep, and no repository and no other deletion:
    /// collections can free them after the deletions are dropped.
    func contentKeptOnly(by ids: Set<String>, progress: ProgressHandler?) async throws -> UInt64 {
        let pass = registry.pass()
        let found = try await concurrentMap(try await self.ids(), window: storage.window) {
            id -> (isAmong: Bool, content: [Digest: UInt64]) in
            let holding = try await holding(id)
            return (ids.contains(id), content: try await content(of: holding?.entries ?? [], pass))
        }
        var sizes: [Digest: UInt64] = [:]
        for (isAmong, content) in found where isAmong { sizes.merge(content) { first, _ in first } }
        for (isAmong, content) in found where !isAmong { for digest in content.keys { sizes[digest] = nil } }
        for digest in try await kept(Set(sizes.keys), pass, progress) { sizes[digest] = nil }
        return sizes.values.reduce(0, addingCapped)
    }

    /// One deletion; nil if there is none with this id.
    func holding(_ id: String) async throws -> Holding? {
        guard let path = try? paths.trash.appending(id) else { return nil }
        guard case .directory? = try await storage.entry(path)?.kind else { return nil }
        return try await storage.holding(path)
    }

    /// Bytes of the files of a holding.
    func ownSize(of holding: Holding) async throws -> UInt64 {
        try await concurrentMap(holding.entries, window: storage.window) { try await storage.heldBytes(of: $0.blob) }
            .reduce(0, addingCapped)
    }

    /// The blobs that the manifests among some links reach, with their sizes.
    func content(of entries: [Holding.Entry], _ pass: RegistryPass) async throws -> [Digest: UInt64] {
        var revisions: [RepositoryName: Set<Digest>] = [:]
        var signatures: Set<Digest> = []
        for entry in entries {
            guard let name = paths.repositoryName(of: entry.origin) else { continue }
            switch paths.file(at: entry.origin) {
            case .revision(let digest): revisions[name, default: []].insert(digest)
            case .signature(let digest, _): signatures.insert(digest)
            default: break
            }
        }
        var content: [Digest: UInt64] = [:]
        for (name, digests) in revisions {
            content.merge(try await pass.reach(of: digests, in: name)) { first, _ in first }
        }
        let sizes = try await concurrentMap(signatures.filter { content[$0] == nil }, window: storage.window) {
            ($0, try await pass.memory.blobs($0).size ?? 0)
        }
        content.merge(sizes) { first, _ in first }
        return content
    }

    /// The blobs among `wanted` that a manifest of a repository reaches.
    private func kept(
        _ wanted: Set<Digest>, _ pass: RegistryPass, _ progress: ProgressHandler?
    ) async throws -> Set<Digest> {
        if wanted.isEmpty { return [] }
        let names = try await registry.repositoryNames()
        let counter = ProgressCounter(phase: "who needs what", total: UInt64(names.count), handler: progress)
        return try await concurrentMap(names, window: storage.window) { name -> Set<Digest> in
            defer { counter.advance() }
            do {
                return Set(try await pass.reach(of: pass.revisions(of: name), in: name).keys).intersection(wanted)
            } catch StorageError.notFound {
                return []
            }
        }.reduce(into: []) { $0.formUnion($1) }
    }
}

/// The size of the trash.
public struct TrashTotal: Hashable, Sendable {
    /// The number of deletions.
    public let count: Int
    /// Bytes of their files and of the blobs that manifests among them reach, each blob once.
    public let bytes: UInt64
    /// The time of the oldest deletion; nil if none has a time that can be read.
    public let oldest: Date?
}

/// One deletion in the trash, as a row.
public struct TrashItem: Hashable, Sendable, Identifiable {
    /// A kind of deletion. The names are part of the pool's format.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A repository.
        case repository
        /// One tag.
        case tag
        /// One manifest, with the tags on it.
        case revision
        /// An unfinished upload.
        case upload
        /// Anything else, and a deletion whose note cannot be read.
        case other
    }

    /// The id that restores it.
    public let id: String
    /// The name of the deleted thing: `app/web`, `app/web:1.0`; the place of its first link if that
    /// cannot be read.
    public let name: String
    /// The kind of the deleted thing.
    public let kind: Kind
    /// The time of the deletion; nil if that cannot be read.
    public let deleted: Date?
    /// The person or job that deleted it; nil if that cannot be read.
    public let by: String?
    /// The number of its links and files.
    public let links: Int
    /// Bytes of these files and of the blobs that manifests among them reach, each blob once; nil
    /// if not requested.
    public var bytes: UInt64?
    /// The part of `bytes` that no repository and no other deletion keeps: collections can free it
    /// after this deletion is dropped. nil if not requested.
    public var reclaimable: UInt64?

    /// An item.
    public init(
        id: String, name: String, kind: Kind, deleted: Date?, by: String?, links: Int, bytes: UInt64? = nil,
        reclaimable: UInt64? = nil
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.deleted = deleted
        self.by = by
        self.links = links
        self.bytes = bytes
        self.reclaimable = reclaimable
    }
}

extension TrashItem {
    /// The item of a holding in the trash.
    init(_ holding: Holding) {
        let origin = holding.entries.first?.origin
        self.init(
            id: holding.path.name, name: holding.note?.name ?? origin?.string ?? holding.path.name,
            kind: holding.note.flatMap { Kind(rawValue: $0.kind) } ?? .other,
            deleted: holding.note.map { $0.unlinked ?? $0.begun }, by: holding.note?.by,
            links: holding.entries.count)
    }
}
