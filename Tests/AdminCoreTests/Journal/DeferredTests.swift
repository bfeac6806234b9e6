import Testing

@testable import ObjectStore
@testable import StorageDriver

/// Tests the last look after the delay: it handles the writes of a registry that had begun before
/// the change.
@Suite struct DeferredTests {
    private let store: StoreUnderTest
    private let clock = TestClock()
    private let source: StoragePath
    private let destination: StoragePath

    init() throws {
        store = try StoreUnderTest.quick()
        source = try path("/r/a/f")
        destination = try path("/t/g")
    }

    private var driver: StorageDriver { store.driver(policy: clock.policy(delay: 100)) }

    private func moved() async throws -> BlobIdentifier {
        try await driver.putContent(source, pattern(2500))
        try await driver.move(source, to: destination)
        let blob = try await driver.reader.blob(destination)
        let states = try await driver.reader.pendingChanges(policy: driver.policy).map(\.state)
        #expect(!states.isEmpty)
        for state in states {
            guard case .waiting = state else {
                Issue.record("\(state)")
                continue
            }
        }
        return blob
    }

    /// Expects that a recovery changes nothing before the delay is over, checks everything after
    /// the delay, and leaves no journal.
    private func waitAndLook() async throws {
        let before = try await Snapshot(store.reader)
        clock.advance(by: 99)
        for recovery in try await driver.recover() { #expect(recovery.outcome == .left) }
        #expect(try await Snapshot(store.reader).differences(to: before).isEmpty)
        clock.advance(by: 2)
        for recovery in try await driver.recover() { #expect(recovery.outcome == .checked) }
        // The directories that this check emptied are checked after a delay of their own.
        clock.advance(by: 101)
        for recovery in try await driver.recover() { #expect(recovery.outcome == .checked) }
        #expect(try await store.reader.read(.stat, of: Journal.object) == nil)
    }

    @Test func aMoveWithoutOtherWritesStays() async throws {
        _ = try await moved()
        try await waitAndLook()
        #expect(try await driver.reader.content(destination) == pattern(2500))
    }

    @Test func aReferenceWhoseContentWasDeletedIsRemoved() async throws {
        let blob = try await moved()
        for index in 0..<3 { try await store.set(blob.chunk(index), [.remove]) }
        try await waitAndLook()
        #expect(try await driver.reader.entry(destination) == nil, "a reference to nothing goes")
        #expect(try await driver.reader.list(.root).isEmpty, "and so does the directory it leaves empty")
    }

    @Test func anEmptyFileOfTheOldDriverIsKept() async throws {
        let blob = BlobIdentifier.random()
        try await driver.putContent(path("/r/a/other"), [1])
        try await store.set(StorageReader.directory(source.parent), [.setOmap(["f": blob.value])])
        try await driver.move(source, to: destination)
        try await waitAndLook()
        #expect(try await driver.reader.blob(destination) == blob)
    }

    @Test func aVanishedReferenceIsRestored() async throws {
        let blob = try await moved()
        try await store.set(StorageReader.directory(destination.parent), [.removeOmap(["g"])])
        try await waitAndLook()
        #expect(try await driver.reader.blob(destination) == blob)
        #expect(try await PoolCensus(driver.reader).unlisted.isEmpty)
    }

    @Test func aReferenceThatAnotherProgramMovedIsNotRestored() async throws {
        let blob = try await moved()
        try await store.set(ObjectID("/unlisted/place"), [.setOmap(["h": blob.value])])
        try await store.set(StorageReader.directory(destination.parent), [.removeOmap(["g"])])
        try await waitAndLook()
        #expect(try await driver.reader.entry(destination) == nil)
    }

    @Test func aFileDeletedAfterTheMoveIsNotRestored() async throws {
        _ = try await moved()
        try await driver.delete(destination)
        try await waitAndLook()
        #expect(try await driver.reader.entry(destination) == nil)
        #expect(try await driver.reader.list(.root).isEmpty)
    }

    @Test func aFileMovedAgainStaysThere() async throws {
        _ = try await moved()
        let third = try path("/third/h")
        try await driver.move(destination, to: third)
        try await waitAndLook()
        #expect(try await driver.reader.entry(destination) == nil)
        #expect(try await driver.reader.content(third) == pattern(2500))
    }

    @Test func anEntryOfTheOldDriverInAPrunedDirectoryIsListed() async throws {
        try await driver.putContent(source, [1])
        try await driver.delete(source)
        // The old driver has looked at the parent earlier, and found the directory listed.
        let late = BlobIdentifier.random()
        try await store.set(StorageReader.directory(source.parent), [.setOmap(["late": late.value])])
        try await waitAndLook()
        #expect(try await driver.reader.list(source.parent).map(\.name) == ["late"])
        #expect(try await driver.reader.list(path("/r")).map(\.name) == ["a"])
    }

    @Test func withoutADelayTheLastLookIsImmediate() async throws {
        _ = try await moved()
        #expect(try await store.driver().recover().allSatisfy { $0.outcome == .checked })
        #expect(try await store.reader.read(.stat, of: Journal.object) == nil)
    }

    // MARK: - A holder that stalls and wakes up

    /// A driver of another owner, which takes every change for interrupted.
    private var impatient: StorageDriver {
        let far = ChangeOwner(host: "far", process: 1, started: "1", space: "another boot")
        return store.driver(policy: clock.policy(delay: 100, owner: far, lease: 0))
    }

    /// Before each operation of a move another regtop takes the move back. Then the mover goes on,
    /// or dies after `survives` more operations. After the delay the file is whole, at one path.
    @Test(arguments: [Int.max, 0, 1, 2, 3, 5, 8])
    func aMoverThatIsTakenForDeadLosesNothing(_ survives: Int) async throws {
        var number = 1
        while true {
            let test = try DeferredTests()
            try await test.driver.putContent(test.source, pattern(2500))
            let recording = RecordingStore(test.store)
            recording.before { [number] step in
                if step.number == number { _ = try? await test.impatient.recover() }
            }
            recording.inject { [number] step in
                step.number > number && step.number - number > survives ? .unknownNotApplied(.dead) : nil
            }
            let mover = StorageDriver(
                reader: StorageReader(objects: recording.reader, chunkSize: 1024), writer: recording.writer,
                policy: test.clock.policy(
                    delay: 100, owner: ChangeOwner(host: "slow", process: 2, started: "2", space: "third boot"),
                    lease: 0))
            _ = try? await mover.move(test.source, to: test.destination)
            if recording.count < number { break }
            for _ in 0..<4 {
                test.clock.advance(by: 101)
                _ = try await test.impatient.recover()
            }
            let census = try await PoolCensus(test.store.driver().reader)
            let what = "step \(number), survives \(survives)"
            #expect(census.files.count == 1, "\(what): \(census.files)")
            #expect(census.contents.values.map(\.self) == [pattern(2500)], "\(what)")
            #expect(census.unlisted.isEmpty && census.dangling.isEmpty, "\(what)")
            #expect(try await test.store.reader.read(.stat, of: Journal.object) == nil, "\(what)")
            number += 1
        }
        #expect(number > 20)
    }
}
