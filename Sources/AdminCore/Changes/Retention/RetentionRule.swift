public import Registry

/// A rule that says which tags of a repository may go, and which stay.
public struct RetentionRule: Hashable, Sendable {
    /// The date that counts as the date of an image.
    public enum Dating: String, Hashable, Sendable, CaseIterable {
        /// The last write to the links of its tags.
        case modified
        /// The creation date in its configuration; of an index, that of its newest image.
        case created
    }

    /// The repositories that it covers; nil for all.
    public var repositories: Glob?
    /// The number of newest images that stay, from 0 on; nil if their number does not matter.
    public var keep: Int?
    /// Tags that stay.
    public var keepTags: [Glob]
    /// The tags that may go; with the empty filter, everything goes that nothing else keeps.
    public var filter: Filter
    /// The date of an image, for `keep` and for ages in the filter.
    public var dating: Dating

    /// Creates a rule from its properties.
    public init(
        repositories: Glob? = nil, keep: Int? = nil, keepTags: [Glob] = [], filter: Filter = Filter(),
        dating: Dating = .modified
    ) {
        self.repositories = repositories
        self.keep = keep
        self.keepTags = keepTags
        self.filter = filter
        self.dating = dating
    }

    /// False if the rule only keeps tags.
    public var takes: Bool { keep != nil || !filter.isEmpty }
}

/// Rules that apply together: a tag stays if any of them keeps it.
public struct Retention: Hashable, Sendable {
    /// The rules.
    public var rules: [RetentionRule]
    /// The images in use, which stay.
    public var inUse: KeepList?
    /// True if companions stay when their image is removed.
    public var keepsCompanions: Bool

    /// A set of rules.
    public init(_ rules: [RetentionRule], inUse: KeepList? = nil, keepsCompanions: Bool = false) {
        self.rules = rules
        self.inUse = inUse
        self.keepsCompanions = keepsCompanions
    }

    /// One rule: tags that match the filter may go, except those of the newest `keep` images.
    public init(_ filter: Filter = Filter(), keep: Int? = nil) {
        self.init([RetentionRule(keep: keep, filter: filter)])
    }

    /// The rules that cover a repository.
    func rules(for name: RepositoryName) -> [RetentionRule] {
        rules.filter { $0.repositories?.matches(name.string) ?? true }
    }
}
