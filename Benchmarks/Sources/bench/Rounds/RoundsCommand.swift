import AdminCore
import ArgumentParser
import Foundation

/// The dependent rounds of `repos`: what it takes longer on a network with a delay.
struct RoundsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rounds", abstract: "Measures `repos` in an empty pool, with and without a delay of the network.")

    /// The most rounds that `repos` may wait for.
    private static let goal = 12.0
    /// Operations in flight of either side.
    private static let inFlight = RadosOptions().inFlight

    @Argument(help: "A configuration of the cluster with a delay.")
    var slow: String

    @Option(help: "An empty pool.")
    var pool = "bench"

    @Option(help: "The number of measurements.")
    var rounds = 5

    func run() async throws {
        let stores = [try await RadosStore.open(options(nil)), try await RadosStore.open(options(slow))]
        let limits = [try Limit(pool: pool), try Limit(pool: pool, configuration: slow)]
        var table = MarkdownTable([
            "work", "operations", "without a delay", "with a delay", "one operation", "rounds", "goal",
        ])
        var timelines: [String] = []
        // Five repositories need few operations: each round shows in their timeline.
        for count in [5, 500] {
            let registry = GeneratedRegistry(repositories: count, blobs: 12 * count + 2, images: 4)
            try await limits[0].write(PackedObjects(try registry.objects(of: 0..<count)), depth: Self.inFlight)
            let names = try registry.names(of: \.isReadByListing)
            let delay = try await median(100) { try await limits[1].read(PackedNames(["/"]), data: 0, depth: 1) }
            func add(_ work: String, _ operations: Int, _ times: [Double], goal: Double? = nil) {
                // What a delay costs in any case, since it limits the rate of the operations.
                let window = Double(operations) / Double(Self.inFlight)
                let waited = (times[1] - times[0]) / delay - window
                table.add(
                    [work, Report.count(operations)] + (times + [delay]).map(Report.time)
                        + [number(waited), goal.map { "≤ \(number($0))\(waited > $0 ? ", missed" : "")" } ?? ""])
            }
            var reads: [Double] = []
            for limit in limits {
                reads.append(try await median(rounds) { try await limit.read(names, data: 4096, depth: Self.inFlight) })
            }
            add("necessary reads for \(count) repositories, all at once", names.count, reads)
            var times: [Double] = []
            var events: [Trace.Event] = []
            for store in stores { times.append(try await median(rounds) { events = try await trace(store) }) }
            add("`repos` of \(count) repositories", events.count, times, goal: Self.goal)
            timelines.append("`repos` of \(count) repositories, times in delays:\n\n\(timeline(events, delay))")
        }
        print(([table.text] + timelines).joined(separator: "\n\n"))
        for store in stores { await store.close() }
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
