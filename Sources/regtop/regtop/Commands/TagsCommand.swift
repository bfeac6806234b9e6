import AdminCore
import Presentation
import SafeText
import ArgumentParser
import Foundation

/// `regtop tags REPO`
struct TagsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "List the tags of a repository.",
        discussion: """
            CREATED is the date in the image's configuration, if it is valid; MODIFIED is the date of the tag's link. \
            PLATFORMS has the kind of a manifest that is no image. Signatures, attestations, bills of materials and \
            referrers follow the image that they belong to.

            --where lists only the rows that match a filter, which `regtop rm --help` explains: age>180d, \
            created<2015-01-01, size>1G, platforms~arm, state=damaged, not, and, or.

            STATE is ok, or damaged: the image cannot be pulled. tags checks whether links are listed, and the first and \
            the last chunk of each blob; `regtop show`, `regtop fsck` and `regtop verify` check the rest.

            JSON: an array of {tag, digest, mediaType, size, created, modified, platforms, state}; state is ok or damaged. \
            A manifest that is neither an image nor an index has kind. A manifest that belongs to an image has companion: \
            {kind, subject}; kind is sig, att, sbom or referrer.

            EXAMPLES:
              regtop tags team/x/deep
              regtop tags app/web -f json | jq 'sort_by(.modified)'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("The repository.", valueName: "repo"), completion: .values(.repository),
        transform: ArgumentText.repository)
    var repository: RepositoryName

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("List only rows that match a filter.", valueName: "filter"),
        transform: ArgumentText.filterOfTags)
    var filter: Filter?

    func run(in context: CommandContext) async throws {
        let filter = self.filter ?? Filter()
        let all = try await Missing.named(repository, in: context.session) {
            try await context.session.registry.pass().tags(of: repository)
        }
        if all.contains(where: { $0.state != .ok }) { try await context.warnOfChunkSize() }
        let now = context.session.clock.now
        let rows = all.filter { filter.matches($0, now: now) }
        let shown = Set(rows.map(\.tag))
        try await context.print(
            format.format, json: .array(rows.map(\.json)),
            plain: TagTable.text(TagSummary.arranged(all).filter { shown.contains($0.tag.tag) }))
    }
}

/// The tags in columns.
nonisolated enum TagTable {
    /// If a row belongs to an image, two more columns have its kind and the image.
    ///
    /// - Parameter rows: The rows of `TagSummary.arranged`.
    static func text(_ rows: [(tag: TagSummary, images: [String])]) -> String {
        let own: [PlainTable.Column] = [
            .left("TAG"), .left("DIGEST"), .right("SIZE"), .left("CREATED"), .left("MODIFIED"), .left("PLATFORMS"),
            .left("STATE"),
        ]
        let hasCompanions = rows.contains { $0.tag.companion != nil }
        var table = PlainTable(own + (hasCompanions ? [.left("COMPANION"), .left("OF")] : []))
        for (row, images) in rows {
            let subject = row.companion.map { PlainTable.short($0.subject) }
            table.add(
                row.tag, row.digest.map(PlainTable.short) ?? "", PlainTable.size(row.size),
                TimeText.second(row.created),
                TimeText.second(row.modified), row.place, row.state.printed,
                row.companion?.kind.rawValue ?? "", images.isEmpty ? subject ?? "" : images.joined(separator: ","))
        }
        return table.text
    }
}

extension TagSummary {
    /// The platforms; for a manifest that is no image, its kind.
    nonisolated fileprivate var place: String {
        guard let kind, kind.isSpecial else { return platforms.joined(separator: ",") }
        return "\(kind)".replacing(" ", with: "-")
    }
}
