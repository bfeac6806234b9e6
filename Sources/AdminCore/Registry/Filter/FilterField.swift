public import Foundation

/// A field that a filter compares, under the name that is written in filters. All kinds of rows
/// share these names; a row without a field fulfils no comparison of that field.
public enum FilterField: String, Hashable, Sendable, CaseIterable {
    // Times.
    case created, modified
    /// The time since the last change.
    case age
    // Bytes.
    case size, unique, shared
    // Numbers.
    case tags, revisions, uploads
    // Texts.
    case name, state, digest, platforms, kind

    /// The fields of a list of repositories.
    public static let ofRepositories: [FilterField] = [
        .name, .tags, .size, .unique, .shared, .age, .modified, .state, .revisions, .uploads, .kind,
    ]
    /// The fields of a list of tags.
    public static let ofTags: [FilterField] = [
        .name, .size, .age, .created, .modified, .state, .digest, .platforms, .kind,
    ]

    /// The states that rows may have, for `state=` and `state!=`.
    public static let states = [
        "ok", "damaged", "untagged", "uploads-only", "suspect", "part", "upload", "unread", "missing", "empty",
        "bad size",
        "short", "long", "surplus", "unlinked", "elsewhere", "directory", "invalid",
    ]

    /// The field of a name in a filter: its own, or another one that people write.
    init?(named name: String) {
        switch name.lowercased() {
        case "tag", "repository": self = .name
        case "platform": self = .platforms
        case "changed", "pushed": self = .modified
        case let name:
            guard let field = FilterField(rawValue: name) else { return nil }
            self = field
        }
    }

    /// The type of a field's values.
    public enum Kind: Sendable {
        /// Bytes, written as `500M`.
        case bytes
        /// A plain number.
        case number
        /// A duration, written as `180d`.
        case duration
        /// A moment, written as `2015-01-01` or RFC 3339.
        case time
        /// A text.
        case text
    }

    /// The type of the field's values.
    public var kind: Kind {
        switch self {
        case .created, .modified: .time
        case .age: .duration
        case .size, .unique, .shared: .bytes
        case .tags, .revisions, .uploads: .number
        case .name, .state, .digest, .platforms, .kind: .text
        }
    }
}

/// The value of a row's field.
public enum FilterValue: Hashable, Sendable {
    /// Bytes, or a plain number.
    case number(UInt64)
    /// A moment.
    case time(Date)
    /// A text.
    case text(String)
    /// Several texts. A comparison holds if one of them fulfils it; `!=` and `!~` need all of them.
    case texts([String])

    /// The kind of a manifest as a word and as its media type; nil if neither is known.
    public init?(_ kind: ArtifactKind?, _ mediaType: String?) {
        let texts = [kind?.description, mediaType].compactMap(\.self)
        guard !texts.isEmpty else { return nil }
        self = .texts(texts)
    }
}

/// A row that filters can be applied to.
public protocol Filterable {
    /// Returns the value of a field; nil if the row has none, or if it is not known. `.age` is
    /// never asked for: it follows from `.modified`.
    func value(of field: FilterField) -> FilterValue?

    /// The text in which plain words are looked for.
    var filterText: String { get }
}

extension RepositorySummary: Filterable {
    /// See `Filterable`. `RepositoryCandidate` has the unique size as well.
    public func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(name.string)
        case .tags: .number(UInt64(tags))
        case .revisions: .number(UInt64(revisions))
        case .uploads: .number(UInt64(uploads))
        case .size: .number(size)
        case .modified: modified.map { .time($0) }
        case .state: state == .suspect ? .texts([state.rawValue, "damaged"]) : .text(state.rawValue)
        case .kind: .text("repository")
        case .age, .created, .unique, .shared, .digest, .platforms: nil
        }
    }

    /// The name, the state and the first problem.
    public var filterText: String { "\(name) \(state.rawValue) \(problems.first ?? "")" }
}

extension TagSummary: Filterable {
    /// See `Filterable`.
    public func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(tag)
        case .size: .number(size)
        case .created: created.map { .time($0) }
        case .modified: modified.map { .time($0) }
        case .state: state == .suspect ? .texts([state.rawValue, "damaged"]) : .text(state.rawValue)
        case .digest: digest.map { .text($0.string) }
        case .platforms: .texts(platforms)
        case .kind: FilterValue(kind, mediaType)
        case .age, .unique, .shared, .tags, .revisions, .uploads: nil
        }
    }

    /// The tag, the digest, the platforms, the state and the first problem.
    public var filterText: String {
        "\(tag) \(digest?.string ?? "") \(platforms.joined(separator: " ")) \(state.rawValue) \(problems.first ?? "")"
    }
}

/// A repository with its unique size, as a row for filters.
public struct RepositoryCandidate: Filterable, Hashable, Sendable {
    /// The row of the repository.
    public let summary: RepositorySummary
    /// Bytes that no other repository reaches; nil if not computed.
    public let unique: UInt64?

    /// Creates a row from its properties.
    public init(_ summary: RepositorySummary, unique: UInt64?) {
        self.summary = summary
        self.unique = unique
    }

    /// See `Filterable`.
    public func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .unique: unique.map { .number($0) }
        case .shared: unique.map { .number(summary.size - min($0, summary.size)) }
        default: summary.value(of: field)
        }
    }

    /// The text of `summary`.
    public var filterText: String { summary.filterText }
}
