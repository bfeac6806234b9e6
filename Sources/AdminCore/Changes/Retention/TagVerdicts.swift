import Registry
import Foundation

/// The verdict on each tag of a repository by some rules. Pure.
///
/// A tag stays if any rule keeps it, and an unknown value never lets a tag go. If any rule keeps
/// images, images go or stay as a whole, with all their tags and companions.
struct TagVerdicts {
    /// The verdict on one tag.
    struct Verdict {
        var goes: Bool
        /// The reason, as the end of a sentence that begins with "goes:" or "stays:".
        var reason: String
    }

    private let tags: [TagSummary]
    private let name: RepositoryName
    private let retention: Retention
    private let now: Date
    private let family: TagFamily
    /// The rules by which something may go, each with its newest images.
    private let takers: [(rule: RetentionRule, ranking: Ranking?)]
    /// All rules for the repository.
    private let rules: [RetentionRule]

    /// The verdicts, in the order of the tags.
    private(set) var all: [Verdict] = []
    /// The lines of the list of images in use that keep something.
    private(set) var matched: Set<Int> = []

    /// Throws `ChangeError.unsuitable` if a rule needs dates that say nothing.
    init(
        _ tags: [TagSummary], of name: RepositoryName, _ retention: Retention, now: Date
    ) throws(ChangeError) {
        self.tags = tags
        self.name = name
        self.retention = retention
        self.now = now
        family = TagFamily(of: tags)
        rules = retention.rules(for: name)
        var takers: [(rule: RetentionRule, ranking: Ranking?)] = []
        for rule in rules where rule.takes {
            let images = ImageGroups(tags, family, rule.dating)
            try TagVerdicts.requireDates(rule, images, of: name)
            takers.append((rule, rule.keep.map { Ranking(images, keep: $0) }))
        }
        self.takers = takers
    }

    /// Computes the verdicts.
    mutating func settle() {
        all = tags.indices.map { tags[$0].companion == nil ? ownVerdict($0) : Verdict(goes: false, reason: "") }
        if keepsImages { keepWhole() }
        for number in tags.indices where tags[number].companion != nil { all[number] = companionVerdict(number) }
    }

    private var keepsImages: Bool {
        retention.inUse != nil || rules.contains { $0.keep != nil || !$0.keepTags.isEmpty }
    }

    // MARK: - Images

    private mutating func ownVerdict(_ number: Int) -> Verdict {
        if let reason = protection(number) { return Verdict(goes: false, reason: reason) }
        guard !takers.isEmpty else { return Verdict(goes: false, reason: "no rule lets anything go") }
        var reasons: [String] = []
        for (rule, ranking) in takers {
            if let reason = ranking?.reasonToStay(number, tags) {
                return Verdict(goes: false, reason: said(by: rule, reason))
            }
            guard matches(rule, number) else {
                return Verdict(goes: false, reason: said(by: rule, "it does not match \(rule.filter)"))
            }
            let older = rule.keep.map { keep in
                switch keep {
                case 0: "no image stays for its age"
                case 1: "it is not the newest"
                default: "it is not one of the newest \(keep)"
                }
            }
            let matching = rule.filter.isEmpty ? nil : "it matches \(rule.filter)"
            reasons.append(said(by: rule, [older, matching].compactMap(\.self).joined(separator: ", and ")))
        }
        return Verdict(goes: true, reason: reasons.uniqued().joined(separator: "; "))
    }

    /// Returns the reason why a tag stays whatever its age; nil if there is none.
    private mutating func protection(_ number: Int) -> String? {
        let tag = tags[number]
        if let list = retention.inUse {
            let lines = list.lines(keeping: tag.tag, of: name, naming: (tag.digest.map { [$0] } ?? []) + tag.parts)
            matched.formUnion(lines)
            if let line = lines.min() { return "it is in use, as line \(line) of \(list.name) says" }
        }
        for rule in rules {
            for glob in rule.keepTags where glob.matches(tag.tag) {
                return said(by: rule, "tags like \(glob) are kept")
            }
        }
        return nil
    }

    private func matches(_ rule: RetentionRule, _ number: Int) -> Bool {
        switch rule.dating {
        case .modified: rule.filter.matches(tags[number], now: now)
        case .created: rule.filter.matches(TagAsOldAsItsImage(tag: tags[number]), now: now)
        }
    }

    private func said(by rule: RetentionRule, _ reason: String) -> String {
        rule.repositories.map { "by the rule for \($0), \(reason)" } ?? reason
    }

    /// Lets a tag stay if its manifest stays, or an index that its manifest is a part of.
    private mutating func keepWhole() {
        let images = tags.indices.filter { tags[$0].companion == nil }
        let tagsOf = Dictionary(grouping: images.filter { tags[$0].digest != nil }) { tags[$0].digest }
        for same in tagsOf.values {
            guard let first = same.first(where: { !all[$0].goes }) else { continue }
            for number in same where all[number].goes {
                all[number] = Verdict(goes: false, reason: "it names the same image as \(tags[first].tag), which stays")
            }
        }
        let stays = all.map { !$0.goes }
        for number in images where all[number].goes {
            guard let index = family.indexes(of: number).first(where: { stays[$0] }) else { continue }
            all[number] = Verdict(goes: false, reason: "it is a part of \(tags[index].tag), which stays")
        }
    }

    // MARK: - Companions

    /// A companion goes and stays with its image, whatever its own date.
    private mutating func companionVerdict(_ number: Int) -> Verdict {
        if let reason = protection(number) { return Verdict(goes: false, reason: reason) }
        let images = family.images(of: number)
        if let staying = images.first(where: { !all[$0].goes }) {
            return Verdict(goes: false, reason: "it belongs to \(tags[staying].tag), which stays")
        }
        if retention.keepsCompanions { return Verdict(goes: false, reason: "companions are kept") }
        if let image = images.first {
            return Verdict(goes: true, reason: "it belongs to \(tags[image].tag), which goes")
        }
        // The image has no tag, or is gone: the companion only goes if the filter of every rule
        // matches it.
        let mean = !takers.isEmpty && takers.allSatisfy { !$0.rule.filter.isEmpty && matches($0.rule, number) }
        let filters = takers.map(\.rule.filter.description).uniqued().joined(separator: "; ")
        return mean
            ? Verdict(goes: true, reason: "no tag names the image that it belongs to, and it matches \(filters)")
            : Verdict(
                goes: false, reason: "no tag names the image that it belongs to; `regtop fsck` says if that is gone")
    }

    // MARK: - Dates

    /// If all dates are the same, they are those of a copy of the pool, not those of the images.
    private static func requireDates(
        _ rule: RetentionRule, _ images: ImageGroups, of name: RepositoryName
    ) throws(ChangeError) {
        guard rule.dating == .modified else { return }
        let isRanked = rule.keep.map { $0 > 0 && $0 < images.groups.count } ?? false
        guard isRanked || !rule.filter.fields.isDisjoint(with: Selection.dateFields) else { return }
        guard images.groups.count > 1, Selection.isOneDate(images.dates) else { return }
        throw .unsuitable(
            "all tags of \(name) were written within a minute, as in a pool that was copied: their dates do not say which images are new; "
                + "--by created goes by when the images were made")
    }
}

/// The images among the tags of a repository: tags of one manifest are one image, and the images of
/// an index are parts of it.
struct ImageGroups {
    /// One image.
    struct Group {
        /// The number of its first tag.
        let first: Int
        /// Nil if the date of one of its tags is not known.
        var date: Date?
    }

    /// The images, by their manifests.
    private(set) var groups: [Digest: Group] = [:]
    /// The images of each tag, by its number: its own image, or the indexes of which it is a part.
    private(set) var images: [Int: [Digest]] = [:]
    /// The known dates of the tags.
    private(set) var dates: [Date] = []
    let dating: RetentionRule.Dating

    init(_ tags: [TagSummary], _ family: TagFamily, _ dating: RetentionRule.Dating) {
        self.dating = dating
        var known: [Digest: [Date?]] = [:]
        for (number, tag) in tags.enumerated() where tag.companion == nil {
            guard let digest = tag.digest else { continue }
            let indexes = family.indexes(of: number)
            let own =
                indexes.isEmpty
                ? [digest]
                : indexes.filter { family.indexes(of: $0).isEmpty }.compactMap { tags[$0].digest }.uniqued()
            images[number] = own
            let date = dating == .created ? tag.created : tag.modified
            if let date { dates.append(date) }
            if indexes.isEmpty, groups[digest] == nil { groups[digest] = Group(first: number) }
            // An index has no configuration of its own: its date is that of its newest image.
            for image in own where indexes.isEmpty || dating == .modified { known[image, default: []].append(date) }
        }
        for (image, dates) in known where !dates.contains(nil) { groups[image]?.date = dates.compactMap(\.self).max() }
    }
}

/// The newest images.
struct Ranking {
    private let images: ImageGroups
    private let newest: Set<Digest>
    private let keep: Int

    /// Ranks images whose date is known, the newest first. Of two images with the same date, the
    /// one with the first tag comes first.
    init(_ images: ImageGroups, keep: Int) {
        self.images = images
        self.keep = keep
        let dated = images.groups.compactMap { digest, group in
            group.date.map { (digest: digest, first: group.first, date: $0) }
        }
        newest = Set(dated.sorted { ($1.date, $0.first) < ($0.date, $1.first) }.prefix(keep).map(\.digest))
    }

    /// Returns the reason why a tag stays; nil if it need not.
    func reasonToStay(_ number: Int, _ tags: [TagSummary]) -> String? {
        guard let own = images.images[number] else { return "its manifest is not known" }
        if own.contains(where: newest.contains) {
            return keep == 1 ? "it is the newest" : "it is one of the newest \(keep)"
        }
        switch images.dating {
        case .created:
            return own.contains { images.groups[$0]?.date == nil } ? "when it was made is not known" : nil
        case .modified:
            if tags[number].modified == nil { return "its age is not known" }
            return own.contains { images.groups[$0]?.date == nil } ? "the age of its image is not known" : nil
        }
    }
}

/// A tag whose age is that of its image.
private struct TagAsOldAsItsImage: Filterable {
    let tag: TagSummary

    func value(of field: FilterField) -> FilterValue? { tag.value(of: field == .modified ? .created : field) }

    var filterText: String { tag.filterText }
}
