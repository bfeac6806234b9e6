import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// A mover that was taken for dead may wake up and unlink a reference. The content is not lost,
/// even if a collection runs in the meantime.
@Suite struct StalledOwnerTests {
    private let store: StoreUnderTest
    private let clock = TestClock()
    private let source: StoragePath
    private let destination: StoragePath

    init() throws {
        store = try StoreUnderTest.inMemory()
        source = try path("/docker/registry/v2/repositories/a/_layers/sha256/x/link")
        destination = try path("/docker/registry/v2/repositories/b/_layers/sha256/x/link")
    }

    private func driver(delay: TimeInterval, stall: TimeInterval = 0, _ owner: ChangeOwner = .current) -> StorageDriver
    {
        var policy = clock.policy(delay: delay, owner: owner, lease: 0)
        policy.stall = stall
        return store.driver(policy: policy)
    }

    /// Returns the identifier of a file whose reference vanished after its move was done. Only the
    /// journal still names the identifier.
    private func astray() async throws -> BlobIdentifier {
        let driver = driver(delay: 100)
        try await driver.putContent(source, pattern(2500))
        try await driver.move(source, to: destination)
        let blob = try await driver.reader.blob(destination)
        try await store.set(
            StorageReader.directory(destination.parent), [.removeOmap([ByteString(destination.name)])])
        return blob
    }

    @Test func aNoteOfAnOrphanIsNoReference() async throws {
        let blob = try await astray()
        let note = Holding.Note(name: "gc", kind: "quarantine", by: "x", begun: clock.now)
        try await driver(delay: 100).holdings.put(
            orphans: [blob], at: path("/docker/registry/regtop-quarantine/one"), note)
        clock.advance(by: 101)
        _ = try await driver(delay: 100).recover()
        #expect(try await driver(delay: 100).reader.content(destination) == pattern(2500))
    }

    @Test func contentThatTheJournalMayRestoreIsNoOrphan() async throws {
        let blob = try await astray()
        let registry = RegistryReader(storage: driver(delay: 100).reader)
        let index = try await PoolReading.read(
            registry, at: Date(timeIntervalSince1970: 2_000_000_000), progress: nil)
        #expect(!index.isOrphan(blob))
        clock.advance(by: 101)
        _ = try await driver(delay: 100).recover()
        #expect(try await driver(delay: 100).reader.blob(destination) == blob)
    }

    /// Holds even if no registry writes (a delay of 0): the stalled owner is no registry.
    @Test func aMoveUndoneForAStalledOwnerIsCheckedAgain() async throws {
        let far = ChangeOwner(host: "far", process: 1, started: "1", space: "another boot")
        let offline = driver(delay: 0, stall: 86_400)
        try await offline.putContent(source, pattern(2500))
        let blob = try await offline.reader.blob(source)
        let move = FileMove(blob: blob, source: source, destination: destination)
        let intent = try await driver(delay: 0, far).journal.begin(
            .move([[move]], floor: .root, keepsDirectories: false), "move")
        _ = try await intent.advance(to: .leaving)
        await intent.release()
        #expect(try await offline.recover().map(\.outcome) == [.undone])
        // The stalled owner wakes up, goes on, and dies.
        try await store.set(StorageReader.directory(source.parent), [.removeOmap([ByteString(source.name)])])
        #expect(try await offline.recover().map(\.outcome) == [.left], "its moment has not come")
        clock.advance(by: 86_401)
        #expect(try await offline.recover().map(\.outcome) == [.checked])
        #expect(try await offline.reader.blob(source) == blob)
        #expect(try await store.reader.read(.stat, of: Journal.object) == nil)
    }
}
