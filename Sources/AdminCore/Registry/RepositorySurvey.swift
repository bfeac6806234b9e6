import Foundation

/// A repository's row, with the blobs it was summed up from.
struct RepositorySurvey: Sendable {
    /// The row; without `unique`.
    let summary: RepositorySummary
    /// Bytes of each blob that its revisions and tags reach.
    var sizes: [Digest: UInt64]

    /// The row that the facts make. `layerLinks`, `uploads`: of a repository without tags and revisions.
    init(
        name: RepositoryName, facts: RepositoryFacts, layerLinks: [Digest: LinkFinding] = [:],
        uploads: [UploadSummary] = []
    ) {
        let revisions = facts.heldRevisions
        var problems = Problems()
        for (tag, link) in facts.tags.sorted(by: { $0.key < $1.key }) {
            if let fault = link.fault() { problems.add("The link of the tag \(tag) \(fault).") }
        }
        // What only a tag names is kept by it as well, though it cannot be served.
        let tagged = Set(facts.tags.values.compactMap(\.digest)).subtracting(revisions)
        let closure = Closure(of: revisions + tagged.sorted(), in: facts)
        for sentence in closure.problems.sentences { problems.add(sentence) }

        let tags = facts.tagNames ?? []
        let isBare = tags.isEmpty && revisions.isEmpty && layerLinks.isEmpty
        let state: RepositorySummary.State =
            if !problems.isEmpty {
                .damaged
            } else if isBare, !(facts.uploads ?? []).isEmpty {
                .uploadsOnly
            } else if tags.isEmpty {
                .untagged
            } else {
                .ok
            }
        let links =
            Array(facts.tags.values) + facts.revisions.values.map(\.link) + Array(facts.layerLinks.values)
            + Array(layerLinks.values)
        summary = RepositorySummary(
            name: name, tags: tags.count, revisions: revisions.count, uploads: facts.uploads?.count ?? 0,
            size: closure.size, modified: links.compactMap(\.modified).max() ?? uploads.compactMap(\.started).max(),
            state: state, problems: problems.sentences)
        sizes = closure.sizes
    }

    /// The rows with the part of each that no other one of them reaches.
    static func withUniqueSizes(_ surveys: [RepositorySurvey]) -> [RepositorySummary] {
        /// Which repository reaches a blob, by its index; -1 if several do.
        var owners: [Digest: Int] = [:]
        for (index, survey) in surveys.enumerated() {
            for digest in survey.sizes.keys {
                owners[digest] = owners[digest] == nil ? index : -1
            }
        }
        return surveys.enumerated().map { index, survey in
            let own = survey.sizes.filter { owners[$0.key] == index }
            return survey.summary.with(unique: own.values.reduce(0, addingCapped))
        }
    }
}

extension RepositorySummary {
    fileprivate func with(unique: UInt64) -> RepositorySummary {
        RepositorySummary(
            name: name, tags: tags, revisions: revisions, uploads: uploads, size: size, unique: unique,
            modified: modified, state: state, problems: problems)
    }
}
