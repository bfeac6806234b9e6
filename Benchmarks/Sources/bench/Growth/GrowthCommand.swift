import ArgumentParser
import Foundation

/// Time and memory on a real pool of growing size.
struct GrowthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "Fills an empty pool at raw speed, and measures how time and memory grow with it.")

    @Argument(help: "Repositories at the end.")
    var repositories: Int

    @Argument(help: "Blobs at the end, at least two for each repository.")
    var blobs: Int

    @Option(help: "The program.")
    var regtop: String

    @Option(help: "An empty pool.")
    var pool = "bench"

    func run() async throws {
        let registry = GeneratedRegistry(repositories: repositories, blobs: blobs)
        let limit = try Limit(pool: pool)
        var growth = Growth()
        var written = 0
        for share in [0.1, 0.3, 1] {
            let count = max(1, Int(Double(repositories) * share))
            try await write(registry, written..<count, limit)
            written = count
            let size = Growth.Size(repositories: count, blobs: registry.blobs(in: count))
            for words in ["repos", "repos --unique", "du", "gc --dry-run", "fsck"] {
                let arguments = words.split(separator: " ").map(String.init)
                try await growth.add("`\(words)`", size, running: [regtop] + arguments + ["--pool", pool])
            }
            try addConsole(size, to: &growth)
        }
        print(growth.table)
    }

    private func addConsole(_ size: Growth.Size, to growth: inout Growth) throws {
        let terminal = try PseudoTerminal([regtop, "--read-only", "--pool", pool])
        defer { terminal.end() }
        let start = try ConsoleStart(terminal, frame: "regtop", mark: "/app")
        growth.add("console, first row", size, seconds: start.shown / .seconds(1), memory: start.memoryAtMark.most)
        growth.add("console, all rows", size, seconds: start.rest / .seconds(1), memory: start.memory.most)
    }

    private func write(_ registry: GeneratedRegistry, _ range: Range<Int>, _ limit: Limit) async throws {
        let clock = ContinuousClock()
        let began = clock.now
        let count = try await limit.write(registry, range)
        let seconds = began.duration(to: clock.now) / .seconds(1)
        note(
            "wrote \(Report.count(count)) objects in \(Report.time(seconds)), \(Int(Double(count) / seconds)) a second")
    }
}
