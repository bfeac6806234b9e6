@testable import AdminCore

extension Encounter {
    /// What each side threw.
    typealias Failures = (ours: (any Error)?, theirs: (any Error)?)

    /// Both sides act on a store that holds the tree, operation by operation in the order that is decided. nil if it was given up.
    func meet(on store: StoreUnderTest, in orders: inout some TurnOrder) async -> Failures? {
        let turns = Turns()
        let (mine, others) = (
            TurnStore(store: store, turns: turns, side: 0), TurnStore(store: store, turns: turns, side: 1)
        )
        async let first = failure {
            try await ours.act(driver(mine, mine))
        } then: {
            await turns.end(0)
        }
        async let second = failure {
            try await theirs.act(OldDriver(reader: others, writer: others))
        } then: {
            await turns.end(1)
        }
        var isGivenUp = false
        while let wishes = await turns.next() {
            if let side = orders.decide(wishes) {
                await turns.grant(side)
            } else {
                isGivenUp = true
                await turns.giveUp()
            }
        }
        let failures = (await first, await second)
        return isGivenUp ? nil : failures
    }

    /// Both sides act on a store that holds the tree, at once and as fast as they can.
    func race(on store: StoreUnderTest) async -> Failures {
        async let first = failure { try await ours.act(driver(store.reader, store.writer)) }
        async let second = failure { try await theirs.act(OldDriver(reader: store.reader, writer: store.writer)) }
        return (await first, await second)
    }

    private func driver(_ reader: any ObjectReader, _ writer: any ObjectWriter) -> StorageDriver {
        StorageDriver(reader: StorageReader(objects: reader, chunkSize: 1024), writer: writer)
    }

    private func failure(
        _ body: @Sendable () async throws -> Void, then end: @Sendable () async -> Void = {}
    ) async -> (any Error)? {
        do {
            try await body()
            await end()
            return nil
        } catch {
            await end()
            return error
        }
    }
}
