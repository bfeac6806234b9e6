import Foundation

/// The table that is printed.
struct Report {
    static let header = [
        "work", "limit", "regtop", "ratio", "single rounds", "processor: limit", "regtop", "operations: limit",
        "regtop",
    ]

    /// One row, as the text of its cells.
    static func row(_ measurement: Measurement) -> [String] {
        let spread = measurement.spread
        return [
            measurement.name, time(measurement.limit.map(\.wall)), time(measurement.driver.map(\.wall)),
            ratio(measurement.ratio),
            "\(ratio(spread.lowerBound))–\(ratio(spread.upperBound))",
            time(measurement.limit.map(\.processor)), time(measurement.driver.map(\.processor)),
            measurement.limitOperations.map(String.init) ?? "", measurement.driverOperations.map(String.init) ?? "",
        ]
    }

    /// The row of what did not work.
    static func failure(_ name: String) -> [String] {
        [name, "", "", "failed"] + header.dropFirst(4).map { _ in "" }
    }

    /// A table in Markdown, so that it can be kept as it is.
    static func table(_ rows: [[String]]) -> String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            "| "
                + zip(cells, widths).enumerated().map { index, cell in
                    let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                    return index == 0 ? cell.0 + padding : padding + cell.0
                }.joined(separator: " | ") + " |"
        }
        let rule =
            "|"
            + widths.enumerated().map {
                $0.offset == 0
                    ? String(repeating: "-", count: $0.element + 2)
                    : String(repeating: "-", count: $0.element + 1) + ":"
            }
            .joined(separator: "|") + "|"
        return ([line(header), rule] + rows.map(line)).joined(separator: "\n")
    }

    private static func time(_ rounds: [Double]) -> String {
        let seconds = rounds.median
        return seconds == 0
            ? "" : seconds < 1 ? String(format: "%.1f ms", seconds * 1000) : String(format: "%.2f s", seconds)
    }

    private static func ratio(_ value: Double) -> String { String(format: "%.2f", value) }
}
