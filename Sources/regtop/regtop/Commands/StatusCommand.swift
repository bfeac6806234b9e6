import AdminCore
import ArgumentParser

/// `regtop status`
struct StatusCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the pool and its cluster at a glance.",
        discussion: """
            Says also whether the files of the store have the chunk size that is assumed: it is stored nowhere, and a wrong one \
            reads garbage.

            The pool of a pull-through cache is called so: its registry fetches again what is missing.

            JSON: {store, name, client, fsid, health, bytesUsed, clusterBytesUsed, clusterBytesTotal, objects, placementGroups, \
            replicas, osdsUp, osds, cacheTiers:[{pool, mode}], snapshots, repositories, tags, uploads, trash, chunkSize, chunkSizeFound, readOnly, \
            pullThroughCache, journal:{interrupted, inProgress, waiting, due, gone, unreadable}}; null is what the store cannot say.

            EXAMPLE:
              regtop status -p registry -f json | jq -r .health
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    func run(in context: CommandContext) async throws {
        let overview = try await context.session.overview()
        let report = StatusReport(overview: overview, isReadOnly: context.session.isReadOnly)
        try await context.print(format.format, json: report.json, plain: report.lines)
    }
}
