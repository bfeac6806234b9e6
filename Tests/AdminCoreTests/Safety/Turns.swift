import Synchronization

@testable import ObjectStore

/// Lets several sides, usually two, use one store in turns: each operation waits until it is
/// granted, and only one operation is executed at a time. A decision is made only when each side
/// waits or has ended, so the caller of `grant` alone decides the order, whatever the threads do.
actor Turns {
    /// The next operation of a side: its object, and whether it changes the object.
    struct Wish: Hashable, Sendable {
        /// The object; nil if the operation lists all objects.
        let object: ObjectID?
        let isWrite: Bool
        /// True if the operation creates or removes the object.
        var isListed = false

        /// Returns true if the order of the two operations makes no difference.
        func commutes(with other: Wish) -> Bool {
            guard object != nil, other.object != nil else { return !(isListed || other.isListed) }
            return object != other.object || !(isWrite || other.isWrite)
        }
    }

    private var waiting: [[(wish: Wish, resume: CheckedContinuation<Bool, Never>)]]
    private var hasEnded: [Bool]
    private var isExecuting = false
    private var isGivenUp = false
    private var controller: CheckedContinuation<Void, Never>?

    init(sides: Int = 2) {
        waiting = Array(repeating: [], count: sides)
        hasEnded = Array(repeating: false, count: sides)
    }

    /// Runs the sides on a store to their ends, in the order that `orders` decides. Returns false
    /// if the order was given up.
    static func play(
        on store: StoreUnderTest, in orders: inout some TurnOrder,
        _ sides: [@Sendable (TurnStore) async -> Void]
    ) async -> Bool {
        let turns = Turns(sides: sides.count)
        var isGivenUp = false
        await withTaskGroup(of: Void.self) { group in
            for (side, act) in sides.enumerated() {
                group.addTask {
                    await act(TurnStore(store: store, turns: turns, side: side))
                    await turns.end(side)
                }
            }
            while let wishes = await turns.next() {
                // A repeated order may meet one operation more or less, such as a sign of life from
                // the owner of an intent. If the chosen side has no wish then, the order is given
                // up.
                if let side = orders.decide(wishes), wishes[side] != nil {
                    await turns.grant(side)
                } else {
                    isGivenUp = true
                    await turns.giveUp()
                }
            }
        }
        return !isGivenUp
    }

    /// Waits for the turn of an operation of a side. Returns false if the operation must not be
    /// executed.
    func arrive(_ side: Int, _ wish: Wish) async -> Bool {
        if isGivenUp { return false }
        return await withCheckedContinuation { resume in
            waiting[side].append((wish, resume))
            wake()
        }
    }

    /// Reports that the operation that was granted last has been executed.
    func done() {
        isExecuting = false
        wake()
    }

    /// Reports that a side has ended.
    func end(_ side: Int) {
        hasEnded[side] = true
        wake()
    }

    /// Waits until each side waits or has ended. Returns the wish of each side, nil for a side that
    /// has ended; returns nil if all sides have ended.
    func next() async -> [Wish?]? {
        while isExecuting || waiting.indices.contains(where: { !hasEnded[$0] && waiting[$0].isEmpty }) {
            await withCheckedContinuation { controller = $0 }
        }
        return hasEnded.allSatisfy(\.self) ? nil : waiting.map { $0.first?.wish }
    }

    /// Grants the turn to a side that waits.
    func grant(_ side: Int) {
        isExecuting = true
        waiting[side].removeFirst().resume.resume(returning: true)
    }

    /// Refuses all further operations, so that all sides come to their ends.
    func giveUp() {
        isGivenUp = true
        for waiter in waiting.joined() { waiter.resume.resume(returning: false) }
        waiting = waiting.map { _ in [] }
    }

    private func wake() {
        controller?.resume()
        controller = nil
    }
}

/// One side's view of a store that is used in turns. Each operation waits for its turn.
struct TurnStore: ObjectReader, ObjectWriter {
    let store: StoreUnderTest
    let turns: Turns
    let side: Int

    private func turn<Value: Sendable>(
        _ wish: Turns.Wish, givenUp: Value, _ body: () async -> Value
    ) async -> Value {
        guard await turns.arrive(side, wish) else { return givenUp }
        let value = await body()
        await turns.done()
        return value
    }

    /// Executes a read in its turn.
    private func turn<Value: Sendable>(_ object: ObjectID?, _ body: () async throws -> Value) async throws -> Value {
        let wish = Turns.Wish(object: object, isWrite: false)
        return try await turn(wish, givenUp: Result<Value, any Error>.failure(StoreError.dead)) {
            do {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }.get()
    }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        try await turn(object) { try await store.reader.read(operation, of: object) }
    }

    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        // In the meantime only an operation that does not commute with this one anyway can create
        // or remove the object.
        let isThere = try? await store.reader.read(.stat, of: object) != nil
        let isListed = isThere != true || operation.mutations.contains(.remove)
        return await turn(Turns.Wish(object: object, isWrite: true, isListed: isListed), givenUp: .failed(.dead)) {
            await store.writer.apply(operation, to: object)
        }
    }

    /// Each cursor reads all of its pages in one turn.
    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await store.reader.enumerate(scope, slices: slices).map { cursor in
            let isOver = Mutex(false)
            return ObjectCursor {
                let isDone = isOver.withLock { over in
                    defer { over = true }
                    return over
                }
                if isDone { return nil }
                return try await turn(nil) {
                    var all: [ObjectID] = []
                    while let page = try await cursor.next() { all += page }
                    return all
                }
            }
        }
    }

    func placement(of object: ObjectID) async throws -> Placement? { nil }

    func status() async throws -> StoreStatus { StoreStatus(backend: .sqlite, name: "in turns") }

    var load: StoreLoad { StoreLoad(limit: 1) }
}
