import AdminCore
import ArgumentParser
import Foundation

/// The dependent rounds of `repos`: what it takes longer on a network with a delay.
struct RoundsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rounds", abstract: "Measures `repos` in an empty pool, with and without a delay of the network.")

    /// The most rounds that `repos` may wait for.
    private static let goal = 12.0

    @Argument(help: "A configuration of the cluster with a delay.")
    var slow: String

    @Option(help: "An empty pool.")
    var pool = "bench"

    @Option(help: "The number of measurements.")
    var rounds = 5

    func run() async throws {
        let fastStore = try await RadosStore.open(options(nil))
        let slowStore = try await RadosStore.open(options(slow))
        let fastLimit = try Limit(pool: pool)
        let slowLimit = try Limit(pool: pool, configuration: slow)
        let delay = try await median(100) { try await slowLimit.read(PackedNames(["/"]), data: 0, depth: 1) }
        var table = MarkdownTable([
            "`repos` of", "necessary reads, all at once", "the same with a delay", "regtop", "with a delay",
            "rounds of \(Report.time(delay))", "goal",
        ])
        var timelines: [String] = []
        // Five repositories need fewer operations than may be in flight: each round shows.
        for count in [5, 500] {
            let registry = GeneratedRegistry(repositories: count, blobs: 12 * count + 2, images: 4)
            try await fastLimit.write(PackedObjects(try registry.objects(of: 0..<count)), depth: 128)
            let names = try registry.names(of: \.isReadByListing)
            let reads = [
                try await median(rounds) { try await fastLimit.read(names, data: 4096, depth: 128) },
                try await median(rounds) { try await slowLimit.read(names, data: 4096, depth: 128) },
            ]
            let fast = try await median(rounds) { _ = try await trace(fastStore) }
            var events: [Trace.Event] = []
            let late = try await median(rounds) { events = try await trace(slowStore) }
            // With a limit of operations in flight, a delay also lowers the rate of all of them.
            let waited = (late - max(fast, reads[1])) / delay
            table.add(
                ["\(count) repositories"] + (reads + [fast, late]).map(Report.time)
                    + [number(waited), "≤ \(number(Self.goal))\(waited > Self.goal ? ", missed" : "")"])
            timelines.append("\(count) repositories, times in delays:\n\n\(timeline(events, delay))")
        }
        print(([table.text] + timelines).joined(separator: "\n\n"))
        await fastStore.close()
        await slowStore.close()
    }

    private func options(_ configuration: String?) -> RadosOptions {
        var options = RadosOptions()
        options.pool = pool
        options.configuration = configuration
        return options
    }

    /// In seconds.
    private func median(_ times: Int, _ body: () async throws -> Void) async throws -> Double {
        var seconds: [Double] = []
        for _ in 0..<times { seconds.append(try await cost(body).wall) }
        return seconds.median
    }

    /// What `repos` does once it is connected.
    private func trace(_ store: RadosStore) async throws -> [Trace.Event] {
        let trace = Trace()
        let reader = TracingReader(base: store.reader, trace: trace)
        let registry = RegistryReader(storage: StorageReader(objects: reader))
        _ = try await registry.pass().summaries(of: registry.repositoryNames())
        return trace.events
    }

    /// When the first and the last operation of each kind began, and when the last one ended.
    private func timeline(_ events: [Trace.Event], _ delay: Double) -> String {
        var table = MarkdownTable(["read", "operations", "first begins", "last begins", "last ends"])
        let kinds = Dictionary(grouping: events, by: \.kind).mapValues { events in
            (count: events.count, begins: events.map(\.began).sorted(), end: events.map(\.ended).max() ?? 0)
        }
        for (kind, reads) in kinds.sorted(by: { $0.value.begins[0] < $1.value.begins[0] }) {
            let times = [reads.begins[0], reads.begins[reads.count - 1], reads.end]
            table.add([kind.rawValue, Report.count(reads.count)] + times.map { number($0 / delay) })
        }
        return table.text
    }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
