import AdminCore
import ArgumentParser

/// `regtop du [REPO]`
struct DiskUsageCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "du",
        abstract: "Show where the space is: what is needed by one, by several, by nobody.",
        discussion: """
            SIZE is every distinct blob that a repository's manifests reach, once. UNIQUE is the part that nothing else in the \
            registry needs: no other repository. SHARED is the rest. So the unique parts of all repositories and the shared blobs, \
            each once, are the whole.

            Then every object of the pool by what it is for, with the bytes that it has (replicas not counted): referenced: blobs that a \
            repository needs; links: the registry's small files; trash: what nothing but the trash needs; uploads: unfinished ones; \
            quarantine: what a collection has taken away and not freed yet; unreferenced: blobs that nothing needs; orphaned: chunks \
            that no directory refers to, or whose file is being written at this moment; directories; regtop: its own; \
            foreign: not the registry's. What is unreferenced or orphaned is garbage.

            With REPO: its tags, and the manifests that no tag reaches. UNIQUE is there what nothing else needs, here or in another \
            repository; of two tags on one manifest neither needs anything alone.

            Stopped by ^C it prints what it has, marked incomplete, and ends with 130.

            JSON: {complete, blobs, size, unique, shared, repositories:[{name, blobs, size, unique, shared, unread}], pool:{referenced:\
            {objects, bytes}, links, trash, uploads, quarantine, unreferenced, orphaned, directories, regtop, foreign, total}}; unread \
            is the number of manifests that cannot be read. With REPO: {name, size, unique, shared, items:[{tag, digest, size, unique, \
            shared}]}; tag is null for a manifest that no tag reaches.

            EXAMPLES:
              regtop du
              regtop du app/web
              regtop du -f json | jq '.pool.unreferenced.bytes + .pool.orphaned.bytes'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("A repository, to see its tags.", valueName: "repo"), transform: ArgumentText.repository)
    var repository: RepositoryName?

    func run(in context: CommandContext) async throws {
        let inspector = UsageInspector(registry: context.session.registry)
        if let repository {
            let detail = try await Missing.named(repository, in: context.session) {
                try await inspector.detail(of: repository, progress: context.progress.handler)
            }
            return try await context.print(format.format, json: detail.json, plain: UsageText.plain(detail))
        }
        let usage = try await inspector.usage(pool: true, progress: context.progress.handler)
        let format = format.format
        // What is known has to be said also by a cancelled task, whose writes would give up.
        try await Task {
            try await context.print(format, json: usage.json, plain: UsageText.plain(usage))
        }.value
        guard usage.isComplete else { throw CancellationError() }
    }
}
