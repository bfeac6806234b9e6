public import Foundation

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

    /// The id by which it is restored.
    public let id: String
    /// The name of what was deleted: `app/web`, `app/web:1.0`; the place of its first link if that
    /// cannot be read.
    public let name: String
    /// The kind of what was deleted.
    public let kind: Kind
    /// When it was deleted; nil if that cannot be read.
    public let deleted: Date?
    /// The person or job that deleted it; nil if that cannot be read.
    public let by: String?
    /// The number of its links and files.
    public let links: Int
    /// Bytes of these files and of the blobs that manifests among them reach, each blob once; nil
    /// if not asked for.
    public var bytes: UInt64?
    /// The part of `bytes` that nothing else keeps, no repository and no other deletion:
    /// collections can free it once this one is emptied. nil if not asked for.
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
