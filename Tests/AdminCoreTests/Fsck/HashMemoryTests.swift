import Foundation
import Synchronization
import Testing

@testable import Inspection
@testable import ObjectStore
@testable import SampleRegistry
@testable import StorageDriver

/// A deep run continues a stopped one: it hashes a blob again only if the blob has changed since it
/// was found sound.
@Suite struct HashMemoryTests {
    @Test func soundBlobsAreNotHashedAgain() async throws {
        let fixture = try await FsckFixture(.inMemory())
        let whole = await deep(fixture, nil)
        #expect(whole.checked.hashed > 5 && whole.checked.taken == 0)

        // The run is stopped after the third blob.
        let memory = TestMemory()
        let (start, go) = AsyncStream<Void>.makeStream()
        let task = Task {
            for await _ in start { break }
            return await deep(fixture, memory)
        }
        memory.stop(after: 3) { task.cancel() }
        go.yield()
        let first = await task.value
        #expect(first.isCancelled && !first.isComplete)
        #expect(first.checked.hashed >= 3 && first.checked.hashed < whole.checked.hashed)
        #expect(memory.blobs.count == first.checked.hashed)

        memory.goOn()
        let second = await deep(fixture, memory)
        #expect(second.isComplete && second.problems == [])
        #expect(second.checked.taken == first.checked.hashed)
        #expect(second.checked.hashed + first.checked.hashed == whole.checked.hashed, "nothing twice")
        #expect(memory.told == [0, second.checked.taken])
        let bytes = second.checked.bytes + memory.bytesTaken
        #expect(bytes == whole.checked.bytes)
        #expect(memory.blobs.count == whole.checked.hashed)
    }

    @Test func changedBlobsAreHashedAgain() async throws {
        let fixture = try await FsckFixture(.inMemory())
        let memory = TestMemory()
        let whole = await deep(fixture, memory)
        let path = fixture.blob(FsckFixture.layer)
        let blob = try await fixture.storage.blob(path)
        // Only the date of a chunk changes, which is not the first one.
        let chunk = try await fixture.store.state(blob.chunk(1)).data
        let day = FsckFixture.pushed.date.addingTimeInterval(86_400)
        try await fixture.store.set(blob.chunk(1), [.writeFull(chunk)], modified: day)
        let dated = await deep(fixture, memory)
        #expect(dated.checked.hashed == 1 && dated.checked.taken == whole.checked.hashed - 1)
        // The content changes.
        try await fixture.store.set(
            blob.chunk(2), [.write([1, 2, 3], at: 0)], modified: day.addingTimeInterval(86_400))
        for _ in 0..<2 {
            let altered = await deep(fixture, memory)
            #expect(altered.problems.map(\.kind) == [.digestMismatch], "what is wrong is never remembered")
            #expect(altered.checked.hashed == 1)
        }
    }

    /// Dates are whole seconds of other machines' clocks: a blob that was just written may be
    /// written again in the same second.
    @Test func youngBlobsAreNotRemembered() async throws {
        let fixture = try await FsckFixture(.inMemory())
        let young = SampleBlob("pushed just now")
        try await fixture.driver.putContent(fixture.blob(young), young.content)
        let blob = try await fixture.storage.blob(fixture.blob(young))
        let written = try await fixture.store.state(blob.chunk(0)).modified
        let memory = TestMemory()
        let report = await deep(fixture, memory, clock: .stopped(at: written))
        #expect(memory.blobs.count == report.checked.hashed - 1)
        #expect(memory.blobs.allSatisfy { $0.digest != young.digest })
    }

    private func deep(
        _ fixture: FsckFixture, _ memory: TestMemory?, clock: WallClock? = nil
    ) async -> FsckReport {
        var options = FsckOptions()
        options.clock = clock ?? options.clock
        options.deep = true
        options.memory = memory
        return await Fsck(registry: fixture.registry, options: options).run()
    }
}

/// Remembers blobs, and can stop the run that uses it.
private final class TestMemory: HashMemory {
    private struct State {
        var blobs: Set<HashedBlob> = []
        var told: [Int] = []
        var bytes: UInt64 = 0
        var stop: (count: Int, body: @Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Calls `body` when `count` blobs are known, and again for each further blob.
    func stop(after count: Int, _ body: @escaping @Sendable () -> Void) { state.withLock { $0.stop = (count, body) } }

    var blobs: Set<HashedBlob> { state.withLock { $0.blobs } }
    var told: [Int] { state.withLock { $0.told } }
    var bytesTaken: UInt64 { state.withLock { $0.bytes } }

    func goOn() { state.withLock { $0.stop = nil } }

    func knows(_ blob: HashedBlob) -> Bool { state.withLock { $0.blobs.contains(blob) } }

    func takes(_ blobs: Int, bytes: UInt64) {
        state.withLock {
            $0.told.append(blobs)
            $0.bytes += bytes
        }
    }

    func remember(_ blob: HashedBlob) {
        let stop = state.withLock { state -> (@Sendable () -> Void)? in
            state.blobs.insert(blob)
            guard let stop = state.stop, state.blobs.count >= stop.count else { return nil }
            return stop.body
        }
        stop?()
    }
}
