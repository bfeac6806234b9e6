import Synchronization

@testable import ObjectStore
@testable import StorageDriver

extension Encounter {
    /// The error that each side threw.
    typealias Failures = (ours: (any Error)?, theirs: (any Error)?)

    /// Runs both sides on a store that holds the tree, operation by operation, in the order that
    /// `orders` decides. Returns nil if the order was given up.
    func meet(on store: StoreUnderTest, in orders: inout some TurnOrder) async -> Failures? {
        let failures = Mutex<Failures>((nil, nil))
        let isWhole = await Turns.play(
            on: store, in: &orders,
            [
                { mine in
                    let error = await failure { try await ours.act(driver(mine, mine)) }
                    failures.withLock { $0.ours = error }
                },
                { others in
                    let error = await failure { try await theirs.act(OldDriver(reader: others, writer: others)) }
                    failures.withLock { $0.theirs = error }
                },
            ])
        return isWhole ? failures.withLock(\.self) : nil
    }

    /// Runs both sides on a store that holds the tree, concurrently and as fast as they can.
    func race(on store: StoreUnderTest) async -> Failures {
        async let first = failure { try await ours.act(driver(store.reader, store.writer)) }
        async let second = failure { try await theirs.act(OldDriver(reader: store.reader, writer: store.writer)) }
        return (await first, await second)
    }

    private func driver(_ reader: any ObjectReader, _ writer: any ObjectWriter) -> StorageDriver {
        StorageDriver(reader: StorageReader(objects: reader, chunkSize: 1024), writer: writer)
    }

    private func failure(_ body: @Sendable () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}
