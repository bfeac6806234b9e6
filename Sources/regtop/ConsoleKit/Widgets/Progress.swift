/// How far a task has come.
nonisolated struct Progress: Sendable, Equatable {
    var done: UInt64 = 0
    /// nil as long as it is not known.
    var total: UInt64?
    /// What is counted: "repositories". Empty for nothing worth a word.
    var unit = ""
    /// What is going on, or being waited for, at the moment.
    var note: String?

    /// The unit of what is shown as sizes.
    static let bytes = "bytes"

    /// "812 of 1,204 repositories", "3.1 MiB of 8.5 MiB"; empty before anything can be said.
    var amount: String {
        let text: (UInt64) -> String = unit == Self.bytes ? { HumanText.bytes($0) } : { HumanText.count($0) }
        let suffix = unit.isEmpty || unit == Self.bytes ? "" : " " + unit
        if let total { return "\(text(done)) of \(text(total))\(suffix)" }
        return done > 0 ? text(done) + suffix : ""
    }

    /// What is left at the pace so far; nil when that says nothing yet.
    func remaining(after elapsed: Duration) -> Duration? {
        guard let total, done > 0, total > done, elapsed > .seconds(1) else { return nil }
        return elapsed * (Double(total - done) / Double(done))
    }

    /// "scanning  812 of 1,204 repositories  ████▌    67 %   3 s left"; parts on the right go first.
    func line(label: String, elapsed: Duration, columns: Int) -> Line {
        var line = Line(label)
        if !amount.isEmpty { line.append("  " + amount) }
        let left = remaining(after: elapsed).map { HumanText.duration($0) + " left" } ?? HumanText.duration(elapsed)
        var tail = Line("  " + left)
        if let total, total > 0 {
            let percent = Int(Double(min(done, total)) / Double(total) * 100)
            tail = Line("  \(percent) %") + tail
            let room = min(40, columns - line.width - tail.width - 2)
            if room >= 8 { line = line + Line.blank(2) + Bar.line(Double(done), of: Double(total), columns: room) }
        }
        if line.width + tail.width <= columns { line.append(tail) }
        if let note, line.width + 10 <= columns { line.append(Line("  " + note, .dim)) }
        return line.truncated(to: columns)
    }
}
