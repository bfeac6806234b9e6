import AdminCore
import ArgumentParser
import Foundation

/// The dependent rounds of `repos`, on a network whose delay dominates everything else.
struct RoundsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rounds", abstract: "Measures `repos` in an empty pool beside a slow network.")

    /// Rounds that depend on each other, beyond the reading of the same objects at once.
    private static let goal = 12.0

    @Option(help: "The program.")
    var regtop: String

    @Option(help: "An empty pool.")
    var pool = "bench"

    func run() async throws {
        var options = RadosOptions()
        options.pool = pool
        let store = try await RadosStore.open(options)
        let limit = try Limit(pool: pool)
        // Five repositories need fewer operations than may be in flight: each round shows.
        for count in [5, 500] {
            let registry = GeneratedRegistry(repositories: count, blobs: 12 * count + 2, images: 4)
            try await limit.write(PackedObjects(try registry.objects(of: 0..<count)), depth: 128)
            let names = try registry.names(of: \.isReadByListing)
            let delay = try await delay(limit)
            let transfer = try await cost { try await limit.read(names, data: 4096, depth: 128) }.wall
            let process = try await ChildProcess.run([regtop, "repos", "-f", "json", "--pool", pool]).cost.wall
            let events = try await trace(store)
            let inside = events.map(\.ended).max() ?? 0
            let rounds = (inside - transfer) / delay
            print(
                """
                `repos` of \(count) repositories: \(Report.time(process)) as a program, \(Report.time(inside)) connected. \
                One operation: \(Report.time(delay)). The \(Report.count(names.count)) necessary reads at once: \
                \(Report.time(transfer)). The rest is \(number(rounds)) rounds; the goal is \(number(Self.goal))\
                \(rounds > Self.goal ? ", which it misses" : "").

                \(table(events, delay))

                """)
        }
        await store.close()
    }

    /// The median of single operations.
    private func delay(_ limit: Limit) async throws -> Double {
        let name = PackedNames(["/"])
        var times: [Double] = []
        for _ in 0..<100 { times.append(try await cost { try await limit.read(name, data: 0, depth: 1) }.wall) }
        return times.median
    }

    /// What `repos` does once it is connected.
    private func trace(_ store: RadosStore) async throws -> [Trace.Event] {
        let trace = Trace()
        let reader = TracingReader(base: store.reader, trace: trace)
        let registry = RegistryReader(storage: StorageReader(objects: reader))
        _ = try await registry.pass().summaries(of: registry.repositoryNames())
        return trace.events
    }

    /// When the first and the last operation of each kind began and when the last one ended, counted
    /// in delays.
    private func table(_ events: [Trace.Event], _ delay: Double) -> String {
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
