import Foundation

/// The measurements of a run, in a file.
struct Results: Codable, Sendable {
    struct Row: Codable, Sendable {
        let wall: Double
        /// Of the limit in the same run.
        let limit: Double
        let processor: Double
        let operations: Int
    }

    private(set) var rows: [String: Row] = [:]

    init() {}

    init(contentsOf path: String) throws {
        self = try JSONDecoder().decode(Results.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    mutating func add(_ measurement: Measurement) {
        rows[measurement.name] = Row(measurement)
    }

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path))
    }

    /// What is worse in a measurement than in this file: more operations, or a tenth more processor
    /// time or time. The time counts only if it grew against the limit as well: another load of the
    /// machine changes both.
    func worse(in measurement: Measurement) -> [String] {
        guard let old = rows[measurement.name] else { return [] }
        let new = Row(measurement)
        var parts: [String] = []
        if new.operations > old.operations {
            parts.append("operations \(Report.count(old.operations)) → \(Report.count(new.operations))")
        }
        if new.processor > 1.1 * old.processor {
            parts.append("processor time \(Report.time(old.processor)) → \(Report.time(new.processor))")
        }
        if new.wall > 1.1 * old.wall, new.wall / new.limit > 1.1 * old.wall / old.limit {
            parts.append("time \(Report.time(old.wall)) → \(Report.time(new.wall))")
        }
        return parts
    }
}

extension Results.Row {
    fileprivate init(_ measurement: Measurement) {
        self.init(
            wall: measurement.regtop.wall, limit: measurement.limit.wall, processor: measurement.regtop.processor,
            operations: measurement.regtop.operations)
    }
}
