/// A question with several answers, at the lower end of the screen. The cursor begins on the first
/// answer, which is the cautious one.
package nonisolated struct ChoicePanel: Sendable, Equatable {
    package struct Option: Sendable, Equatable {
        package let name: String
        /// The meaning and the consequence of the answer, in a sentence.
        package let meaning: String
        /// The key that takes the answer at once, for answers that change nothing; nil for none.
        let key: Character?

        package init(name: String, meaning: String, key: Character? = nil) {
            self.name = name
            self.meaning = meaning
            self.key = key
        }
    }

    let title: String
    let options: [Option]
    /// The message after no answer.
    let declined: String
    private(set) var cursor = 0

    package init(title: String, options: [Option], declined: String = "Nothing was changed.") {
        self.title = title
        self.options = options
        self.declined = declined
    }

    enum Answer: Sendable, Equatable {
        case chosen(Int), nothing
    }

    /// Returns nil while the question stands; keys without a meaning change nothing.
    mutating func handle(_ key: Key) -> Answer? {
        if case .character(let character) = key, let number = options.firstIndex(where: { $0.key == character }) {
            return .chosen(number)
        }
        switch key {
        case .enter: return .chosen(cursor)
        case .escape, .character("q"), .character("n"): return .nothing
        case .up, .character("k"): cursor = max(0, cursor - 1)
        case .down, .character("j"): cursor = min(options.count - 1, cursor + 1)
        case .home, .character("g"): cursor = 0
        case .end, .character("G"): cursor = options.count - 1
        // Only moves there, so that Enter confirms.
        case .character(let character):
            if let number = character.wholeNumberValue, options.indices.contains(number - 1) { cursor = number - 1 }
        default: break
        }
        return nil
    }

    /// The key of an answer, or the number that moves to it.
    private func label(_ number: Int) -> String { options[number].key.map { String($0) } ?? "\(number + 1)" }

    /// Returns at most `size.rows` lines.
    func lines(_ size: Size) -> [Line] { Array(laidOut(size).prefix(size.rows)) }

    /// The title, the answers, and the meaning of the one under the cursor. Few rows show only the
    /// answers around the cursor.
    private func laidOut(_ size: Size) -> [Line] {
        let meaning = Line.wrapped(options[cursor].meaning, to: max(1, size.columns - 2)).map { Line.blank(2) + $0 }
        let room = max(1, min(options.count, size.rows - 1 - meaning.count))
        let first = max(0, min(cursor - room + 1, options.count - room))
        let answers = options.indices.dropFirst(first).prefix(room).map { number in
            Line(number == cursor ? "> " : "  ") + Line(label(number), .key) + Line("  ")
                + Line(options[number].name, number == cursor ? .selected : .normal)
        }
        let number = room < options.count ? " \(cursor + 1) of \(options.count)" : ""
        let heading =
            Line("── ", .rule) + Line(title, .title).truncated(to: max(1, size.columns - 4 - number.count))
            + Line(number, .key) + Line(" ", .rule)
        let rule = Line(String(repeating: "─", count: max(0, size.columns - heading.width)), .rule)
        return ([heading + rule] + answers + meaning).map { $0.truncated(to: size.columns) }
    }
}
