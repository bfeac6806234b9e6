import Synchronization
import Testing

@testable import ObjectStore

@Suite("Memo") struct MemoTests {
    private final class Calls: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() -> Int {
            value.withLock {
                $0 += 1; return $0
            }
        }
    }

    @Test("a question is answered once, for all who ask")
    func once() async throws {
        let calls = Calls()
        let memo = Memo<Int, Int> { key in
            _ = calls.add()
            await Task.yield()
            return key * 2
        }
        let answers = try await concurrentMap(0..<1000, window: 1000) { try await memo($0 % 10) }
        #expect(answers == (0..<1000).map { $0 % 10 * 2 })
        #expect(calls.count == 10)
    }

    @Test("a memo with a limit forgets what nobody asks for, and keeps what is asked for often")
    func limit() async throws {
        let asked = Mutex<[Int: Int]>([:])
        let memo = Memo<Int, Int>(limit: 100) { key in
            asked.withLock { $0[key, default: 0] += 1 }
            return key
        }
        for key in 0..<1000 {
            #expect(try await memo(key) == key)
            #expect(try await memo(key - key % 10) == key - key % 10)
            #expect(try await memo(-1) == -1)
        }
        #expect(asked.withLock { $0.values.allSatisfy { $0 == 1 } })
        for key in 950..<1000 { #expect(try await memo(key) == key) }
        #expect(asked.withLock { $0.values.allSatisfy { $0 == 1 } }, "the last half of the limit is remembered")
        for key in 0..<900 { #expect(try await memo(key) == key) }
        #expect(asked.withLock { asked in (0..<900).allSatisfy { asked[$0] == 2 } }, "the others are forgotten")
    }

    @Test("an error is remembered")
    func error() async {
        let calls = Calls()
        let memo = Memo<Int, Int> { _ in
            _ = calls.add()
            throw StoreError(.timedOut, operation: "read", reason: "x")
        }
        for _ in 0..<3 { await #expect(throws: StoreError.self) { try await memo(1) } }
        #expect(calls.count == 1)
    }

    @Test("when the one who finds the answer is cancelled, the next one who waits takes over")
    func takeOver() async throws {
        let calls = Calls()
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let memo = Memo<Int, Int> { key in
            if calls.add() > 1 { return key }
            enter.yield()
            // Ends only when the task is cancelled.
            for await _ in AsyncStream<Void>(unfolding: { try? await Task.sleep(for: .seconds(3600)) }) {}
            throw StoreError(.cancelled, operation: "read", reason: "x")
        }
        let first = Task { try await memo(1) }
        var iterator = entered.makeAsyncIterator()
        await iterator.next()
        let second = Task { try await memo(1) }
        first.cancel()
        await #expect(throws: StoreError.self) { try await first.value }
        #expect(try await second.value == 1)
        #expect(try await memo(1) == 1)
        #expect(calls.count == 2)
    }

    @Test("who is cancelled while waiting does not wait any longer, and the answer still comes")
    func cancelledWaiter() async throws {
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let memo = Memo<Int, Int> { key in
            try Task.checkCancellation()
            enter.yield()
            for await _ in gate { break }
            return key
        }
        let first = Task { try await memo(1) }
        var iterator = entered.makeAsyncIterator()
        await iterator.next()
        let second = Task { try await memo(1) }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        open.yield()
        #expect(try await first.value == 1)
    }
}
