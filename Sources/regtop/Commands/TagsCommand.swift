import AdminCore
import ArgumentParser

/// `regtop tags REPO`
struct TagsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "List the tags of a repository.",
        discussion: """
            CREATED is when the image was made, as its configuration says; MODIFIED is when the tag's link was last written.

            JSON: an array of {tag, digest, mediaType, size, created, modified, platforms, state}; state is ok or damaged.

            EXAMPLES:
              regtop tags team/x/deep
              regtop tags app/web -f json | jq 'sort_by(.modified)'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("The repository.", valueName: "repo"), transform: ArgumentText.repository)
    var repository: RepositoryName

    func run(in context: CommandContext) async throws {
        let rows = try await Missing.named(repository, in: context.session) {
            try await context.session.registry.pass().tags(of: repository)
        }
        try await context.print(
            format.format, json: .array(rows.map(\.json)), plain: TagTable.text(rows))
    }
}
