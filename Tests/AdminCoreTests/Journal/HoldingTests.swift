import Foundation
import Testing

@testable import ObjectStore
@testable import StorageDriver

/// Takes references out of the tree into a holding, then restores them, or frees them after a
/// proof.
@Suite struct HoldingTests {
    private let store: StoreUnderTest
    private let clock = TestClock()
    private let trash: StoragePath
    private let note = Holding.Note(
        name: "app", kind: "repository", by: "somebody", begun: Date(timeIntervalSince1970: 1))

    init() throws {
        store = try StoreUnderTest.quick()
        trash = try path("/docker/trash/one")
    }

    private var driver: StorageDriver { store.driver(policy: clock.policy(delay: 100)) }
    private var offline: StorageDriver { store.driver(policy: clock.policy(delay: 0)) }

    private static let files = [
        "/r/a/f": pattern(2500), "/r/a/g": pattern(3, seed: 2), "/r/b-c/h.x": pattern(1024, seed: 3),
    ]

    private func plant() async throws -> [(origin: StoragePath, blob: BlobIdentifier)] {
        var references: [(StoragePath, BlobIdentifier)] = []
        for (file, content) in Self.files.sorted(by: { $0.key < $1.key }) {
            try await offline.putContent(path(file), content)
            references.append((try path(file), try await driver.reader.blob(path(file))))
        }
        return references
    }

    private func held(with driver: StorageDriver? = nil) async throws -> Holding {
        let stayed = try await (driver ?? self.driver).holdings.put(plant(), at: trash, note)
        #expect(stayed.isEmpty)
        return try #require(try await self.driver.reader.holding(trash))
    }

    @Test func keysOfAnyPathReadBack() throws {
        for text in ["/a", "/a-b/-/--/.-", "/restoring.x/freeing.y", "/-./-", "/_a.b/C-.d"] {
            let origin = try path(text)
            for claim in [nil] + Holding.Entry.Claim.allCases {
                let key = Holding.key(origin, claim)
                #expect(StoragePath.isValid(component: try #require(key.string)))
                let parsed = try #require(Holding.parse(key))
                #expect(parsed.origin == origin && parsed.claim == claim)
            }
        }
        for key: ByteString in ["", "-", "-.", "a-b", "-.a-", "restoring.", "-.a-..-..", "-.."] {
            #expect(Holding.parse(key) == nil, "\(key)")
        }
    }

    @Test func heldReferencesKeepTheirOriginAndAreRestored() async throws {
        let references = try await plant()
        let before = try await Snapshot(store.reader)
        let stayed = try await offline.holdings.put(references, at: trash, note)
        #expect(stayed.isEmpty)
        #expect(try await driver.reader.entries(path("/r")) == nil, "emptied directories vanish")
        let holding = try #require(try await driver.reader.holdings(in: trash.parent).first)
        #expect(holding.entries.map(\.origin) == references.map(\.origin))
        #expect(holding.entries.map(\.blob) == references.map(\.blob))
        #expect(holding.note?.name == "app" && holding.note?.unlinked != nil)
        #expect(try await offline.holdings.restore(holding.entries, of: trash) == [.restored, .restored, .restored])
        #expect(try await Snapshot(store.reader).differences(to: before).isEmpty, "all is as it was")
    }

    @Test func quarantineKeepsDirectories() async throws {
        let references = try await plant()
        let stayed = try await offline.holdings.put(references, at: trash, note, keepsDirectories: true)
        #expect(stayed.isEmpty)
        #expect(try await driver.reader.list(path("/r")).map(\.name) == ["a", "b-c"])
        #expect(try await driver.reader.list(path("/r/a")).isEmpty)
    }

    @Test func aReplacedReferenceStaysInItsPlace() async throws {
        let references = try await plant()
        let newer = BlobIdentifier.random()
        try await store.set(ObjectID("/r/a"), [.setOmap(["f": newer.value])])
        let stayed = try await offline.holdings.put(references, at: trash, note)
        #expect(stayed == [try path("/r/a/f")])
        let holding = try #require(try await driver.reader.holding(trash))
        #expect(holding.entries.map(\.origin.name) == ["g", "h.x"])
        #expect(try await driver.reader.blob(path("/r/a/f")) == newer)
    }

    @Test func restoreDoesNotOverwriteANewFile() async throws {
        let holding = try await held(with: offline)
        try await offline.putContent(path("/r/a/f"), [9])
        #expect(try await offline.holdings.restore(holding.entries, of: trash) == [.taken, .restored, .restored])
        #expect(try await driver.reader.content(path("/r/a/f")) == [9])
        let left = try #require(try await driver.reader.holding(trash))
        #expect(left.entries.map(\.origin.name) == ["f"] && left.entries.map(\.claim) == [nil])
    }

    // MARK: - Freeing

    @Test func nothingIsFreedBeforeTheDelay() async throws {
        let holding = try await held()
        clock.advance(by: 99)
        #expect(try await driver.holdings.free(holding.entries, of: holding) == [.early, .early, .early])
        #expect(try await driver.reader.holding(trash) == holding)
        clock.advance(by: 1)
        #expect(try await driver.holdings.free(holding.entries, of: holding) == [.freed, .freed, .freed])
        #expect(try await driver.reader.holding(trash) == nil)
        #expect(try await PoolCensus(driver.reader).unreferenced.isEmpty)
    }

    @Test func anUnfinishedHoldingIsNotFreed() async throws {
        let holding = try await held()
        var note = note
        note.unlinked = nil
        try await store.set(
            StorageReader.directory(trash), [.setXattr(name: Holding.xattr, value: try Holding.encode(note))])
        clock.advance(by: 1_000_000)
        let unfinished = try #require(try await driver.reader.holding(trash))
        #expect(try await driver.holdings.free(holding.entries, of: unfinished) == [.early, .early, .early])
    }

    /// The old driver's move reads the identifier before regtop unlinks the reference, and writes
    /// it to the destination afterwards.
    @Test(arguments: ["/late/f", "/unlisted/deep/f"])
    func anIdentifierWithAnotherReferenceKeepsItsChunks(_ late: String) async throws {
        let holding = try await held()
        let entry = holding.entries[0]
        let place = try path(late)
        try await store.set(StorageReader.directory(place.parent), [.setOmap(["f": entry.blob.value])])
        clock.advance(by: 101)
        #expect(try await driver.holdings.free(holding.entries, of: holding) == [.dropped, .freed, .freed])
        #expect(try await driver.reader.content(place) == pattern(2500))
    }

    @Test func oneIdentifierInTwoHoldingsIsFreedByTheLast() async throws {
        let holding = try await held()
        let second = try path("/docker/trash/two")
        try await store.set(
            StorageReader.directory(second),
            [
                .setXattr(name: Holding.xattr, value: try Holding.encode(try #require(holding.note))),
                .setOmap([Holding.key(holding.entries[0].origin): holding.entries[0].blob.value]),
            ])
        clock.advance(by: 101)
        #expect(try await driver.holdings.free(holding.entries, of: holding) == [.dropped, .freed, .freed])
        let other = try #require(try await driver.reader.holding(second))
        #expect(try await driver.reader.head(of: holding.entries[0].blob).size == 2500)
        #expect(try await driver.holdings.free(other.entries, of: other) == [.freed])
    }

    @Test func nothingIsFreedWhileAChangeIsOpen() async throws {
        let holding = try await held(with: offline)
        let open = try await driver.journal.begin(
            .move(
                [[.init(blob: .random(), source: path("/x/y"), destination: path("/z/y"))]], floor: .root,
                keepsDirectories: false), "w")
        await #expect(throws: StorageError.self) { try await offline.holdings.free(holding.entries, of: holding) }
        try await open.end()
        #expect(try await offline.holdings.free(holding.entries, of: holding) == [.freed, .freed, .freed])
        #expect(try await store.reader.read(.stat, of: Journal.object) == nil)
    }

    /// A scan that reads the new path before the move, and the old path after it, would miss the
    /// reference.
    @Test func aMoveDuringTheScanInvalidatesTheScan() async throws {
        let holding = try await held(with: offline)
        try await offline.putContent(path("/x/y"), [1])
        let recording = RecordingStore(store)
        recording.before { step in
            if case .page = step.operation { try? await offline.move(path("/x/y"), to: path("/w/y")) }
        }
        let scanning = StorageDriver(
            reader: StorageReader(objects: recording.reader, chunkSize: 1024), writer: recording.writer,
            policy: clock.policy(delay: 0))
        await #expect(throws: StorageError.self) { try await scanning.holdings.free(holding.entries, of: holding) }
        #expect(try await driver.reader.holding(trash) == holding)
        #expect(try await store.reader.read(.stat, of: Journal.object) == nil, "the mark is gone")
    }

    @Test(arguments: [1, 2, 3])
    func anIncompleteScanFreesNothing(_ failing: Int) async throws {
        let holding = try await held(with: offline)
        let recording = RecordingStore(store)
        recording.inject { step in
            guard case .read(_, let object) = step.operation, object.name.hasPrefix("/"), step.number % 3 == failing % 3
            else { return nil }
            return .failed(StoreError(.inputOutput, operation: "read", object: object, errno: 5, reason: "injected"))
        }
        await #expect(throws: StoreError.self) {
            try await recording.underTest.driver().holdings.free(holding.entries, of: holding)
        }
        #expect(try await PoolCensus(driver.reader).contents.count == 3)
    }

    @Test func orphansAreFreedOnlyOffline() async throws {
        _ = try await plant()
        let objects = try await store.objects().count
        try await offline.putContent(path("/new/f"), pattern(5000))
        try await offline.putContent(path("/r/a/f"), pattern(10))
        try await offline.delete(path("/new/f"))
        await #expect(throws: StorageError.self) { try await driver.freeUnreferenced() }
        let freed = try await offline.freeUnreferenced()
        #expect(freed.blobs == 2 && freed.objects == 8)
        #expect(try await store.objects().count == objects - 2, "the shorter file has two chunks less")
        #expect(try await driver.reader.content(path("/r/a/f")) == pattern(10))
    }

    // MARK: - The world stops

    private enum Act: CaseIterable {
        case hold, restore, free
    }

    /// Stops each act before every write. Afterwards each file is whole in its place or in the
    /// holding, or it is claimed to be freed. A recovery completes the act or takes it back.
    @Test(arguments: Act.allCases)
    private func everyCutLeavesEachFileWholeOrClaimed(_ act: Act) async throws {
        var number = 1
        while true {
            let test = try HoldingTests()
            let references = try await test.plant()
            if act != .hold { _ = try await test.offline.holdings.put(references, at: test.trash, test.note) }
            let holding = try await test.driver.reader.holding(test.trash)
            let recording = RecordingStore(test.store)
            recording.die(before: number)
            let driver = recording.underTest.driver()
            do {
                switch act {
                case .hold: _ = try await driver.holdings.put(references, at: test.trash, test.note)
                case .restore: _ = try await driver.holdings.restore(holding?.entries ?? [], of: test.trash)
                case .free:
                    if let holding { _ = try await driver.holdings.free(holding.entries, of: holding) }
                }
            } catch {}
            guard recording.writeCount >= number else { break }
            try await test.check(references, act, "\(act), cut before write \(number)")
            number += 1
        }
        print("\ncrash sweep: \(act): \(number - 1) cut points")
        #expect(number > 5)
    }

    private func check(
        _ references: [(origin: StoragePath, blob: BlobIdentifier)], _ act: Act, _ what: String
    ) async throws {
        for isRecovered in [false, true] {
            if isRecovered {
                for recovery in try await offline.recover() {
                    #expect([.undone, .finished, .checked].contains(recovery.outcome), "\(what): \(recovery)")
                }
                #expect(try await store.reader.read(.stat, of: Journal.object) == nil, "\(what)")
            }
            let what = isRecovered ? "\(what), recovered" : what
            let census = try await PoolCensus(driver.reader)
            let held = try await driver.reader.holding(trash)?.entries ?? []
            var places = [0, 0, 0]
            for (origin, blob) in references {
                let isHome = try await driver.reader.value(at: origin) == blob.value
                let entry = held.first { $0.origin == origin }
                places[isHome ? 0 : entry != nil ? 1 : 2] += 1
                if isHome || (entry != nil && entry?.claim != .freeing) {
                    #expect(try await driver.reader.layout(of: blob).isSound, "\(what): \(origin) lost chunks")
                } else {
                    #expect(act == .free, "\(what): \(origin) is nowhere")
                }
                if isRecovered {
                    #expect(!(isHome && entry != nil), "\(what): \(origin) is in two places")
                    #expect(entry?.claim == nil, "\(what): a claim stays")
                }
            }
            if isRecovered {
                #expect(census.unlisted.isEmpty && census.hollow.isEmpty && census.twice.isEmpty, "\(what)")
                #expect(census.unreferenced.isEmpty, "\(what): freed halfway")
                if act == .hold { #expect(places[0] == 3 || places[1] == 3, "\(what): half here, half there") }
            }
        }
    }
}
