public import Foundation

/// One deletion in the trash, in a row.
public struct TrashItem: Hashable, Sendable, Identifiable {
    /// What kind of thing was deleted. The names are part of the pool's format.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A repository.
        case repository
        /// One tag.
        case tag
        /// One manifest, with the tags on it.
        case revision
        /// An unfinished upload.
        case upload
        /// Anything else, and what does not say.
        case other
    }

    /// By which it is restored.
    public let id: String
    /// What was deleted: `app/web`, `app/web:1.0`; of what does not say it, where it comes from.
    public let name: String
    /// What kind of thing that is.
    public let kind: Kind
    /// When it was deleted; nil if that cannot be read.
    public let deleted: Date?
    /// Who deleted it; nil if that cannot be read.
    public let by: String?
    /// How many links and files it holds.
    public let links: Int
    /// Bytes of these files and, where manifests are among them, of all that those reach, each blob once; nil if it was not asked for.
    public var bytes: UInt64?
    /// The part of `bytes` that nothing else keeps, no repository and no other deletion in the trash: what collections can free once
    /// this is emptied. nil if it was not asked for.
    public var reclaimable: UInt64?

    /// See the properties.
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
    /// What a holding in the trash is.
    init(_ holding: Holding) {
        let origin = holding.entries.first?.origin
        self.init(
            id: holding.path.name, name: holding.note?.name ?? origin?.string ?? holding.path.name,
            kind: holding.note.flatMap { Kind(rawValue: $0.kind) } ?? .other,
            deleted: holding.note.map { $0.unlinked ?? $0.begun }, by: holding.note?.by,
            links: holding.entries.count)
    }
}
