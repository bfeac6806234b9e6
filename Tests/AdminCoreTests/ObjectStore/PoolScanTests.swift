import Synchronization
import Testing

@testable import ObjectStore

/// The enumeration of a pool, in pages: SQLite has pages of 1024 names, and each slice of plain
/// dictionaries is one page.
@Suite struct PoolScanTests {
    private struct Stop: Error {}

    private func filled(_ count: Int) async throws -> [StoreUnderTest] {
        let stores = [try StoreUnderTest.inMemory(), MemoryStore().underTest]
        for store in stores {
            for number in 0..<count { try await store.set(ObjectID(ByteString("\(number)")), [.create]) }
            try await store.set(ObjectID("other", namespace: "n"), [.create])
        }
        return stores
    }

    @Test func enumeratesEveryObjectOnceWithProgress() async throws {
        for store in try await filled(2500) {
            let progress = Mutex<[WorkProgress]>([])
            let scan = try await PoolScan(store.reader, .namespace(""), phase: "p") { news in
                progress.withLock { $0.append(news) }
            }
            let met = Mutex<[ObjectID]>([])
            try await scan.forEach { object in met.withLock { $0.append(object) } }
            #expect(met.withLock { Set($0).count == 2500 && $0.count == 2500 })
            let last = try #require(progress.withLock { $0.map(\.completed).max() })
            #expect(last == 2500)
            #expect(progress.withLock { $0.allSatisfy { $0.phase == "p" } })
            let names = try await PoolScan(store.reader).compactMap { $0.namespace.isEmpty ? nil : $0.name }
            #expect(names == ["other"])
        }
    }

    @Test func aVisitorStopsTheScan() async throws {
        for store in try await filled(9000) {
            #expect(try await PoolScan(store.reader).first() != nil)
            #expect(try await PoolScan(store.reader, .namespace("none")).first() == nil)
            let pages = try await PoolScan(store.reader).fold(into: 0) {
                $0.count
            } take: { pages, _ in
                pages += 1
                return pages < 3 ? .goOn : .stop
            }
            #expect(pages == 3)
            let sampled = try await PoolScan(store.reader, extent: .sample(pages: 1)).compactMap(\.self)
            #expect(Set(sampled).count == sampled.count && sampled.count <= PoolScan.slices * 1125 + 1)
        }
    }

    @Test func anErrorOfAVisitorEndsTheScan() async throws {
        for store in try await filled(1200) {
            await #expect(throws: Stop.self) { try await PoolScan(store.reader).forEach { _ in throw Stop() } }
            await #expect(throws: Stop.self) {
                try await PoolScan(store.reader).fold(into: 0) {
                    $0.count
                } take: { _, _ in
                    throw Stop()
                }
            }
        }
    }
}
