import SafeText
import Synchronization

/// Horizontal bars, drawn in eighths of a column.
package nonisolated enum Bar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// Returns a bar for a part of a whole, exactly `columns` wide. Only 0 is drawn as an empty
    /// bar, and only the whole as a full one.
    package static func line(_ part: Double, of whole: Double, columns: Int, style: Style = .bar) -> Line {
        guard columns > 0 else { return Line() }
        guard whole > 0, part > 0, part.isFinite, whole.isFinite else { return Line.blank(columns) }
        let full = columns * 8
        var count = Int((min(1, part / whole) * Double(full)).rounded())
        count = max(1, part < whole ? min(full - 1, count) : count)
        let text = String(repeating: "█", count: count / 8) + eighths[count % 8]
        return Line(text, style).fitted(to: columns)
    }
}

/// The scale of the bars of a column: its largest value so far.
package nonisolated final class Scale: Sendable {
    private let most = Mutex<UInt64>(0)

    package init() {}

    /// Extends the scale to these values.
    package func take(_ values: some Sequence<UInt64>) {
        guard let largest = values.max() else { return }
        most.withLock { $0 = max($0, largest) }
    }

    /// Begins again without values.
    package func clear() {
        most.withLock { $0 = 0 }
    }

    /// Returns a bar for a size, exactly `columns` wide. The part that is not unique has another
    /// colour, if it is known.
    package func bar(_ size: UInt64, unique: UInt64?, columns: Int) -> Line {
        let whole = Double(most.withLock { $0 })
        guard let unique, unique < size, whole > 0 else { return Bar.line(Double(size), of: whole, columns: columns) }
        // The bar has the same length as any other bar of this size; the border of its parts lies
        // between whole columns.
        let shared = Bar.line(Double(size), of: whole, columns: columns, style: .barShared)
        let drawn = shared.spans.first?.width ?? 0
        let own = Int((Double(unique) / Double(size) * Double(drawn)).rounded())
        return Bar.line(Double(size), of: whole, columns: columns).slice(from: 0, width: own)
            + shared.slice(from: own, width: columns - own)
    }
}

extension TaskProgress {
    /// "scanning  812 of 1,204 repositories  ████▌    67 %   3 s left"; on a narrow screen the
    /// parts on the right are left out first.
    ///
    /// - Parameter isWaiting: True if the store does not answer, so that there is no estimate.
    nonisolated func line(label: String, elapsed: Duration, columns: Int, isWaiting: Bool = false) -> Line {
        var line = Line(label)
        if !amount.isEmpty { line.append("  " + amount) }
        let estimate = isWaiting ? "no answer" : remaining(after: elapsed).map { HumanText.duration($0) + " left" }
        let left = estimate ?? HumanText.duration(elapsed)
        var tail = Line("  " + left)
        if let total, let percent {
            tail = Line("  \(percent) %") + tail
            let room = min(40, columns - line.width - tail.width - 2)
            if room >= 8 { line = line + Line.blank(2) + Bar.line(Double(done), of: Double(total), columns: room) }
        }
        if line.width + tail.width <= columns { line.append(tail) }
        if let note, line.width + 10 <= columns { line.append(Line("  " + note, .dim)) }
        return line.truncated(to: columns)
    }
}
