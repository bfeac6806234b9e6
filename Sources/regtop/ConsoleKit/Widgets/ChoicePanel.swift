/// Several answers to a question, at the lower end of the screen. The first one is the cautious one: the cursor begins on it.
nonisolated struct ChoicePanel: Sendable, Equatable {
    struct Option: Sendable, Equatable {
        let name: String
        /// A sentence: what it says, and what becomes of it.
        let meaning: String
    }

    let title: String
    let options: [Option]
    private(set) var cursor = 0

    init(title: String, options: [Option]) {
        self.title = title
        self.options = options
    }

    enum Answer: Sendable, Equatable {
        case chosen(Int), nothing
    }

    /// nil as long as nothing is chosen; keys that mean nothing leave it standing.
    mutating func handle(_ key: Key) -> Answer? {
        switch key {
        case .enter: return .chosen(cursor)
        case .escape, .character("q"), .character("n"): return .nothing
        case .up, .character("k"): cursor = max(0, cursor - 1)
        case .down, .character("j"): cursor = min(options.count - 1, cursor + 1)
        case .home, .character("g"): cursor = 0
        case .end, .character("G"): cursor = options.count - 1
        // Only moves there: Enter is a second thought.
        case .character(let character):
            if let number = character.wholeNumberValue, options.indices.contains(number - 1) { cursor = number - 1 }
        default: break
        }
        return nil
    }

    /// At most as many lines as there are rows.
    func lines(_ size: Size) -> [Line] { Array(laidOut(size).prefix(size.rows)) }

    /// The title, the answers, and what the one under the cursor means; where there are few rows, only answers around the cursor.
    private func laidOut(_ size: Size) -> [Line] {
        let heading = Line("── ", .rule) + Line(title, .title) + Line(" ", .rule)
        let meaning = Line.wrapped(options[cursor].meaning, to: max(1, size.columns - 2)).map { Line.blank(2) + $0 }
        let room = max(1, min(options.count, size.rows - 1 - meaning.count))
        let first = max(0, min(cursor - room + 1, options.count - room))
        let answers = options.indices.dropFirst(first).prefix(room).map { number in
            Line(number == cursor ? "> " : "  ") + Line("\(number + 1)", .key) + Line("  ")
                + Line(options[number].name, number == cursor ? .selected : .normal)
        }
        let rule = Line(String(repeating: "─", count: max(0, size.columns - heading.width)), .rule)
        return ([heading + rule] + answers + meaning).map { $0.truncated(to: size.columns) }
    }
}
