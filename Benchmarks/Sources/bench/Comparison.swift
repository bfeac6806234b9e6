import AdminCore

/// The same work, done by the raw program and by the driver.
struct Comparison: Sendable {
    /// What is done, as the table says it.
    let name: String
    /// How often it is measured.
    var rounds = 5
    /// Before each time, by either side; not timed.
    var prepare: @Sendable (Turn) async throws -> Void = { _ in }
    /// The raw program.
    let limit: @Sendable (Turn) async throws -> Void
    /// The driver.
    let driver: @Sendable (Turn, StorageDriver) async throws -> Void
    /// After each time; not timed.
    var clear: @Sendable (Turn) async throws -> Void = { _ in }
}

/// One side's turn in one round.
struct Turn: Sendable {
    /// One number for each turn of a run: for names and identifiers that were never used before.
    let series: UInt32
    /// A directory of its own.
    let directory: String

    init(series: UInt32) {
        self.series = series
        directory = "/bench/t\(series)"
    }
}

/// What one turn took.
struct Cost: Sendable {
    /// Seconds that passed.
    var wall: Double
    /// Seconds of processor time of this process, kernel included, cluster excluded. Depends less
    /// on the load of the machine.
    var processor: Double
}

/// What was measured.
struct Measurement: Sendable {
    let name: String
    /// What each round took.
    let limit: [Cost]
    let driver: [Cost]
    /// Operations on objects of one turn; nil where they are not counted.
    let limitOperations: Int?
    let driverOperations: Int?

    /// Driver over limit.
    var ratio: Double { driver.map(\.wall).median / limit.map(\.wall).median }
    /// The ratios of the single rounds, the smallest and the largest.
    var spread: ClosedRange<Double> {
        let ratios = zip(driver, limit).map { $0.wall / $1.wall }.sorted()
        return (ratios.first ?? 0)...(ratios.last ?? 0)
    }
}

extension [Double] {
    var median: Double {
        let sorted = self.sorted()
        guard let last = sorted.indices.last else { return 0 }
        return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
    }
}
