/// Horizontal bars, in eighths of a column.
nonisolated enum Bar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// A bar for a part of a whole, exactly `columns` wide. What is more than nothing is never drawn as nothing, and less
    /// than everything never as everything.
    static func line(_ part: Double, of whole: Double, columns: Int, style: Style = .bar) -> Line {
        guard columns > 0 else { return Line() }
        guard whole > 0, part > 0, part.isFinite, whole.isFinite else { return Line.blank(columns) }
        let full = columns * 8
        var count = Int((min(1, part / whole) * Double(full)).rounded())
        count = max(1, part < whole ? min(full - 1, count) : count)
        let text = String(repeating: "█", count: count / 8) + eighths[count % 8]
        return Line(text, style).fitted(to: columns)
    }
}
