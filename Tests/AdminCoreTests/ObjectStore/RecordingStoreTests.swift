@testable import ObjectStore
import Testing

/// The recording store, which other tests depend on.
@Suite struct RecordingStoreTests {
    private let object = ObjectID("/a")
    private let timeout = StoreError(.timedOut, operation: "write", reason: "nobody answered")

    @Test func recordsReadsAndWritesInOrder() async throws {
        let store = RecordingStore(try .inMemory())
        let change = WriteOperation([.create])
        _ = await store.writer.apply(change, to: object)
        _ = try await store.reader.read(.stat, of: object)
        _ = try await store.underTest.objects()
        #expect(
            store.operations == [
                .write(change, object), .read(.stat, object), .enumerate(.all), .page(.all), .page(.all),
            ])
        #expect(store.writeCount == 1 && store.count == 5)
        store.reset()
        #expect(store.operations.isEmpty && store.writeCount == 0)
    }

    @Test func injectsFaultsBeforeAndAfterAChange() async throws {
        let store = RecordingStore(try .inMemory())
        store.inject { [timeout] step in
            switch step.write {
            case 1: .failed(timeout)
            case 2: .unknownNotApplied(timeout)
            case 3: .unknownApplied(timeout)
            default: nil
            }
        }
        let change = WriteOperation(guards: [.doesNotExist], [.create])
        #expect(await store.writer.apply(change, to: object) == .failed(timeout))
        #expect(await store.writer.apply(change, to: object) == .unknown(timeout))
        #expect(try await store.reader.read(.stat, of: object) == nil)
        #expect(await store.writer.apply(change, to: object) == .unknown(timeout))
        #expect(try await store.reader.read(.stat, of: object) != nil)
        #expect(await store.writer.apply(change, to: object) == .refused(.doesNotExist))
    }

    @Test func hooksRunBetweenOperations() async throws {
        let base = try StoreUnderTest.inMemory()
        let store = RecordingStore(base)
        store.before { [object] step in
            if step.operation.isWrite { try? await base.set(object, [.create]) }
        }
        let change = WriteOperation(guards: [.doesNotExist], [.create])
        #expect(await store.writer.apply(change, to: object) == .refused(.doesNotExist))
        #expect(store.mostInFlight == 1)
    }
}
