import Foundation

extension RepositorySummary {
    /// The row that the facts make. `layerLinks`, `uploads`: of a repository without tags and revisions.
    init(
        name: RepositoryName, facts: RepositoryFacts, layerLinks: [Digest: LinkFinding] = [:],
        uploads: [UploadSummary] = []
    ) {
        let revisions = facts.heldRevisions
        var problems = Problems()
        for sentence in facts.tags.keys.sorted().compactMap(facts.fault) { problems.add(sentence) }
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
        self.init(
            name: name, tags: tags.count, revisions: revisions.count, uploads: facts.uploads?.count ?? 0,
            size: closure.size, modified: links.compactMap(\.modified).max() ?? uploads.compactMap(\.lastKnown).max(),
            state: state, problems: problems.sentences, unneededLinks: layerLinks.count)
    }
}
