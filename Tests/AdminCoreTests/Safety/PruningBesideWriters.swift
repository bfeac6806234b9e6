import Foundation
import Testing

@testable import ObjectStore
@testable import StorageDriver

/// Removes the directories of freed blobs while another program writes into one of them again, in
/// every order. No intent waits in the journal for another look, and the written file is whole and
/// listed.
@Suite struct PruningBesideWriters {
    enum Writer: String, Sendable, CaseIterable {
        /// The old driver writes a new file.
        case oldDriver
        /// The old driver moves an upload to the path of the blob.
        case oldDriverMoves
        /// Another regtop writes a new file.
        case regtop
        /// Another regtop restores the file from a quarantine.
        case restoring
        /// Another regtop removes the same directories.
        case pruning
    }

    private static let root = "/docker/registry/v2/blobs/sha256/aa"
    private static let place = root + "/aa01"
    private static let file = place + "/data"
    private static let content = pattern(100)
    private static let upload = "/docker/registry/v2/repositories/r/_uploads/u/data"
    private static let holding = "/docker/registry/regtop-quarantine/q"

    /// Returns a tree with two directories of blobs: one is the place for the writer, the other has
    /// its file.
    private func planted(_ writer: Writer) async throws -> StoreCopy {
        let store = try StoreUnderTest.inMemory()
        let driver = store.driver()
        let file = try path(Self.file)
        for file in [file, try path(Self.root + "/aa02/data")] { try await driver.putContent(file, Self.content) }
        let blob = try await driver.reader.blob(file)
        if writer == .restoring {
            let note = Holding.Note(name: "q", kind: "quarantine", by: "test", begun: WallClock.test.now)
            _ = try await driver.holdings.put([(file, blob)], at: path(Self.holding), note, keepsDirectories: true)
        } else {
            try await store.set(StorageReader.directory(file.parent), [.removeOmap(["data"])])
            try await store.set(blob.chunk(0), [.remove])
        }
        if writer == .oldDriverMoves { try await driver.putContent(path(Self.upload), Self.content) }
        return try await StoreCopy(of: store)
    }

    private func act(_ writer: Writer, _ store: TurnStore) async throws {
        let driver = driver(store)
        switch writer {
        case .oldDriver: try await OldDriver(reader: store, writer: store).put(Self.file, Self.content)
        case .oldDriverMoves: try await OldDriver(reader: store, writer: store).move(Self.upload, to: Self.file)
        case .regtop: try await driver.putContent(path(Self.file), Self.content)
        case .restoring:
            let holding = try #require(try await driver.reader.holding(path(Self.holding)))
            _ = try await driver.holdings.restore(holding.entries, of: holding.path)
        case .pruning: try await prune(driver)
        }
    }

    private func driver(_ store: TurnStore) -> StorageDriver {
        StorageDriver(reader: StorageReader(objects: store, chunkSize: 1024), writer: store)
    }

    private func prune(_ driver: StorageDriver) async throws {
        _ = try await driver.pruner.prune([path(Self.place)], below: path("/docker/registry/v2/blobs"), climbing: false)
        {}
    }

    @Test(arguments: Writer.allCases)
    func aWrittenFileIsWholeAndListed(_ writer: Writer) async throws {
        let tree = try await planted(writer)
        let store = try StoreUnderTest.inMemory()
        var orders = Interleavings()
        let most = LongVariants.areOn ? Int.max : 200
        var isWhole = false
        repeat {
            try await tree.restore(into: store)
            try await play(writer, on: store, in: &orders)
            isWhole = !orders.advance()
        } while !isWhole && orders.executed < most
        print("\npruning beside \(writer): \(orders.executed) interleavings\(isWhole ? "" : ", not all")")
    }

    /// Random orders reach states that the search does not reach when it is cut short.
    @Test(arguments: Writer.allCases)
    func aWrittenFileIsWholeAndListedInRandomOrders(_ writer: Writer) async throws {
        let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] ?? "\(UInt32.random(in: .min ... .max))"
        let tree = try await planted(writer)
        let store = try StoreUnderTest.inMemory()
        for round in 0..<(LongVariants.areOn ? 5000 : 50) {
            try await tree.restore(into: store)
            var orders = RandomOrder(seed: "\(seed).\(round)")
            try await play(writer, on: store, in: &orders)
        }
        print("\npruning beside \(writer): random orders; REGTOP_TEST_SEED=\(seed)")
    }

    private func play(_ writer: Writer, on store: StoreUnderTest, in orders: inout some TurnOrder) async throws {
        let isWhole = await Turns.play(
            on: store, in: &orders,
            [{ mine in try? await prune(driver(mine)) }, { theirs in try? await act(writer, theirs) }])
        guard isWhole else { return }
        let census = try await PoolCensus(store.driver().reader)
        #expect(census.unlisted.isEmpty, "beside \(writer): \(census.unlisted)")
        #expect(census.contents.count == (writer == .pruning ? 1 : 2), "beside \(writer): \(census.contents.keys)")
        #expect(census.contents.values.allSatisfy { $0 == Self.content } && census.dangling.isEmpty, "beside \(writer)")
        #expect(try !census.hollow.contains(path(Self.place)), "beside \(writer)")
        let pending = try await store.driver().reader.pendingChanges().filter { $0.what.hasPrefix("remove emptied") }
        #expect(pending.allSatisfy { !$0.what.contains("blobs") }, "beside \(writer): \(pending)")
    }
}
