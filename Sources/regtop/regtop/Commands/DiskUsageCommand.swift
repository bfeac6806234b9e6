import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop du [REPO]`
struct DiskUsageCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "du",
        abstract: "Show the space: used by one repository, by several, by none.",
        discussion: """
            SIZE is the size of all distinct blobs that a repository's manifests need. UNIQUE is the part that no other \
            repository needs, and SHARED is the rest. All unique parts together with the shared blobs, each counted once, \
            are the whole registry.

            A second table has every object of the pool by purpose, in bytes without replicas: referenced (blobs that a \
            repository needs), links (the registry's small files), trash (blobs that only the trash needs), uploads \
            (unfinished), quarantine (blobs that a collection has moved and not yet freed), unreferenced (blobs that \
            nothing needs), orphaned (chunks that no directory refers to, and files that are being written), surplus \
            (bytes behind the end of the chunks of needed blobs; `regtop fsck` says whether they are of use), directories, \
            regtop (its own objects) and foreign (not the registry's). Unreferenced and orphaned objects are garbage.

            With REPO: its tags and untagged manifests. UNIQUE is the part that nothing else needs, in this or another \
            repository. Two tags of one manifest share all of it.

            ^C prints the results so far, marked as incomplete, and ends with 130.

            JSON: {complete, blobs, size, unique, shared, repositories:[{name, blobs, size, unique, shared, unread}], \
            pool:{referenced:{objects, bytes}, links, trash, uploads, quarantine, unreferenced, orphaned, surplus, \
            directories, regtop, foreign, total}}; unread is the number of manifests that cannot be read. With REPO: {name, size, \
            unique, shared, items:[{tag, digest, size, unique, shared}]}; tag is null for an untagged manifest.

            EXAMPLES:
              regtop du
              regtop du app/web
              regtop du -f json | jq '.pool.unreferenced.bytes + .pool.orphaned.bytes'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("A repository, to list its tags.", valueName: "repo"), completion: .values(.repository),
        transform: ArgumentText.repository)
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
        // A cancelled task prints its results as well, but its writes would fail.
        try await Task {
            try await context.print(format, json: usage.json, plain: UsageText.plain(usage))
        }.value
        guard usage.isComplete else { throw CancellationError() }
    }
}

/// The usage of the registry as text.
nonisolated enum UsageText {
    static func plain(_ usage: Usage) -> String {
        var table = PlainTable(
            .left("NAME"), .right("BLOBS"), .right("SIZE"), .right("UNIQUE"), .right("SHARED"), .right("UNREAD"))
        for row in usage.repositories {
            table.add(
                row.name.string, String(row.blobs), PlainTable.size(row.size), PlainTable.size(row.unique),
                PlainTable.size(row.shared), row.unread == 0 ? "" : String(row.unread))
        }
        var facts = FactLines()
        facts.add("registry", "\(HumanText.bytes(usage.size)) in \(HumanText.count(usage.blobs, "blob"))")
        facts.add("unique", HumanText.bytes(usage.unique))
        facts.add("shared", HumanText.bytes(usage.shared))
        if !usage.isComplete {
            facts.add("incomplete", "stopped early: sizes are too small, and unique parts are too large")
        }
        return table.text + "\n" + facts.text + (usage.pool.map { "\n" + plain($0) } ?? "")
            + (usage.poolObstacle.map { "\n" + VisibleText.of($0) + "\n" } ?? "")
    }

    private static func plain(_ pool: PoolUsage) -> String {
        var table = PlainTable(.left("FOR"), .right("OBJECTS"), .right("BYTES"))
        for purpose in PoolUsage.Purpose.allCases where pool[purpose].objects > 0 {
            table.add(purpose.name, String(pool[purpose].objects), PlainTable.size(pool[purpose].bytes))
        }
        table.add("total", String(pool.total.objects), PlainTable.size(pool.total.bytes))
        return table.text
    }

    static func plain(_ usage: RepositoryUsage) -> String {
        var table = PlainTable(
            .left("TAG"), .left("DIGEST"), .right("SIZE"), .right("UNIQUE"), .right("SHARED"))
        for item in usage.items {
            table.add(
                item.tag ?? "", item.digest.map(PlainTable.short) ?? "", PlainTable.size(item.size),
                PlainTable.size(item.unique), PlainTable.size(item.shared))
        }
        var facts = FactLines()
        facts.add("repository", usage.name.string)
        facts.add("size", HumanText.bytes(usage.size))
        facts.add("unique", HumanText.bytes(usage.unique))
        facts.add("shared", HumanText.bytes(usage.shared))
        return table.text + "\n" + facts.text
    }
}

extension Usage {
    nonisolated var json: JSONValue {
        [
            "complete": .bool(isComplete), "blobs": .count(blobs), "size": .unsigned(size), "unique": .unsigned(unique),
            "shared": .unsigned(shared), "repositories": .array(repositories.map(\.json)),
            "pool": pool?.json ?? .null,
        ]
    }
}

extension Usage.Repository {
    nonisolated var json: JSONValue {
        [
            "name": .text(name), "blobs": .count(blobs), "size": .unsigned(size), "unique": .unsigned(unique),
            "shared": .unsigned(shared), "unread": .count(unread),
        ]
    }
}

extension PoolUsage {
    nonisolated var json: JSONValue {
        .object(
            Purpose.allCases.map { JSONValue.Member(key: $0.name, value: self[$0].json) }
                + [JSONValue.Member(key: "total", value: total.json)])
    }
}

extension PoolUsage.Share {
    nonisolated var json: JSONValue { ["objects": .count(objects), "bytes": .unsigned(bytes)] }
}

extension RepositoryUsage {
    nonisolated var json: JSONValue {
        [
            "name": .text(name), "size": .unsigned(size), "unique": .unsigned(unique), "shared": .unsigned(shared),
            "items": .array(items.map(\.json)),
        ]
    }
}

extension RepositoryUsage.Item {
    nonisolated var json: JSONValue {
        [
            "tag": .text(tag), "digest": .text(digest), "size": .unsigned(size), "unique": .unsigned(unique),
            "shared": .unsigned(shared),
        ]
    }
}
