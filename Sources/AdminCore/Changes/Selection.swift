import Foundation

/// What is to be removed, chosen by rules instead of names: every row that was looked at, with the verdict on it and why.
///
/// It is frozen like a plan. `references` are what a removal plan is made of, and nothing is chosen again afterwards.
public struct Selection: Hashable, Sendable {
    /// The verdict on one repository or tag.
    public struct Choice: Hashable, Sendable {
        /// The repository or tag.
        public let reference: ImageReference
        /// True if it is to be removed.
        public let goes: Bool
        /// Why, as the end of a sentence that begins with "goes:" or "stays:".
        public let reason: String
        /// Of a tag that goes: the tags that stay and name the same manifest, sorted. While they are there, nothing of it becomes reclaimable.
        public let sharedWith: [String]
    }

    /// Every row that was looked at, in its order.
    public let choices: [Choice]

    /// What is to be removed.
    public var references: [ImageReference] { choices.filter(\.goes).map(\.reference) }
}

extension ChangePlanner {
    /// The repositories that a filter lets through. What of a repository is not known fulfils nothing, so it stays.
    public func selection(
        ofRepositories filter: Filter, progress: ProgressHandler? = nil
    ) async throws -> Selection {
        let inspector = UsageInspector(registry: registry)
        var unique: [RepositoryName: UInt64]?
        if !filter.fields.isDisjoint(with: [.unique, .shared]) {
            unique = try await inspector.usage(progress: progress).uniqueSizes
            // A part of the registry says nothing about what is unique in it.
            try Task.checkCancellation()
        }
        let pass = registry.pass()
        let now = policy.now
        let names = try await registry.repositoryNames()
        let counter = ProgressCounter(phase: "repositories", total: UInt64(names.count), handler: progress)
        let choices = try await concurrentMap(names, window: storage.window) { [unique] name -> Selection.Choice? in
            defer { counter.advance() }
            guard let reference = ImageReference(name) else { return nil }
            do {
                let row = RepositoryCandidate(try await pass.summary(of: name), unique: unique?[name])
                let goes = filter.matches(row, now: now)
                return Selection.Choice(
                    reference: reference, goes: goes, reason: "it \(goes ? "matches" : "does not match") \(filter)",
                    sharedWith: [])
            } catch StorageError.notFound {
                return nil
            }
        }
        return Selection(choices: choices.compactMap(\.self))
    }

    /// The tags of a repository that a filter lets through and that are not among the `keep` newest. Without a filter: all but those. A tag
    /// is as old as its link; where that has no date, it stays, unless `keep` is nil.
    public func selection(
        ofTagsOf name: RepositoryName, _ filter: Filter = Filter(), keep: Int? = nil
    ) async throws -> Selection {
        Selection(of: try await registry.pass().tags(of: name), of: name, filter, keep: keep, now: policy.now)
    }
}

extension Selection {
    /// The verdict on these tags.
    init(of tags: [TagSummary], of name: RepositoryName, _ filter: Filter, keep: Int?, now: Date) {
        let newest = keep.map { keep in
            Set(
                tags.filter { $0.modified != nil }.sorted { left, right in
                    (right.modified ?? now, left.tag) < (left.modified ?? now, right.tag)
                }.prefix(keep).map(\.tag))
        }
        func verdict(_ tag: TagSummary) -> (goes: Bool, reason: String) {
            if let keep, let newest {
                if newest.contains(tag.tag) {
                    return (false, keep == 1 ? "it is the newest" : "it is one of the newest \(keep)")
                }
                if tag.modified == nil { return (false, "its age is not known") }
            }
            guard filter.matches(tag, now: now) else { return (false, "it does not match \(filter)") }
            let older = keep.map { $0 == 1 ? "it is not the newest" : "it is not one of the newest \($0)" }
            let matching = filter.isEmpty ? nil : "it matches \(filter)"
            return (true, [older, matching].compactMap(\.self).joined(separator: ", and "))
        }
        let verdicts = tags.map { (tag: $0, verdict: verdict($0)) }
        let staying = Dictionary(grouping: verdicts.filter { !$0.verdict.goes }.map(\.tag)) { $0.digest }
        choices = verdicts.compactMap { tag, verdict in
            ImageReference(name, .tag(tag.tag)).map { reference in
                Choice(
                    reference: reference, goes: verdict.goes, reason: verdict.reason,
                    sharedWith: verdict.goes && tag.digest != nil ? (staying[tag.digest] ?? []).map(\.tag).sorted() : []
                )
            }
        }
    }
}
