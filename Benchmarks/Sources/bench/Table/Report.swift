import Foundation

/// The table that is printed.
enum Report {
    static let header = [
        "work", "limit", "regtop", "ratio", "goal", "operations: limit", "regtop", "processor time: limit", "regtop",
        "an operation: limit", "regtop", "",
    ]

    /// One row, as the text of its cells.
    ///
    /// - Parameter worse: What is worse than in an earlier run.
    static func row(_ measurement: Measurement, worse: [String]) -> [String] {
        let (limit, regtop) = (measurement.limit, measurement.regtop)
        let missed = measurement.missed.isEmpty ? [] : ["misses: " + measurement.missed.joined(separator: ", ")]
        return [
            name(measurement), time(limit.wall), time(regtop.wall), ratio(measurement.ratio),
            measurement.goal?.text ?? "", count(limit.operations), count(regtop.operations), time(limit.processor),
            time(regtop.processor), microseconds(limit), microseconds(regtop),
            (missed + worse.map { "worse: \($0)" }).joined(separator: "; "),
        ]
    }

    /// The row of what did not work.
    static func failure(_ name: String) -> [String] {
        [name] + header.dropFirst(2).map { _ in "" } + ["failed"]
    }

    private static func name(_ measurement: Measurement) -> String {
        var limits = measurement.limits.count > 1 ? measurement.limits.map { "\($0.name) \(time($0.wall))" } : []
        if measurement.goal?.memory != nil { limits.append("peak memory \(measurement.regtop.memory >> 20) MiB") }
        return limits.isEmpty
            ? measurement.name : "\(measurement.name) (\(limits.joined(separator: ", ")))"
    }

    static func time(_ seconds: Double) -> String {
        seconds < 0.0095
            ? String(format: "%.1f ms", seconds * 1000)
            : seconds < 1 ? String(format: "%.0f ms", seconds * 1000) : String(format: "%.2f s", seconds)
    }

    static func count(_ number: Int) -> String {
        let digits = String(number)
        return String(
            digits.enumerated().flatMap { index, digit in
                index > 0 && (digits.count - index).isMultiple(of: 3) ? [",", digit] : [digit]
            })
    }

    private static func ratio(_ value: Double) -> String { String(format: "%.2f", value) }

    /// Empty for few operations, which say nothing about one of them.
    private static func microseconds(_ side: Side) -> String {
        side.operations < 1000 ? "" : side.microseconds.map { String(format: "%.0f µs", $0) } ?? ""
    }
}
