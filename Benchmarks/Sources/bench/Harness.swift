import AdminCore
import Glibc

/// Runs comparisons, both sides in turn.
struct Harness: Sendable {
    let store: RadosStore
    let limit: Limit

    /// A driver on the store; `count` counts its operations.
    func driver(_ turn: Turn, _ count: OperationCount? = nil, delay: Double = JournalPolicy.usualDelay) -> StorageDriver
    {
        var (reader, writer): (any ObjectReader, any ObjectWriter) = (store.reader, store.writer)
        if let count {
            reader = CountingReader(base: reader, count: count)
            writer = CountingWriter(base: writer, count: count)
        }
        return StorageDriver(
            reader: StorageReader(objects: reader), writer: writer, policy: JournalPolicy(delay: delay, clock: .system)
        ) { path in
            // As the raw program names them, so that it can take them away.
            Limit.identifier(turn.series, Int(path.name.dropFirst()) ?? 0)
        }
    }

    /// Runs a round that counts operations and warms up, then the timed ones. The two programs take
    /// turns to begin, so that other load of the machine affects both.
    func measure(_ comparison: Comparison, rounds: Int? = nil) async throws -> Measurement {
        let count = OperationCount()
        let before = limit.operations
        var series = UInt32.random(in: 1 << 16..<1 << 31)
        func turn() -> Turn {
            series += 1
            return Turn(series: series)
        }
        var limitOperations = 0
        _ = try await time(comparison, turn()) { turn in
            let prepared = limit.operations
            try await comparison.limit(turn)
            limitOperations = Int(limit.operations - prepared)
        }
        precondition(limit.operations > before)
        _ = try await time(comparison, turn()) { turn in try await comparison.driver(turn, driver(turn, count)) }
        var (limits, drivers): ([Cost], [Cost]) = ([], [])
        for round in 0..<(rounds ?? comparison.rounds) {
            for side in [round % 2, 1 - round % 2] {
                if side == 0 {
                    limits.append(try await time(comparison, turn()) { try await comparison.limit($0) })
                } else {
                    drivers.append(
                        try await time(comparison, turn()) { turn in
                            try await comparison.driver(turn, driver(turn))
                        })
                }
            }
        }
        return Measurement(
            name: comparison.name, limit: limits, driver: drivers, limitOperations: limitOperations,
            driverOperations: count.value)
    }

    private func time(_ comparison: Comparison, _ turn: Turn, _ body: (Turn) async throws -> Void) async throws
        -> Cost
    {
        try await comparison.prepare(turn)
        let cost = try await cost { try await body(turn) }
        try await comparison.clear(turn)
        return cost
    }
}

/// What something takes.
func cost(_ body: () async throws -> Void) async rethrows -> Cost {
    let clock = ContinuousClock()
    let (begin, before) = (clock.now, processorTime())
    try await body()
    return Cost(wall: begin.duration(to: clock.now) / .seconds(1), processor: processorTime() - before)
}

private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Does something for each number below `count`, `depth` at once.
func each(_ count: Int, depth: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var next = 0
        while next < min(depth, count) {
            let index = next
            group.addTask { try await body(index) }
            next += 1
        }
        while try await group.next() != nil {
            guard next < count else { continue }
            let index = next
            group.addTask { try await body(index) }
            next += 1
        }
    }
}
