import Foundation
import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// Tests that collect in a small registry, under a clock that they set.
protocol CollectionSuite {
    var world: CollectionWorld { get }
}

/// A pool in memory with a registry, and the clock for its changes.
struct CollectionWorld {
    let fixture: ChangeFixture
    let clock = TestClock()
    let store: StoreUnderTest

    init() throws {
        store = try StoreUnderTest.inMemory()
        fixture = ChangeFixture(store, policy: clock.policy(delay: 0))
    }
}

extension CollectionSuite {
    static var day: TimeInterval { 86_400 }
    static var free: CollectionOptions { CollectionOptions(maxShare: 100, caches: .flushed) }

    var fixture: ChangeFixture { world.fixture }
    var clock: TestClock { world.clock }
    var store: StoreUnderTest { world.store }
    var paths: RegistryPaths { fixture.registry.paths }

    func plan(_ options: CollectionOptions = free) async throws -> CollectionPlan {
        try await fixture.admin.collection(options)
    }

    @discardableResult
    func run(_ options: CollectionOptions = free) async throws -> CollectionPlan {
        let plan = try await plan(options)
        for result in await fixture.admin.apply(plan) where result.outcome != .done {
            Issue.record("\(result)")
        }
        return plan
    }

    func blob(_ content: [UInt8]) async throws -> StoragePath {
        let path = paths.blob(.sha256(of: content))
        try await fixture.driver.putContent(path, content)
        return path
    }

    func isThere(_ path: StoragePath) async throws -> Bool {
        try await fixture.driver.reader.entry(path) != nil
    }

    var quarantined: Int {
        get async throws {
            try await fixture.driver.reader.holdings(in: paths.quarantine).reduce(0) { $0 + $1.entries.count }
        }
    }
}
