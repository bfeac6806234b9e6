@testable import ObjectStore
import Synchronization

/// Wraps a store: records every operation, makes chosen operations fail, delays one, and counts the
/// operations in flight.
///
///     let store = try RecordingStore(.inMemory())
///     store.inject { $0.write == 3 ? .unknownApplied(timeout) : nil }
///     store.before { step in await gate.wait() }
final class RecordingStore: Sendable {
    /// An operation of the store.
    enum Operation: Hashable, Sendable {
        case read(ReadOperation, ObjectID)
        case write(WriteOperation, ObjectID)
        case enumerate(NamespaceScope)
        /// One page of an enumeration.
        case page(NamespaceScope)
        case placement(ObjectID)
        case status

        /// The object of the operation; nil for an operation on the whole store.
        var object: ObjectID? {
            switch self {
            case .read(_, let object), .write(_, let object), .placement(let object): object
            case .enumerate, .page, .status: nil
            }
        }

        var isWrite: Bool {
            if case .write = self { true } else { false }
        }
    }

    /// An operation with its number, from 1, among all operations that have begun, and for a write
    /// also its number among the writes (otherwise 0).
    struct Step: Sendable {
        let number: Int
        let write: Int
        let operation: Operation
    }

    /// The failure of an operation.
    enum Fault: Sendable {
        /// The operation is not executed, and fails.
        case failed(StoreError)
        /// A write is executed and reported as unknown; a read fails.
        case unknownApplied(StoreError)
        /// A write is not executed and is reported as unknown; a read fails.
        case unknownNotApplied(StoreError)
        /// A write is not executed and is reported as applied; a read is executed.
        case swallowed

        /// The error of a read; nil if the read is executed.
        var error: StoreError? {
            switch self {
            case .failed(let error), .unknownApplied(let error), .unknownNotApplied(let error): error
            case .swallowed: nil
            }
        }
    }

    typealias Hook = @Sendable (Step) async -> Void

    private struct State {
        var steps: [Step] = []
        var writes = 0
        var inFlight = 0
        var mostInFlight = 0
        var fault: @Sendable (Step) -> Fault? = { _ in nil }
        var before: Hook = { _ in }
        var after: Hook = { _ in }
    }

    private let base: StoreUnderTest
    private let state = Mutex(State())

    init(_ base: StoreUnderTest) {
        self.base = base
    }

    convenience init(reader: any ObjectReader, writer: any ObjectWriter) {
        self.init(StoreUnderTest(.sqliteMemory, reader: reader, writer: writer))
    }

    /// The reader and the writer; tests use them in place of the store's own.
    var reader: any ObjectReader { Reader(store: self) }
    var writer: any ObjectWriter { Writer(store: self) }

    /// The reader and the writer as a store under test.
    var underTest: StoreUnderTest { StoreUnderTest(base.kind, reader: reader, writer: writer) }

    /// All operations, in the order in which they began.
    var operations: [Operation] { state.withLock { $0.steps.map(\.operation) } }

    var writes: [Operation] { operations.filter(\.isWrite) }

    /// The number of writes that have begun.
    var writeCount: Int { state.withLock { $0.writes } }

    /// The number of operations that have begun, reads and writes.
    var count: Int { state.withLock { $0.steps.count } }

    /// The largest number of operations that were in flight at once.
    var mostInFlight: Int { state.withLock { $0.mostInFlight } }

    /// Forgets the recorded operations; numbers begin at 1 again. Hooks and faults stay.
    func reset() {
        state.withLock { state in
            state.steps = []
            state.writes = 0
            state.mostInFlight = state.inFlight
        }
    }

    /// Calls `fault` before each operation; the operation fails if the result is not nil.
    func inject(_ fault: @escaping @Sendable (Step) -> Fault?) {
        state.withLock { $0.fault = fault }
    }

    /// The process dies before a write: the write is not executed, and every later operation fails.
    /// A death after the write before, or at a read between them, leaves the same store. So a test
    /// that dies before each write in turn sees every state.
    func die(before write: Int) {
        let isDead = Mutex(false)
        inject { step in
            isDead.withLock { isDead in
                isDead = isDead || step.write >= write
                return isDead ? .unknownNotApplied(.dead) : nil
            }
        }
    }

    /// Answers writes as applied and does not execute them.
    func swallowWrites() {
        inject { $0.operation.isWrite ? .swallowed : nil }
    }

    /// Calls the hook before each operation is executed; while the hook waits, the operation is in
    /// flight.
    func before(_ hook: @escaping Hook) {
        state.withLock { $0.before = hook }
    }

    /// Calls the hook after each operation, before the answer is returned.
    func after(_ hook: @escaping Hook) {
        state.withLock { $0.after = hook }
    }

    private func run<Value: Sendable>(
        _ operation: Operation, _ body: @Sendable (Fault?) async -> Value
    ) async -> Value {
        let (step, fault, before, after) = state.withLock { state in
            if operation.isWrite { state.writes += 1 }
            let step = Step(
                number: state.steps.count + 1, write: operation.isWrite ? state.writes : 0, operation: operation)
            state.steps.append(step)
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            return (step, state.fault(step), state.before, state.after)
        }
        await before(step)
        let value = await body(fault)
        await after(step)
        state.withLock { $0.inFlight -= 1 }
        return value
    }

    private func read<Value: Sendable>(
        _ operation: Operation, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await run(operation) { fault in
            await Result<Value, any Error>.of {
                if let error = fault?.error { throw error }
                return try await body()
            }
        }.get()
    }

    private struct Reader: ObjectReader {
        let store: RecordingStore

        func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
            try await store.read(.read(operation, object)) { try await store.base.reader.read(operation, of: object) }
        }

        func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
            try await store.read(.enumerate(scope)) {
                try await store.base.reader.enumerate(scope, slices: slices).map { cursor in
                    ObjectCursor { try await store.read(.page(scope)) { try await cursor.next() } }
                }
            }
        }

        func placement(of object: ObjectID) async throws -> Placement? {
            try await store.read(.placement(object)) { try await store.base.reader.placement(of: object) }
        }

        func status() async throws -> StoreStatus {
            try await store.read(.status) { try await store.base.reader.status() }
        }

        var load: StoreLoad { store.base.reader.load }
    }

    private struct Writer: ObjectWriter {
        let store: RecordingStore

        func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
            await store.run(.write(operation, object)) { fault in
                switch fault {
                case nil:
                    return await store.base.writer.apply(operation, to: object)
                case .failed(let error):
                    return .failed(error)
                case .unknownNotApplied(let error):
                    return .unknown(error)
                case .swallowed:
                    return .applied
                case .unknownApplied(let error):
                    let outcome = await store.base.writer.apply(operation, to: object)
                    return outcome == .applied ? .unknown(error) : outcome
                }
            }
        }
    }
}

extension Result where Failure == any Error {
    fileprivate static func of(_ body: () async throws -> Success) async -> Self {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
