import AdminCore
import Foundation
import Synchronization

/// Runs fsck on a generated pool of the given size without damage, or only names and reads each
/// object once, the minimum for any check of a whole pool. Prints the number of objects, the peak
/// of resident bytes, the seconds, and the objects per second.
struct FsckMeasure {
    private let objects: Int
    private let isPlain: Bool

    /// nil unless the words ask for it: `OBJECTS --fsck` or `OBJECTS --read`.
    init?(_ words: [String]) {
        guard words.count == 3, let count = Int(words[1]), ["--fsck", "--read"].contains(words[2]) else { return nil }
        objects = count
        isPlain = words[2] == "--read"
    }

    func run() async throws {
        let pool = CompletePool(objects: objects)
        let clock = ContinuousClock()
        let begin = clock.now
        let count = try await isPlain ? read(pool) : fsck(pool)
        let seconds = begin.duration(to: clock.now) / .seconds(1)
        print("\(count) \(try Main.peak()) \(seconds) \(Int(Double(count) / seconds))")
    }

    private func fsck(_ pool: CompletePool) async -> Int {
        let registry = RegistryReader(storage: StorageReader(objects: pool))
        let report = await Fsck(registry: registry, options: FsckOptions(clock: .system)).run()
        guard report.isComplete, report.problems.isEmpty else {
            fatalError("\(report.stopped ?? ""): \(report.problems.prefix(3))")
        }
        return report.checked.objects
    }

    /// One read an object: of a directory its keys, of a chunk its size and its first bytes.
    private func read(_ pool: CompletePool) async throws -> Int {
        let count = Atomic(0)
        for cursor in try await pool.enumerate(.all, slices: 8) {
            while let page = try await cursor.next() {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for start in stride(from: 0, to: page.count, by: 64) {
                        group.addTask {
                            for object in page[start..<min(start + 64, page.count)] {
                                let isChunk = object.name.bytes.first != UInt8(ascii: "/")
                                let operation =
                                    isChunk
                                    ? ReadOperation(xattrs: true, data: 0..<1024)
                                    : ReadOperation(omap: .page(after: nil, limit: 1024))
                                guard try await pool.read(operation, of: object) != nil else { fatalError("\(object)") }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                count.add(page.count, ordering: .relaxed)
            }
        }
        return count.load(ordering: .relaxed)
    }
}
