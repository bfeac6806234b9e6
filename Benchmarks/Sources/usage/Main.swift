import AdminCore
import Foundation

/// Finds out the usage of a computed registry with so many blobs, and prints how much memory that took at most.
@main
enum Main {
    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        let pool = SyntheticPool(blobs: words.first.flatMap { Int($0) } ?? 10_000)
        let registry = RegistryReader(storage: StorageReader(objects: pool))
        let clock = ContinuousClock()
        let begin = clock.now
        let usage = try await UsageInspector(registry: registry).usage(pool: words.contains("--pool"))
        let seconds = begin.duration(to: clock.now) / .seconds(1)
        guard usage.blobs == pool.blobs else { fatalError("\(usage.blobs) blobs instead of \(pool.blobs)") }
        print("\(pool.blobs) \(try peak()) \(seconds)")
    }

    /// The most bytes that were resident at once.
    private static func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
    }
}
