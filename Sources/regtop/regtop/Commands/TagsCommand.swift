import AdminCore
import ArgumentParser
import Foundation

/// `regtop tags REPO`
struct TagsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "List the tags of a repository.",
        discussion: """
            CREATED is when the image was made, as its configuration says, if that can be; MODIFIED is when the tag's link was last written; \
            PLATFORMS says of what is no image what it is. Signatures, \
            attestations, bills of materials and referrers stand below the image that they belong to.

            --where shows only some: words and comparisons as `regtop rm --help` explains them, such as age>180d, created<2015-01-01, \
            size>1G, platform~arm, state=damaged, not, and, or.

            STATE is ok, or damaged: the image cannot be pulled. Of each blob the first and the last chunk are looked at; what lies between, \
            and the content, is for `regtop fsck` and `regtop verify`.

            JSON: an array of {tag, digest, mediaType, size, created, modified, platforms, state}; state is ok or damaged; kind is there for \
            what is neither an image nor an index. What belongs to an image also has companion: {kind, subject}, where kind is sig, att, \
            sbom or referrer.

            EXAMPLES:
              regtop tags team/x/deep
              regtop tags app/web -f json | jq 'sort_by(.modified)'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("The repository.", valueName: "repo"), transform: ArgumentText.repository)
    var repository: RepositoryName

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Show what a filter lets through.", valueName: "filter"), transform: ArgumentText.filter)
    var filter: Filter?

    func run(in context: CommandContext) async throws {
        let filter = self.filter ?? Filter()
        let all = try await Missing.named(repository, in: context.session) {
            try await context.session.registry.pass().tags(of: repository)
        }
        if all.contains(where: { $0.state == .damaged }) { try await context.warnOfChunkSize() }
        let now = context.session.clock.now
        let rows = all.filter { filter.matches($0, now: now) }
        let shown = Set(rows.map(\.tag))
        try await context.print(
            format.format, json: .array(rows.map(\.json)),
            plain: TagTable.text(TagSummary.arranged(all).filter { shown.contains($0.tag.tag) }))
    }
}
