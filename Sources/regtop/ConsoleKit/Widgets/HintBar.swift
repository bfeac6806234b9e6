/// The undermost row: what can be done here, in the order of importance, as much as fits.
nonisolated enum HintBar {
    struct Hint: Sendable, Equatable {
        let key: String
        let text: String
    }

    /// Hints stand closer together where more of them fit then; the last ones that do not fit are left out whole. `always` (help, quit) keep
    /// their place at the end.
    static func line(_ hints: [Hint], always: [Hint] = [], columns: Int) -> Line {
        let wide = line(hints, always: always, columns: columns, gap: 3)
        let narrow = line(hints, always: always, columns: columns, gap: 2)
        return narrow.count > wide.count ? narrow.line : wide.line
    }

    private static func line(_ hints: [Hint], always: [Hint], columns: Int, gap: Int) -> (line: Line, count: Int) {
        var (tail, count) = (Line(), 0)
        for hint in always {
            let piece = drawn(hint)
            let front = tail.width > 0 ? gap : 0
            guard tail.width + front + piece.width <= columns else { return (tail, count) }
            tail = tail + Line.blank(front) + piece
            count += 1
        }
        var line = Line()
        for hint in hints {
            let piece = drawn(hint)
            guard line.width + piece.width + gap + tail.width <= columns else { return (line + tail, count) }
            line = line + piece + Line.blank(gap)
            count += 1
        }
        return (line + tail, count)
    }

    private static func drawn(_ hint: Hint) -> Line {
        Line(hint.key, .key) + Line(" " + hint.text)
    }
}
