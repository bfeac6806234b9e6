import ArgumentParser
import Foundation

/// Time and memory on pools that are computed instead of stored.
struct MemoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Measures how time and memory grow with registries that are computed instead of stored.")

    @Option(help: "Repositories of the largest registry, of a million blobs.")
    var repositories = 100_000

    func run() async throws {
        var growth = Growth()
        for blobs in [10_000, 100_000, 1_000_000] {
            let size = Growth.Size(repositories: repositories * blobs / 1_000_000, blobs: blobs)
            for work in ComputedCommand.Work.allCases {
                try await growth.add(
                    work.title, size,
                    running: [
                        "/proc/self/exe", "computed", work.rawValue, String(size.repositories), String(size.blobs),
                    ])
            }
        }
        print(growth.table)
    }
}
