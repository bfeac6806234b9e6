import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop status`
struct StatusCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the pool and its cluster at a glance.",
        discussion: """
            status also checks that the files of the store have the assumed chunk size. The pool does not store the chunk \
            size, and with a wrong one everything is read wrong.

            For the pool of a pull-through cache it says so: its registry fetches missing content again.

            JSON: {store, name, client, fsid, health, bytesUsed, clusterBytesUsed, clusterBytesTotal, objects, \
            placementGroups, replicas, osdsUp, osds, cacheTiers:[{pool, mode}], snapshots, repositories, tags, uploads, \
            trash, chunkSize, chunkSizeFound, readOnly, pullThroughCache, journal:{interrupted, inProgress, waiting, \
            watching, due, gone, unreadable}}; null where the store has no such value.

            -f prometheus prints metrics for the textfile collector of node_exporter: also the uploads, the trash, the \
            quarantine, the latest changes in the log, and the latest complete fsck of the same user on this machine. It \
            reads the content of the trash and of the quarantine, and no other manifest. docs/collection.md lists the \
            metrics.

            EXAMPLES:
              regtop status -p registry -f json | jq -r .health
              regtop status -f prometheus >registry.new && mv registry.new registry.prom
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: StatusFormatOptions

    func run(in context: CommandContext) async throws {
        switch format.format {
        case .output(let format):
            let overview = try await context.session.overview()
            let report = StatusReport(overview: overview, isReadOnly: context.session.isReadOnly)
            try await context.print(format, json: report.json, plain: report.lines)
        case .prometheus:
            try await context.streams.print(StoreMetrics.read(context.session).text)
        }
    }
}

/// The state of the store as text and JSON.
nonisolated struct StatusReport: Sendable {
    let overview: Overview
    let isReadOnly: Bool

    private var status: StoreStatus { overview.store }
    private var chunkSize: UInt64 { overview.chunkSize.assumed }

    var json: JSONValue {
        [
            "store": .string(status.backend.rawValue), "name": .string(status.name), "client": .text(status.client),
            "fsid": .text(status.fsid), "health": .text(status.health), "bytesUsed": .bytes(status.bytesUsed),
            "clusterBytesUsed": .bytes(status.clusterBytesUsed), "clusterBytesTotal": .bytes(status.clusterBytesTotal),
            "objects": .bytes(status.objects), "placementGroups": .count(status.placementGroups),
            "replicas": .count(status.replicas), "osdsUp": .count(status.osdsUp), "osds": .count(status.osds),
            "repositories": .count(overview.repositories), "tags": .count(overview.tags),
            "cacheTiers": cacheTiers, "snapshots": status.snapshots.map { .array($0.map { .text($0) }) } ?? .null,
            "uploads": .count(overview.uploads), "trash": .count(overview.trash), "chunkSize": .unsigned(chunkSize),
            "chunkSizeFound": .bytes(foundChunkSize), "readOnly": .bool(isReadOnly),
            "pullThroughCache": .bool(overview.isPullThroughCache), "journal": journal,
        ]
    }

    var lines: String {
        var facts = FactLines()
        facts.add(status.backend == .rados ? "pool" : "file", status.name)
        if overview.isPullThroughCache { facts.add("kind", PullThroughCache.sentence) }
        facts.add("repositories", HumanText.count(overview.repositories))
        facts.add("tags", HumanText.count(overview.tags))
        facts.add("uploads", HumanText.count(overview.uploads))
        facts.add("trash", HumanText.count(overview.trash, "deletion"))
        facts.add("objects", status.objects.map { HumanText.count($0) })
        facts.add("used", status.bytesUsed.map(HumanText.bytes))
        if status.backend == .rados {
            facts.add("client", status.client)
            facts.add("cluster", status.fsid)
            facts.add("health", status.health)
            facts.add("cluster used", clusterUse)
            facts.add("placement groups", status.placementGroups.map { HumanText.count($0) })
            facts.add("replicas", status.replicas.map { HumanText.count($0) })
            if let tier = status.tiering.warning { facts.add("cache tier", tier) }
            if let names = status.snapshots, !names.isEmpty { facts.add("snapshots", names.joined(separator: ", ")) }
            facts.add("OSDs up", status.osdsUp.flatMap { up in status.osds.map { "\(up) of \($0)" } })
        }
        facts.add("chunk size", overview.chunkSize.words)
        facts.add("journal", JournalText.summary(overview.pending))
        if JournalText.reminder(overview.pending) != nil { facts.add("caches", Self.cacheReminder) }
        facts.add("access", isReadOnly ? "read-only" : "read-write")
        return facts.text
    }

    /// The advice while a change waits for a flush.
    private static let cacheReminder =
        "restart every registry or flush its cache, then run `regtop recover --cache-flushed` (--no-cache if none has a cache)"

    /// null if the tiers are not known.
    private var cacheTiers: JSONValue {
        switch status.tiering {
        case .unknown: .null
        case .none, .tier: .array([])
        case .base(let tiers): .array(tiers.map { ["pool": .text($0.name), "mode": .text($0.mode)] })
        }
    }

    private var journal: JSONValue {
        func count(_ word: String) -> JSONValue { .count(overview.pending.count { $0.state.word == word }) }
        return [
            "interrupted": count("interrupted"), "inProgress": count("in-progress"), "waiting": count("waiting"),
            "watching": count("watching"), "due": count("due"), "gone": count("gone"),
            "unreadable": count("unreadable"),
        ]
    }

    private var clusterUse: String? {
        guard let used = status.clusterBytesUsed, let total = status.clusterBytesTotal else { return nil }
        return "\(HumanText.bytes(used)) of \(HumanText.bytes(total))"
    }

    /// The chunk size of the files; nil if no file is long enough to tell.
    private var foundChunkSize: UInt64? {
        overview.chunkSize.other ?? (overview.chunkSize.votes[chunkSize] == nil ? nil : chunkSize)
    }
}
