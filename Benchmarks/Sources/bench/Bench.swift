import AdminCore
import ArgumentParser
import Foundation

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Compares regtop's storage driver with a raw librados program, in an empty pool of a throwaway cluster.")

    @Option(help: "The pool. Everything in it may be lost.")
    var pool = "bench"

    @Option(help: "An empty pool for a whole registry.")
    var registryPool = "bench-registry"

    @Option(help: "The size of the large file in MiB. The cluster keeps it in memory.")
    var large = 1024

    @Option(help: "How many rounds, instead of what each comparison has.")
    var rounds: Int?

    @Option(help: "Only the comparisons whose names contain this.")
    var only: String?

    mutating func run() async throws {
        var options = RadosOptions()
        options.pool = pool
        let store = try await RadosStore.open(options)
        let harness = Harness(store: store, limit: try Limit(pool: pool))
        print("load when it began: \(load())")
        var rows: [[String]] = []
        for comparison in comparisons(harness) where isWanted(comparison.name) {
            try await note(comparison.name)
            do {
                rows.append(Report.row(try await harness.measure(comparison, rounds: rounds)))
            } catch {
                rows.append(Report.failure(comparison.name))
                try await note("\(error)")
            }
            try await note(rows.last?.joined(separator: "  ") ?? "")
        }
        rows += try await harness.radosBench(size: large << 20, rounds: rounds ?? 5, isWanted: isWanted)
            .map(Report.row)
        rows += try await ofARegistry(&options)
        let tree = "/bench/tree"
        let walk = harness.walk("walk 100,000 directories", width: 100, leaves: 1000, in: tree)
        if isWanted(walk.name) {
            try await harness.limit.makeTree(tree, width: 100, leaves: 1000)
            rows.append(Report.row(try await harness.measure(walk, rounds: rounds)))
        }
        print("load when it ended: \(load())")
        print(Report.table(rows))
        await store.close()
    }

    /// In a pool of its own, so that there is nothing else to look at.
    private func ofARegistry(_ options: inout RadosOptions) async throws -> [[String]] {
        options.pool = registryPool
        let store = try await RadosStore.open(options)
        let harness = Harness(store: store, limit: try Limit(pool: registryPool))
        let comparisons = [
            harness.listRegistry("all repositories and tags of a registry of 10,000 blobs"),
            harness.usage("du of a registry of 10,000 blobs"),
        ].filter { isWanted($0.name) }
        if !comparisons.isEmpty { try await harness.makeRegistry() }
        var rows: [[String]] = []
        for comparison in comparisons {
            rows.append(Report.row(try await harness.measure(comparison, rounds: rounds)))
        }
        await store.close()
        return rows
    }

    private func isWanted(_ name: String) -> Bool { only.map(name.contains) ?? true }

    /// The largest tree comes last: what follows it would pay for it.
    private func comparisons(_ harness: Harness) -> [Comparison] {
        let tiny = SmallFiles(size: 64, count: 2000, depth: 128)
        let medium = SmallFiles(size: 1 << 20, count: 128, depth: 16)
        return [
            harness.putSmall("put 2,000 files of 64 bytes, 128 at once", tiny),
            harness.getSmall("get 2,000 files of 64 bytes, 128 at once", tiny),
            harness.putSmall("put 128 files of 1 MiB, 16 at once", medium),
            harness.getSmall("get 128 files of 1 MiB, 16 at once", medium),
            harness.putLarge("put a file of \(large) MiB", size: large << 20),
            harness.getLarge("get a file of \(large) MiB", size: large << 20),
            harness.list("list 10 children, 300 times", children: 10, times: 300),
            harness.list("list 1,000 children, 100 times", children: 1000, times: 100),
            harness.list("list 100,000 children", children: 100_000, times: 1),
            harness.moveOne("move one file, 50 times", count: 50),
            harness.moveAll("move a directory of 10,000 files", count: 10_000, batch: 1),
            harness.moveAll("… where the limit moves 1,000 keys at once", count: 10_000, batch: 1000),
            harness.deleteAll("delete a directory of 10,000 files", count: 10_000, batch: 1),
            harness.deleteAll("… where the limit drops 1,000 keys at once", count: 10_000, batch: 1000),
            harness.free("free 10,000 files, proof included", count: 10_000),
        ]
    }

    private func load() -> String {
        (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.trimmingCharacters(in: .newlines) ?? "unknown"
    }

    /// Says on standard error how far it is.
    private func note(_ text: String) async throws {
        try FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }
}
