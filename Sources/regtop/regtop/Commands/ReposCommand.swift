import AdminCore
import ArgumentParser
import Foundation

/// `regtop repos`
struct ReposCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "repos",
        abstract: "List the repositories, with what each holds and costs.",
        discussion: """
            Every directory with manifests, layers or uploads is a repository, at any depth, also where the registry's own \
            catalogue shows none. SIZE is every distinct blob that the repository's manifests reach, once. UNIQUE is the part that no \
            other repository reaches; it needs a pass over the whole registry and is computed with --unique only.

            STATE is ok; untagged: no tag is left; uploads-only: unfinished uploads and nothing else; damaged: something of it \
            cannot be served, and `regtop show REPO` says what. Of each blob the first and the last chunk are looked at; what lies between, \
            and the content, is for `regtop fsck` and `regtop verify`.

            --where shows only some: words and comparisons as `regtop rm --help` explains them, such as age>180d, size>1G, \
            unique>500M (which needs the same pass), tags=0, name~^team/, state=damaged, not, and, or.

            JSON: an array of {name, tags, revisions, uploads, size, unique, modified, state}.

            EXAMPLES:
              regtop repos -p registry
              regtop repos --unique -f json | jq 'sort_by(.unique) | reverse'
              regtop repos --where 'age>1y and tags<3'
              regtop repos --where 'state=damaged not name~^attic/'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Flag(help: "Compute also what no other repository reaches.")
    var unique = false

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Show what a filter lets through.", valueName: "filter"), transform: ArgumentText.filter)
    var filter: Filter?

    func run(in context: CommandContext) async throws {
        let filter = self.filter ?? Filter()
        let names = try await context.session.registry.repositoryNames()
        let pass = context.session.registry.pass()
        let inspector = UsageInspector(registry: context.session.registry)
        let isUniqueAsked = unique || !filter.fields.isDisjoint(with: [.unique, .shared])
        let usage = isUniqueAsked ? try await inspector.usage(progress: context.progress.handler) : nil
        // A part of the registry says nothing about what is unique in it.
        try Task.checkCancellation()
        let unique = usage?.uniqueSizes
        let rows = try await Windowed.map(names, phase: "repositories", in: context) { name in
            do {
                return try await pass.summary(of: name)
            } catch StorageError.notFound {
                // Deleted since the names were listed.
                return nil
            }
        }
        if rows.contains(where: { $0.state == .damaged }) { try await context.warnOfChunkSize() }
        let now = context.session.clock.now
        let shown = rows.filter { filter.matches(RepositoryCandidate($0, unique: unique?[$0.name]), now: now) }
        try await context.print(
            format.format,
            json: .array(shown.map { $0.json(unique: unique?[$0.name]) }),
            plain: RepositoryTable.text(shown, unique: unique))
    }
}
