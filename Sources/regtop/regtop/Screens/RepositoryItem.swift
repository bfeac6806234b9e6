import AdminCore
import ConsoleKit
import Presentation
import Foundation

/// A row of a repository: a tag, a manifest without a tag, or an unfinished upload.
nonisolated struct RepositoryItem: Sendable, Identifiable {
    enum Identity: Hashable, Sendable {
        case tag(String)
        case manifest(Digest)
        case upload(String)
    }

    let id: Identity
    var tag: TagSummary?
    /// The image of a manifest without a tag.
    var image: ImageDetail?
    var upload: UploadSummary?
    /// The manifests of an index.
    var children: [Digest] = []
    /// The tag of an index with this manifest, which needs it.
    var parent: String?
    /// The tags of the images to which a companion belongs; none if these images have no tag.
    var images: [String] = []
    /// The reason why the row could not be read.
    var failure: String?

    var name: String {
        switch id {
        case .tag(let tag): tag
        case .manifest: parent.map { "(part of \($0))" } ?? companion.map { "(\($0.kind.noun))" } ?? "(no tag)"
        case .upload(let identifier): "(upload) " + identifier
        }
    }

    var digest: Digest? {
        switch id {
        case .tag: tag?.digest
        case .manifest(let digest): digest
        case .upload: nil
        }
    }

    var isKnown: Bool { tag != nil || image != nil || upload != nil || failure != nil }

    /// The subject of a companion; nil for an image.
    var companion: Companion? { tag?.companion ?? image?.companion }

    /// The images to which a companion belongs, in words.
    private var belonging: String? {
        guard let companion else { return nil }
        let images = images.isEmpty ? companion.subject.string : images.joined(separator: ", ")
        return "\(companion.kind.noun) of \(images)"
    }

    var mediaType: String? { tag?.mediaType ?? image?.mediaType }

    var kind: ArtifactKind? { tag?.kind ?? image?.kind }

    var size: UInt64? { tag?.size ?? image?.size ?? upload?.size }

    var created: Date? { tag?.created ?? image?.created ?? upload?.lastKnown }

    var platforms: [String] { tag?.platforms ?? image?.platforms ?? [] }

    var state: String? {
        if failure != nil { return "unread" }
        if case .upload = id { return "upload" }
        if let image {
            let isFree = parent == nil && (companion == nil || images.isEmpty)
            return image.state == .ok ? isFree ? "untagged" : "part" : image.state.rawValue
        }
        return tag?.state.rawValue
    }

    var note: String { failure ?? tag?.problems.first ?? image?.problems.first ?? belonging ?? "" }

    var searchText: String {
        "\(name) \(digest?.string ?? "") \(platforms.joined(separator: " ")) \(state ?? "") \(note)"
    }

    /// The row as `tags` prints it. Manifests without a tag, which `tags` does not list, have the
    /// same keys. An upload has its identifier.
    var json: JSONValue {
        if let tag { return tag.json }
        if case .upload(let identifier) = id {
            return ["upload": .string(identifier), "size": .bytes(size), "state": .text(state)]
        }
        let name: String? = if case .tag(let tag) = id { tag } else { nil }
        return [
            "tag": .text(name), "digest": .text(digest), "mediaType": .text(mediaType), "size": .bytes(size),
            "created": .time(created), "modified": .null, "platforms": .array(platforms.map { .string($0) }),
            "state": .text(state),
        ]
    }

    /// The reference for a change; nil for an upload.
    func reference(in repository: RepositoryName) -> ImageReference? {
        switch id {
        case .tag(let tag): ImageReference(repository, .tag(tag))
        case .manifest(let digest): ImageReference(repository, .digest(digest))
        case .upload: nil
        }
    }

    static let columns: [Column<RepositoryItem>] = [
        Column(
            id: "tag", title: "TAG", trimming: .middle, minimum: 15, ideal: 40, isName: true, isSearched: true,
            order: .text { $0.name }
        ) { row, _ in
            if case .tag = row.id, row.companion == nil { Line(row.name) } else { Line(row.name, .dim) }
        },
        Column(id: "digest", title: "DIGEST", minimum: 15, ideal: 20, priority: 4, isSearched: true) { row, width in
            Cells.digest(row.digest, width)
        },
        Column(id: "kind", title: "KIND", minimum: 9, ideal: 9, priority: 6, order: .text { $0.mediaType ?? "" }) {
            row, _ in row.companion.map { Line($0.kind.rawValue, .dim) } ?? Cells.kind(row.kind, row.mediaType)
        },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
            order: .number { Cells.order($0.size) }, startsDescending: true
        ) { row, width in Cells.size(row.size, width) },
        Column(
            id: "created", title: "CREATED", minimum: 10, ideal: 10, priority: 2,
            order: .number { Cells.order($0.created) }, startsDescending: true
        ) { row, width in Cells.date(row.created, width) },
        Column(
            id: "modified", title: "MODIFIED", minimum: 10, ideal: 10, priority: 7,
            order: .number { Cells.order($0.tag?.modified) }, startsDescending: true
        ) { row, width in Cells.date(row.tag?.modified, width) },
        Column(id: "platforms", title: "PLATFORMS", minimum: 11, ideal: 24, priority: 5, isSearched: true) { row, _ in
            row.platforms.isEmpty ? Cells.unknown : Line(row.platforms.joined(separator: " "))
        },
        Column(
            id: "state", title: "STATE", minimum: 8, ideal: 8, isSearched: true, order: .text { $0.state ?? "" },
            details: { Cells.meaning(of: $0.state) }
        ) { row, _ in row.state.map(Cells.state) ?? Cells.unknown },
        Column(
            id: "note", title: "NOTE", minimum: 24, priority: 8, isExtra: true, isSearched: true,
            details: { row in
                let problems = row.tag?.problems ?? row.image?.problems ?? []
                return problems.isEmpty ? [row.note] : problems
            }
        ) { row, _ in Cells.note(row.note) },
    ]

    /// The value of a field for filters.
    func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(name)
        case .size: size.map { .number($0) }
        case .created: created.map { .time($0) }
        // A row without a date of change has the date of its creation.
        case .modified: (tag?.modified ?? created).map { .time($0) }
        case .state: state.map { .text($0) }
        case .digest: digest.map { .text($0.string) }
        case .platforms: .texts(platforms)
        case .kind: FilterValue(kind, mediaType)
        case .age, .unique, .shared, .tags, .revisions, .uploads: nil
        }
    }
}
