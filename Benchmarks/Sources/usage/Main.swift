import AdminCore
import Foundation

/// Runs one work on a generated registry of the given size. Prints the number of blobs, the peak of
/// resident bytes, and the seconds: `usage BLOBS [--pool | --collect | --collect-half |
/// --enumerate]`.
@main
enum Main {
    static func main() async throws {
        if let measure = FsckMeasure(CommandLine.arguments) { return try await measure.run() }
        let words = CommandLine.arguments.dropFirst()
        let pool = SyntheticPool(
            blobs: words.first.flatMap { Int($0) } ?? 10_000, isHalfGarbage: words.contains("--collect-half"))
        let registry = RegistryReader(storage: StorageReader(objects: pool))
        let clock = ContinuousClock()
        let begin = clock.now
        switch words.last {
        case "--collect", "--collect-half": try await collect(registry, pool)
        case "--enumerate": try await enumerate(pool)
        default:
            let usage = try await UsageInspector(registry: registry).usage(pool: words.contains("--pool"))
            guard usage.blobs == pool.blobs else { fatalError("\(usage.blobs) blobs instead of \(pool.blobs)") }
        }
        let seconds = begin.duration(to: clock.now) / .seconds(1)
        print("\(pool.blobs) \(try peak()) \(seconds)")
    }

    /// The mark of a collection, and the plan that is made of it.
    private static func collect(_ registry: RegistryReader, _ pool: SyntheticPool) async throws {
        let plan = try await ChangePlanner(registry: registry, policy: JournalPolicy(clock: .system)).collection(
            CollectionOptions(maxShare: 100))
        let taken = plan.items(.quarantine).count
        guard plan.obstacles.isEmpty, taken == pool.unneeded else {
            fatalError("\(taken) blobs are taken instead of \(pool.unneeded); \(plan.obstacles)")
        }
    }

    /// What a mark begins with, alone: the names of all objects.
    private static func enumerate(_ pool: SyntheticPool) async throws {
        var count = 0
        for cursor in try await pool.enumerate(.namespace(""), slices: 8) {
            while let page = try await cursor.next() { count += page.count }
        }
        guard count > pool.blobs else { fatalError("\(count) objects") }
    }

    /// The most bytes that were resident at once.
    static func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
    }
}
