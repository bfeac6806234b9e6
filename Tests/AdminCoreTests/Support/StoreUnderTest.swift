@testable import ObjectStore
@testable import SQLiteStore
import Foundation
import Testing

/// A store of any kind, empty at first, that a test may fill.
struct StoreUnderTest: Sendable {
    let kind: StoreKind
    let reader: any ObjectReader
    let writer: any ObjectWriter
    /// The clock that dates changes: the tests' clock, or the system's clock for a cluster, which
    /// uses its own.
    let clock: WallClock
    private let dispose: @Sendable () async -> Void

    init(
        _ kind: StoreKind, reader: any ObjectReader, writer: any ObjectWriter,
        dispose: @escaping @Sendable () async -> Void = {}
    ) {
        self.kind = kind
        self.reader = reader
        self.writer = writer
        clock = kind.clock
        self.dispose = dispose
    }

    /// An empty store in memory.
    static func inMemory() throws -> StoreUnderTest {
        let store = try SQLiteStore.inMemory()
        return StoreUnderTest(.sqliteMemory, reader: store.reader, writer: store.writer)
    }

    /// An empty store for tests of thousands of rounds: plain dictionaries, which pass the stores'
    /// conformance suite at a quarter of the cost; SQLite in the long variant.
    static func quick() throws -> StoreUnderTest {
        LongVariants.areOn ? try inMemory() : MemoryStore().underTest
    }

    /// Runs `body` on an empty store of a kind, and disposes of the store afterwards.
    static func with<Value: Sendable>(
        _ kind: StoreKind, _ body: @Sendable (StoreUnderTest) async throws -> Value
    ) async throws -> Value {
        let store = try await kind.makeEmpty()
        do {
            let value = try await body(store)
            await store.dispose()
            return value
        } catch {
            await store.dispose()
            throw error
        }
    }
}

extension StoreUnderTest {
    /// Leaves the store without any object. (An enumeration may miss objects that are created
    /// during it, so the last enumeration has to find none.)
    func removeEverything() async throws {
        while true {
            let found = try await objects(slices: 4)
            if found.isEmpty { return }
            await withTaskGroup(of: Void.self) { group in
                for object in found { group.addTask { _ = await writer.apply(WriteOperation([.remove]), to: object) } }
            }
        }
    }
}

/// Everything about an object that fits into one operation.
extension ReadOperation {
    static let everything = ReadOperation(
        omap: .page(after: nil, limit: ReadOperation.largestPage), xattrs: true, data: 0..<(1 << 20))
}

extension StoreUnderTest {
    /// Executes mutations under guards.
    func change(
        _ object: ObjectID, _ mutations: [WriteOperation.Mutation], where guards: [WriteOperation.Guard] = []
    ) async -> WriteOutcome {
        await writer.apply(WriteOperation(guards: guards, mutations), to: object)
    }

    /// Executes mutations under guards; the test fails and ends unless they are applied.
    func set(
        _ object: ObjectID, _ mutations: [WriteOperation.Mutation], where guards: [WriteOperation.Guard] = [],
        modified: Date? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let outcome = await writer.apply(
            WriteOperation(guards: guards, mutations, modified: modified), to: object)
        try #require(outcome == .applied, sourceLocation: sourceLocation)
    }

    /// Returns the state of an object; the test fails and ends if the object does not exist.
    func state(
        _ object: ObjectID, _ operation: ReadOperation = .everything, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ObjectState {
        try #require(try await reader.read(operation, of: object), sourceLocation: sourceLocation)
    }

    /// Expects that a guard refuses the mutations, and that the object does not change.
    func expectRefusal(
        _ object: ObjectID, _ mutations: [WriteOperation.Mutation], where guards: [WriteOperation.Guard] = [],
        by expected: WriteOperation.Guard, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await reader.read(.everything, of: object)
        let outcome = await change(object, mutations, where: guards)
        #expect(outcome == .refused(expected), sourceLocation: sourceLocation)
        let after = try await reader.read(.everything, of: object)
        #expect(before == after, "a refused operation changes nothing", sourceLocation: sourceLocation)
    }

    /// Expects that the mutations fail as invalid, and that the object does not change.
    func expectInvalid(
        _ object: ObjectID, _ mutations: [WriteOperation.Mutation], where guards: [WriteOperation.Guard] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let before = try? await reader.read(.everything, of: object)
        let outcome = await change(object, mutations, where: guards)
        guard case .failed(let error) = outcome else {
            Issue.record("expected a failure, got \(outcome)", sourceLocation: sourceLocation)
            return
        }
        #expect(error.kind == .invalid, sourceLocation: sourceLocation)
        let after = try? await reader.read(.everything, of: object)
        #expect(before == after, "an invalid operation changes nothing", sourceLocation: sourceLocation)
    }

    /// Expects that a read fails as invalid.
    func expectInvalidRead(
        _ operation: ReadOperation, of object: ObjectID, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        do {
            _ = try await reader.read(operation, of: object)
            Issue.record("expected a failure", sourceLocation: sourceLocation)
        } catch {
            #expect((error as? StoreError)?.kind == .invalid, sourceLocation: sourceLocation)
        }
    }

    /// All objects of a scope, in the order of the enumeration.
    func objects(_ scope: NamespaceScope = .all, slices: Int = 1) async throws -> [ObjectID] {
        var found: [ObjectID] = []
        for cursor in try await reader.enumerate(scope, slices: slices) {
            while let page = try await cursor.next() {
                found += page
            }
        }
        return found
    }
}
