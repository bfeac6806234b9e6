/// The progress of a task, with its rate and an estimate of the time left.
package struct TaskProgress: Sendable, Equatable {
    package var done: UInt64 = 0
    /// nil while it is not known.
    package var total: UInt64?
    /// The noun of the things that are counted: "repositories". Empty for none.
    package var unit = ""
    /// The current phase, or the cause of a delay.
    package var note: String?

    /// The unit that is shown as sizes.
    package static let bytes = "bytes"

    package init(done: UInt64 = 0, total: UInt64? = nil, unit: String = "", note: String? = nil) {
        (self.done, self.total, self.unit, self.note) = (done, total, unit, note)
    }

    private var isBytes: Bool { unit == Self.bytes }

    /// "812 of 1,204 repositories", "3.1 MiB of 8.5 MiB"; empty if there is nothing to show yet.
    package var amount: String {
        let text: (UInt64) -> String = isBytes ? { HumanText.bytes($0) } : { HumanText.count($0) }
        let suffix = unit.isEmpty || isBytes ? "" : " " + unit
        if let total { return "\(text(done)) of \(text(total))\(suffix)" }
        return done > 0 ? text(done) + suffix : ""
    }

    /// 0 to 100; nil without a total.
    package var percent: Int? {
        total.flatMap { $0 > 0 ? Int(Double(min(done, $0)) / Double($0) * 100) : nil }
    }

    /// "85.2 MiB/s" or "120/s"; nil if it is too early to tell.
    ///
    /// - Parameters:
    ///   - start: The part that was done before the time began.
    ///   - elapsed: The time in which the rest was done.
    package func rate(from start: UInt64 = 0, after elapsed: Duration) -> String? {
        let seconds = elapsed / .seconds(1)
        guard done > start, seconds >= 0.1 else { return nil }
        let rate = Double(done - start) / seconds
        // The limit is for a rate of counts that no store has.
        return (isBytes ? HumanText.bytes(UInt64(rate)) : HumanText.count(UInt64(min(rate, 1e9).rounded()))) + "/s"
    }

    /// The time left at the present rate; nil if it is too early to tell, or without a total. See
    /// `rate`.
    package func remaining(from start: UInt64 = 0, after elapsed: Duration) -> Duration? {
        guard let total, done > start, total > done, elapsed > .seconds(1) else { return nil }
        return elapsed * (Double(total - done) / Double(done - start))
    }
}
