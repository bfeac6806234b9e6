import AdminCore

/// The same work, done by the raw program and by regtop.
struct Comparison: Sendable {
    /// One turn of one side.
    typealias Work = @Sendable (Turn) async throws -> Cost

    /// What is done, as the table says it.
    let name: String
    var goal: Goal?
    /// How often it is measured.
    var rounds = 5
    /// Before each time, by either side; not timed.
    var prepare: @Sendable (Turn) async throws -> Void = { _ in }
    /// What no program can do without, by name; the slowest of them is the limit.
    let limits: [(name: String, work: Work)]
    let regtop: Work
    /// After each time; not timed.
    var clear: @Sendable (Turn) async throws -> Void = { _ in }

    /// The same with a goal.
    func goal(
        _ ratio: Double, operations: Int? = nil, microseconds: Double? = nil, memory: Int? = nil
    ) -> Comparison {
        var comparison = self
        comparison.goal = Goal(ratio: ratio, operations: operations, microseconds: microseconds, memory: memory)
        return comparison
    }
}

/// What regtop should reach.
struct Goal: Sendable {
    /// The time, as a multiple of the limit's.
    let ratio: Double
    var operations: Int?
    /// Microseconds of processor time for an operation.
    var microseconds: Double?
    /// The most bytes that may be resident.
    var memory: Int?

    /// As the table says it.
    var text: String {
        (["≤ \(String(ratio))"] + (operations.map { ["\(Report.count($0)) operations"] } ?? [])
            + (microseconds.map { ["\(Int($0)) µs each"] } ?? [])
            + (memory.map { ["\($0 >> 20) MiB"] } ?? [])).joined(separator: ", ")
    }
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
    /// Seconds of processor time of this process or of the program that it started, kernel
    /// included, cluster excluded. Depends less on the load of the machine.
    var processor: Double
    /// Operations that the cluster took.
    var operations = 0
    /// The most bytes that were resident, of a program that was started.
    var memory = 0
}

/// What one side took in all rounds.
struct Side: Sendable {
    let name: String
    var costs: [Cost] = []

    var wall: Double { costs.map(\.wall).median }
    var processor: Double { costs.map(\.processor).median }
    var memory: Int { costs.map(\.memory).max() ?? 0 }
    var operations: Int { Int(costs.map { Double($0.operations) }.median) }
    /// Microseconds of processor time for an operation; nil without operations.
    var microseconds: Double? { operations > 0 ? processor / Double(operations) * 1e6 : nil }
}

/// What was measured.
struct Measurement: Sendable {
    let name: String
    let goal: Goal?
    let limits: [Side]
    let regtop: Side

    /// The limit that counts.
    var limit: Side { limits.max { $0.wall < $1.wall } ?? Side(name: "") }
    var ratio: Double { regtop.wall / limit.wall }

    /// The parts of the goal that are missed.
    var missed: [String] {
        guard let goal else { return [] }
        var parts: [String] = []
        if ratio > goal.ratio { parts.append("ratio") }
        if let operations = goal.operations, regtop.operations > operations { parts.append("operations") }
        if let most = goal.microseconds, let own = regtop.microseconds, own > most { parts.append("processor time") }
        if let most = goal.memory, regtop.memory > most { parts.append("memory") }
        return parts
    }
}

extension [Double] {
    var median: Double {
        let sorted = self.sorted()
        guard let last = sorted.indices.last else { return 0 }
        return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
    }
}
