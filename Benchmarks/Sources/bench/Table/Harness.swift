import AdminCore
import Glibc

/// Runs comparisons, all sides in turn.
struct Harness: Sendable {
    let store: RadosStore
    let limit: Limit

    /// A driver on the store.
    func driver(_ turn: Turn, delay: Double = JournalPolicy.usualDelay) -> StorageDriver {
        StorageDriver(
            reader: StorageReader(objects: store.reader), writer: store.writer,
            policy: JournalPolicy(delay: delay, clock: .system)
        ) { path in
            // As the raw program names them, so that it can take them away.
            Limit.identifier(turn.series, Int(path.name.dropFirst()) ?? 0)
        }
    }

    /// A comparison of the raw program with the driver, both in this process.
    func compare(
        _ name: String, rounds: Int = 5,
        prepare: @escaping @Sendable (Turn) async throws -> Void = { _ in },
        limit: @escaping @Sendable (Turn) async throws -> Void,
        driver: @escaping @Sendable (Turn, StorageDriver) async throws -> Void,
        clear: @escaping @Sendable (Turn) async throws -> Void = { _ in }
    ) -> Comparison {
        Comparison(
            name: name, rounds: rounds, prepare: prepare,
            limits: [("", { turn in try await cost { try await limit(turn) } })],
            regtop: { turn in
                let subject = self.driver(turn)
                return try await cost { try await driver(turn, subject) }
            },
            clear: clear)
    }

    /// Runs each side once to warm up, then the timed rounds. The sides take turns to begin, so
    /// that other load of the machine affects all.
    func measure(_ comparison: Comparison, rounds: Int? = nil) async throws -> Measurement {
        var series = UInt32.random(in: 1 << 16..<1 << 31)
        let works = comparison.limits.map(\.work) + [comparison.regtop]
        var sides = comparison.limits.map { Side(name: $0.name) } + [Side(name: "regtop")]
        for round in 0...(rounds ?? comparison.rounds) {
            for place in works.indices {
                let side = (place + round) % works.count
                series += 1
                let cost = try await take(works[side], of: comparison, Turn(series: series))
                if round > 0 { sides[side].costs.append(cost) }
            }
        }
        return Measurement(
            name: comparison.name, goal: comparison.goal, limits: sides.dropLast(), regtop: sides[works.count - 1])
    }

    private func take(_ work: Comparison.Work, of comparison: Comparison, _ turn: Turn) async throws -> Cost {
        try await comparison.prepare(turn)
        let before = try await limit.served()
        var cost = try await work(turn)
        cost.operations = try await limit.served() - before
        try await comparison.clear(turn)
        return cost
    }
}

/// What something takes in this process.
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
