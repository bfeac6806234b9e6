import AdminCore
import Presentation
import SafeText
import ArgumentParser
import Foundation

/// `regtop repos`
struct ReposCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "repos",
        abstract: "List the repositories with their contents and sizes.",
        discussion: """
            Every directory with manifests, layers or uploads is a repository, at any depth, also if the registry's \
            catalogue does not list it. SIZE is the size of all distinct blobs that the repository's manifests need. \
            UNIQUE is the part that no other repository needs; only --unique computes it, in a pass over the whole \
            registry.

            STATE is ok; untagged: no tags; uploads-only: only unfinished uploads; or damaged: something cannot be pulled, \
            and `regtop show REPO` says why. repos checks whether links are listed, and the first and the last chunk of \
            each blob; `regtop fsck` and `regtop verify` check the rest.

            --where lists only the rows that match a filter, which `regtop rm --help` explains: age>180d, size>1G, \
            unique>500M (needs the same pass as --unique), tags=0, name~^team/, state=damaged, not, and, or.

            JSON: an array of {name, tags, revisions, uploads, size, unique, modified, state}.

            EXAMPLES:
              regtop repos -p registry
              regtop repos --unique -f json | jq 'sort_by(.unique) | reverse'
              regtop repos --where 'age>1y and tags<3'
              regtop repos --where 'state=damaged not name~^attic/'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Flag(help: "Compute the size that no other repository needs.")
    var unique = false

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("List only rows that match a filter.", valueName: "filter"),
        transform: ArgumentText.filterOfRepositories)
    var filter: Filter?

    func run(in context: CommandContext) async throws {
        let filter = self.filter ?? Filter()
        let pass = context.session.registry.pass()
        let names = try await pass.repositoryNames()
        let inspector = UsageInspector(registry: context.session.registry)
        let isUniqueAsked = unique || !filter.fields.isDisjoint(with: [.unique, .shared])
        let usage = isUniqueAsked ? try await inspector.usage(progress: context.progress.handler) : nil
        // The unique sizes cannot be computed from a part of the registry.
        try Task.checkCancellation()
        let unique = usage?.uniqueSizes
        let rows = try await context.rows(of: names, phase: "repositories") { name in
            do {
                return try await pass.summary(of: name)
            } catch StorageError.notFound {
                // Deleted since the names were listed.
                return nil
            }
        }
        if rows.contains(where: { $0.state.printed == "damaged" }) { try await context.warnOfChunkSize() }
        let now = context.session.clock.now
        let shown = rows.filter { filter.matches(RepositoryCandidate($0, unique: unique?[$0.name]), now: now) }
        try await context.print(
            format.format,
            json: .array(shown.map { $0.json(unique: unique?[$0.name]) }),
            plain: RepositoryTable.text(shown, unique: unique))
    }
}

/// The repositories in columns.
nonisolated enum RepositoryTable {
    static func text(_ rows: [RepositorySummary], unique: [RepositoryName: UInt64]?) -> String {
        var table = PlainTable(
            .left("NAME"), .right("TAGS"), .right("REVISIONS"), .right("UPLOADS"), .right("SIZE"), .right("UNIQUE"),
            .left("MODIFIED"), .left("STATE"))
        for row in rows {
            table.add(
                row.name.string, String(row.tags), String(row.revisions), String(row.uploads),
                PlainTable.size(row.size), PlainTable.size(unique?[row.name]),
                TimeText.second(row.modified), row.state.printed)
        }
        return table.text
    }
}
