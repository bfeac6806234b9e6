extension TaskProgress {
    /// "scanning  812 of 1,204 repositories  ████▌    67 %   3 s left"; on a narrow screen the parts
    /// on the right are left out first.
    nonisolated func line(label: String, elapsed: Duration, columns: Int) -> Line {
        var line = Line(label)
        if !amount.isEmpty { line.append("  " + amount) }
        let left = remaining(after: elapsed).map { HumanText.duration($0) + " left" } ?? HumanText.duration(elapsed)
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
