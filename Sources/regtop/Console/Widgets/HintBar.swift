/// The undermost row: what can be done here, in the order of importance, as much as fits.
nonisolated enum HintBar {
    struct Hint: Sendable, Equatable {
        let key: String
        let text: String
    }

    /// The last hints that do not fit are left out whole; `always` (help, quit) keep their place at the end.
    static func line(_ hints: [Hint], always: [Hint] = [], columns: Int) -> Line {
        var tail = Line()
        for hint in always {
            let piece = drawn(hint)
            let gap = tail.width > 0 ? 3 : 0
            guard tail.width + gap + piece.width <= columns else { break }
            tail = tail + Line.blank(gap) + piece
        }
        var line = Line()
        for hint in hints {
            let piece = drawn(hint)
            guard line.width + piece.width + 3 + tail.width <= columns else { break }
            line = line + piece + Line.blank(3)
        }
        return line + tail
    }

    private static func drawn(_ hint: Hint) -> Line {
        Line(hint.key, .key) + Line(" " + hint.text)
    }
}
