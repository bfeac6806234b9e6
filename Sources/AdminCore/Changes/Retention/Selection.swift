import Inspection
import ObjectStore
public import Registry
import StorageDriver
import Foundation

/// References that rules choose for removal: every examined repository or tag, with the verdict and
/// the reason.
///
/// A selection is frozen like a plan. A removal plan uses its `references`, and does not choose
/// again.
public struct Selection: Hashable, Sendable {
    /// The verdict on one repository or tag.
    public struct Choice: Hashable, Sendable {
        /// The repository or tag.
        public let reference: ImageReference
        /// True if it is to be removed.
        public let goes: Bool
        /// The reason, as the end of a sentence that begins with "goes:" or "stays:".
        public let reason: String
        /// For a tag that goes, the tags that stay and name the same manifest, sorted. While these
        /// exist, nothing of the manifest becomes reclaimable.
        public let sharedWith: [String]
    }

    /// Every examined repository or tag, in the order of examination.
    public let choices: [Choice]
    /// Notes about the rules, a sentence each: a pattern that matches nothing, for
    /// example.
    public let notes: [String]

    init(choices: [Choice], notes: [String] = []) {
        self.choices = choices
        self.notes = notes
    }

    /// The references that go.
    public var references: [ImageReference] { choices.filter(\.goes).map(\.reference) }

    /// The references that stay, even if they are companions of an image that goes.
    public var staying: Set<ImageReference> { Set(choices.filter { !$0.goes }.map(\.reference)) }
}

extension Selection {
    /// Returns the verdict on these tags. Adds the lines of the list of images in use that keep
    /// something to `matched`.
    static func choices(
        _ tags: [TagSummary], of name: RepositoryName, _ retention: Retention, now: Date, matched: inout Set<Int>
    ) throws(ChangeError) -> [Choice] {
        var verdicts = try TagVerdicts(tags, of: name, retention, now: now)
        verdicts.settle()
        matched.formUnion(verdicts.matched)
        let staying = Dictionary(
            grouping: tags.indices.filter { !verdicts.all[$0].goes }, by: { tags[$0].digest })
        return tags.indices.compactMap { number in
            let (tag, verdict) = (tags[number], verdicts.all[number])
            return ImageReference(name, .tag(tag.tag)).map { reference in
                Choice(
                    reference: reference, goes: verdict.goes, reason: verdict.reason,
                    sharedWith: verdict.goes && tag.digest != nil
                        ? (staying[tag.digest] ?? []).map { tags[$0].tag }.sorted() : [])
            }
        }
    }

    /// Returns notes about the parts of the rules that match nothing.
    static func notes(_ choices: [Choice], _ retention: Retention, _ matched: Set<Int>) -> [String] {
        let tags = choices.compactMap { choice in
            if case .tag(let tag) = choice.reference.selector { tag } else { nil }
        }
        let idle = retention.rules.flatMap(\.keepTags).uniqued().filter { glob in !tags.contains(where: glob.matches) }
        return idle.map { "\"\($0)\" is to keep tags, and no tag here matches it" }
            + (retention.inUse.map { [$0.report(matched)] } ?? [])
    }

    /// The fields of a filter that need the date of a link.
    static let dateFields: Set<FilterField> = [.age, .modified]

    /// True if these moments lie within a minute.
    static func isOneDate(_ dates: [Date]) -> Bool {
        guard let first = dates.min(), let last = dates.max() else { return false }
        return last.timeIntervalSince(first) <= 60
    }
}
