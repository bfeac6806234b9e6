import Foundation
import Synchronization

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SQLiteStore
@testable import StorageDriver

/// A clock that a test sets.
final class TestClock: Sendable {
    private let moment: Mutex<Date>

    init(at date: Date = Date(timeIntervalSince1970: 1_800_000_000)) {
        moment = Mutex(date)
    }

    func advance(by seconds: TimeInterval) {
        moment.withLock { $0.addTimeInterval(seconds) }
    }

    var now: Date { moment.withLock(\.self) }

    /// The same clock as the type that the code under test takes.
    var wall: WallClock { WallClock { [self] in now } }

    func policy(delay: TimeInterval, owner: ChangeOwner = .current, lease: TimeInterval = 60) -> JournalPolicy {
        JournalPolicy(delay: delay, owner: owner, lease: lease, clock: wall)
    }
}

extension WallClock {
    /// The clock of all tests that have no `TestClock`: a morning in November 2026, seven weeks
    /// before a `TestClock`. Each reading is a millisecond later than the last one, so that entries
    /// of the log have an order.
    static let test: WallClock = {
        let readings = Counter()
        return WallClock { Date(timeIntervalSince1970: 1_795_800_000 + Double(readings.add(1)) / 1000) }
    }()
}

// Shorter forms for tests that do not depend on dates: they use `WallClock.test`.

extension SQLiteStore {
    static func inMemory() throws -> SQLiteStore { try inMemory(clock: .test) }

    static func open(path: String, create: Bool = false) async throws -> SQLiteStore {
        try await open(path: path, create: create, clock: .test)
    }
}

extension JournalPolicy {
    init(delay: TimeInterval, owner: ChangeOwner = .current) {
        self.init(delay: delay, owner: owner, clock: .test)
    }
}

extension StorageDriver {
    init(
        reader: StorageReader, writer: any ObjectWriter, modified: Date? = nil,
        makeIdentifier: @escaping @Sendable (StoragePath) -> BlobIdentifier = { _ in .random() }
    ) {
        self.init(
            reader: reader, writer: writer, modified: modified,
            policy: JournalPolicy(delay: JournalPolicy.usualDelay), makeIdentifier: makeIdentifier)
    }
}

extension StorageReader {
    func pendingChanges() async throws -> [PendingChange] {
        try await pendingChanges(policy: JournalPolicy(delay: JournalPolicy.usualDelay))
    }
}

extension ChangePlanner {
    init(registry: RegistryReader) {
        self.init(registry: registry, policy: JournalPolicy(delay: JournalPolicy.usualDelay))
    }
}

extension FsckOptions {
    init() { self.init(clock: .test) }
}

extension Fsck {
    init(registry: RegistryReader) { self.init(registry: registry, options: FsckOptions()) }
}
