/// Which tags of a repository may go, and which of them stay.
public struct RetentionRule: Hashable, Sendable {
    /// What an image is as old as.
    public enum Dating: String, Hashable, Sendable, CaseIterable {
        /// The links of its tags: when they were last written.
        case modified
        /// When it was made, as its configuration says; of an index, the newest of its images.
        case created
    }

    /// The repositories it is for; nil for whichever is asked about.
    public var repositories: Glob?
    /// How many of the newest images stay; nil if their number does not matter.
    public var keep: Int?
    /// Tags that stay.
    public var keepTags: [Glob]
    /// What may go; the empty filter lets everything go that nothing else keeps.
    public var filter: Filter
    /// What an image is as old as, for `keep` and for ages in the filter.
    public var dating: Dating

    /// See the properties.
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

    /// False if it only keeps: nothing goes by it.
    public var takes: Bool { keep != nil || !filter.isEmpty }
}

/// Rules that hold together: what any of them keeps stays.
public struct Retention: Hashable, Sendable {
    /// The rules.
    public var rules: [RetentionRule]
    /// What is in use, and stays.
    public var inUse: KeepList?
    /// True if signatures, attestations and whatever else belongs to an image stay when it goes.
    public var keepsCompanions: Bool

    /// See the properties.
    public init(_ rules: [RetentionRule], inUse: KeepList? = nil, keepsCompanions: Bool = false) {
        self.rules = rules
        self.inUse = inUse
        self.keepsCompanions = keepsCompanions
    }

    /// One rule: what a filter lets through may go, but for the newest `keep` images.
    public init(_ filter: Filter = Filter(), keep: Int? = nil) {
        self.init([RetentionRule(keep: keep, filter: filter)])
    }

    /// The rules that are for a repository.
    func rules(for name: RepositoryName) -> [RetentionRule] {
        rules.filter { $0.repositories?.matches(name.string) ?? true }
    }
}
