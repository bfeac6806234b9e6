@testable import AdminCore

/// Lets two sides use one store in turns: each operation waits until it is granted, and only one is executed at a time. A decision is made
/// when both sides either wait or have ended, so the order of everything is what the one who grants says, whatever the threads do.
actor Turns {
    /// What a side wants to do: on which object, and whether it changes it.
    struct Wish: Hashable, Sendable {
        let object: ObjectID
        let isWrite: Bool

        /// Whether the order of two operations makes no difference to anybody.
        func commutes(with other: Wish) -> Bool {
            object != other.object || !(isWrite || other.isWrite)
        }
    }

    private var waiting: [[(wish: Wish, resume: CheckedContinuation<Bool, Never>)]] = [[], []]
    private var hasEnded = [false, false]
    private var isExecuting = false
    private var isGivenUp = false
    private var controller: CheckedContinuation<Void, Never>?

    /// An operation of a side is about to be executed; returns when it is its turn. False: it is not to be executed.
    func arrive(_ side: Int, _ wish: Wish) async -> Bool {
        if isGivenUp { return false }
        return await withCheckedContinuation { resume in
            waiting[side].append((wish, resume))
            wake()
        }
    }

    /// The operation that was granted last has been executed.
    func done() {
        isExecuting = false
        wake()
    }

    /// A side has come to its end.
    func end(_ side: Int) {
        hasEnded[side] = true
        wake()
    }

    /// What each side waits for, as soon as both wait or have ended (then nil); nil when both have ended.
    func next() async -> [Wish?]? {
        while isExecuting || (0..<2).contains(where: { !hasEnded[$0] && waiting[$0].isEmpty }) {
            await withCheckedContinuation { controller = $0 }
        }
        return hasEnded[0] && hasEnded[1] ? nil : (0..<2).map { waiting[$0].first?.wish }
    }

    /// It is the turn of a side that waits.
    func grant(_ side: Int) {
        isExecuting = true
        waiting[side].removeFirst().resume.resume(returning: true)
    }

    /// Nothing is executed any more, so that both sides come to their ends.
    func giveUp() {
        isGivenUp = true
        for waiter in waiting.joined() { waiter.resume.resume(returning: false) }
        waiting = [[], []]
    }

    private func wake() {
        controller?.resume()
        controller = nil
    }
}

/// One side's view of a store that is used in turns. It lets one operation through at a time.
struct TurnStore: ObjectReader, ObjectWriter {
    let store: StoreUnderTest
    let turns: Turns
    let side: Int

    private func turn<Value: Sendable>(
        _ object: ObjectID, isWrite: Bool, givenUp: Value, _ body: () async -> Value
    ) async -> Value {
        guard await turns.arrive(side, Turns.Wish(object: object, isWrite: isWrite)) else { return givenUp }
        let value = await body()
        await turns.done()
        return value
    }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        try await turn(object, isWrite: false, givenUp: Result<ObjectState?, any Error>.failure(StoreError.dead)) {
            do {
                return .success(try await store.reader.read(operation, of: object))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        await turn(object, isWrite: true, givenUp: .failed(.dead)) { await store.writer.apply(operation, to: object) }
    }

    /// At once, in the turn before: what is created meanwhile may or may not be met by an enumeration anyway.
    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await store.reader.enumerate(scope, slices: slices)
    }

    func placement(of object: ObjectID) async throws -> Placement? { nil }

    func status() async throws -> StoreStatus { StoreStatus(backend: .sqlite, name: "in turns") }

    var load: StoreLoad { StoreLoad(limit: 1) }
}
