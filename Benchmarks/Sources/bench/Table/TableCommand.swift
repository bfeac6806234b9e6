import AdminCore
import ArgumentParser
import Foundation

/// All works beside their limits, in one table.
struct TableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table", abstract: "Compares regtop with a raw librados program, in empty pools.")

    @Option(help: "The program.")
    var regtop: String

    @Option(help: "The pool. Everything in it may be lost.")
    var pool = "bench"

    @Option(help: "An empty pool for a whole registry.")
    var registryPool = "bench-registry"

    @Option(help: "The size of the large file in MiB. The cluster keeps it in memory.")
    var large = 1024

    @Option(help: "A directory on the disk to which images are exported.")
    var directory = FileManager.default.temporaryDirectory.path

    @Option(help: "A registry with the rados driver, through which skopeo copies the same images.")
    var registry: String?

    @Option(help: "How many rounds, instead of what each comparison has.")
    var rounds: Int?

    @Option(help: "Only the comparisons whose names contain this.")
    var only: String?

    @Option(help: "Write the results to this file.")
    var save: String?

    @Option(help: "Mark what is worse than in this file, and end with 1 then.")
    var compare: String?

    mutating func run() async throws {
        let old = try compare.map(Results.init(contentsOf:)) ?? Results()
        var results = Results()
        var table = MarkdownTable(Report.header)
        var isWorse = false
        func take(_ harness: Harness, _ comparison: Comparison) async {
            do {
                let measurement = try await harness.measure(comparison, rounds: rounds)
                let worse = old.worse(in: measurement)
                results.add(measurement)
                isWorse = isWorse || !worse.isEmpty
                let row = Report.row(measurement, worse: worse)
                table.add(row)
                note(row.joined(separator: "  "))
            } catch {
                isWorse = true
                table.add(Report.failure(comparison.name))
                note("\(comparison.name): \(error)")
            }
        }

        let harness = try await open(pool)
        let commands = CommandComparisons(harness: harness, regtop: regtop)
        // In a pool of its own, so that there is nothing else to look at.
        let inRegistry = CommandComparisons(harness: try await open(registryPool), regtop: regtop)
        if isWanted("`repos` `du` `gc --dry-run` `fsck`") {
            let registry = GeneratedRegistry(repositories: 500, blobs: 6002, images: 4)
            for comparison in try await inRegistry.ofARegistry(registry) where isWanted(comparison.name) {
                await take(inRegistry.harness, comparison)
            }
        }
        if isWanted("`verify`") { await take(harness, try await commands.verification(size: large << 20)) }
        for comparison in comparisons(harness) where isWanted(comparison.name) { await take(harness, comparison) }
        // The largest tree comes last: what follows it would pay for it.
        let tree = "/bench/tree"
        let walk = harness.walk("walk 100,000 directories", width: 100, leaves: 1000, in: tree)
        if isWanted(walk.name) {
            try await harness.limit.makeTree(tree, width: 100, leaves: 1000)
            await take(harness, walk)
        }
        if isWanted("`export`") {
            let size = 4 * large << 20
            for comparison in try await commands.exports(size: size, in: directory, oldRegistry: registry) {
                await take(harness, comparison)
            }
        }
        print(table.text)
        if let save { try results.write(to: save) }
        await inRegistry.harness.store.close()
        await harness.store.close()
        if isWorse { throw ExitCode.failure }
    }

    private func open(_ pool: String) async throws -> Harness {
        var options = RadosOptions()
        options.pool = pool
        return Harness(store: try await RadosStore.open(options), limit: try Limit(pool: pool))
    }

    private func isWanted(_ name: String) -> Bool { only.map(name.contains) ?? true }

    private func comparisons(_ harness: Harness) -> [Comparison] {
        let tiny = SmallFiles(size: 64, count: 2000, depth: 128)
        let medium = SmallFiles(size: 1 << 20, count: 128, depth: 16)
        return [
            // First: the proof reads what is left in the pool.
            harness.free("free 10,000 files, proof included", count: 10_000).goal(1.3),
            harness.putSmall("put 2,000 files of 64 bytes, 128 at once", tiny).goal(3),
            harness.getSmall("get 2,000 files of 64 bytes, 128 at once", tiny),
            harness.putSmall("put 128 files of 1 MiB, 16 at once", medium),
            harness.getSmall("get 128 files of 1 MiB, 16 at once", medium).goal(1.1),
            harness.putLarge("put a file of \(large) MiB", size: large << 20),
            harness.getLarge("get a file of \(large) MiB", size: large << 20),
            harness.list("list 10 children, 300 times", children: 10, times: 300),
            harness.list("list 1,000 children, 100 times", children: 1000, times: 100),
            harness.list("list 100,000 children", children: 100_000, times: 1).goal(1.1),
            harness.moveOne("move one file, 50 times", count: 50).goal(4),
            harness.moveAll("move a directory of 10,000 files", count: 10_000, batch: 1),
            harness.moveAll("… where the limit moves 1,000 keys at once", count: 10_000, batch: 1000),
            harness.deleteAll("delete a directory of 10,000 files", count: 10_000, batch: 1),
            harness.deleteAll("… where the limit drops 1,000 keys at once", count: 10_000, batch: 1000),
        ]
    }
}
