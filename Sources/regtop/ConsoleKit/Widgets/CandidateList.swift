import SafeText

/// The candidates for the text of an input, best first, above the input. No candidate is chosen
/// until the user chooses one, so that the typed text counts.
package nonisolated struct CandidateList: Sendable, Equatable {
    package struct Candidate: Sendable, Equatable {
        /// The text of the input that means this candidate.
        let text: String
        let name: String
        /// The labels of the keys; may be empty.
        var keys = ""
        /// A sentence without the period.
        let help: String
        /// False if the candidate can be chosen, but only tells why it does not work.
        var isEnabled = true
        /// True if Tab adds a blank, because an argument may follow.
        var takesArgument = false
    }

    /// The number of candidates that are kept: a registry has many names.
    static let limit = 200

    let title: String
    let candidates: [Candidate]
    /// The number of all candidates.
    let count: Int
    /// The index of the chosen candidate; nil if the typed text counts.
    private(set) var choice: Int?

    /// Makes a list of all candidates; keeps the first `limit` of them.
    init(title: String = "", _ candidates: some Collection<Candidate> = []) {
        self.title = title
        self.candidates = Array(candidates.prefix(Self.limit))
        count = candidates.count
    }

    var chosen: Candidate? { choice.map { candidates[$0] } }

    /// Moves the choice. Above the first candidate is the typed text, and above this the last
    /// candidate.
    mutating func move(by step: Int) {
        guard !candidates.isEmpty else { return }
        let places = candidates.count + 1
        let place = ((choice.map { $0 + 1 } ?? 0) + step + places) % places
        choice = place == 0 ? nil : place - 1
    }

    /// Returns the lines of a panel that leaves at least half of the room to the screen.
    func lines(_ size: Size) -> [Line] {
        let room = min(candidates.count, min(size.rows / 2, 12) - 1)
        guard room > 0 else { return [] }
        let first = max(0, min((choice ?? 0) - room + 1, candidates.count - room))
        let names = min(24, candidates.reduce(0) { max($0, Line($1.name).width) })
        let keys = size.columns < 60 ? 0 : min(14, candidates.reduce(0) { max($0, Line($1.keys).width) })
        let rows = candidates.indices.dropFirst(first).prefix(room).map { number in
            row(number, names: names, keys: keys, columns: size.columns)
        }
        let shown = count > room ? "\(first + 1) to \(first + room) of \(HumanText.count(count)) " : ""
        let heading = Line("── ", .rule) + Line(title, .title) + Line(" " + shown, .dim)
        let rule = Line(String(repeating: "─", count: max(0, size.columns - heading.width)), .rule)
        return [(heading + rule).truncated(to: size.columns)] + rows
    }

    private func row(_ number: Int, names: Int, keys: Int, columns: Int) -> Line {
        let candidate = candidates[number]
        var line = Line(number == choice ? "> " : "  ")
        line = line + Line(candidate.name, candidate.isEnabled ? .normal : .dim).fitted(to: names, trimming: .middle)
        if keys > 0 { line = line + Line("  ") + Line(candidate.keys, .key).fitted(to: keys) }
        line = line + Line("  ") + Line(candidate.help, .dim)
        guard number == choice else { return line.truncated(to: columns) }
        return line.fitted(to: columns).styled(.selected)
    }
}
