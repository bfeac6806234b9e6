extension RepositorySummary: Filterable {
    /// See `Filterable`. What is unique in a repository is not known here: see `RepositoryCandidate`.
    public func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(name.string)
        case .tags: .number(UInt64(tags))
        case .revisions: .number(UInt64(revisions))
        case .uploads: .number(UInt64(uploads))
        case .size: .number(size)
        case .modified: modified.map { .time($0) }
        case .state: .text(state.rawValue)
        case .kind: .text("repository")
        case .age, .created, .unique, .shared, .digest, .platform: nil
        }
    }

    /// The name, the state and what is wrong.
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
        case .state: .text(state.rawValue)
        case .digest: digest.map { .text($0.string) }
        case .platform: .texts(platforms)
        case .kind: FilterValue(kind, mediaType)
        case .age, .unique, .shared, .tags, .revisions, .uploads: nil
        }
    }

    /// The tag, the digest, the platforms, the state and what is wrong.
    public var filterText: String {
        "\(tag) \(digest?.string ?? "") \(platforms.joined(separator: " ")) \(state.rawValue) \(problems.first ?? "")"
    }
}

/// A repository with what it needs alone, to be filtered.
public struct RepositoryCandidate: Filterable, Hashable, Sendable {
    /// Its row.
    public let summary: RepositorySummary
    /// The part of its size that no other repository reaches; nil if that was not asked for.
    public let unique: UInt64?

    /// See the properties.
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

    /// That of the row.
    public var filterText: String { summary.filterText }
}

extension FilterValue {
    /// What a manifest is, in a word and by its media type; nil if neither is known.
    public init?(_ kind: ArtifactKind?, _ mediaType: String?) {
        let texts = [kind?.description, mediaType].compactMap(\.self)
        guard !texts.isEmpty else { return nil }
        self = .texts(texts)
    }
}
