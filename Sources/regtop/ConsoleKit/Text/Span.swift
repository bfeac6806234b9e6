/// A piece of text in one style, safe to show.
nonisolated struct Span: Sendable, Equatable {
    /// Contains nothing but visible characters.
    let text: String
    let style: Style
    /// In columns.
    let width: Int

    /// Any text, hostile text included: it is escaped here, once and for every screen.
    init(_ text: String, _ style: Style = .normal) {
        self.init(visible: VisibleText.of(text), style)
    }

    private init(visible text: String, _ style: Style) {
        self.text = text
        self.style = style
        width = DisplayWidth.of(text)
    }

    func styled(_ style: Style) -> Span {
        Span(visible: text, style)
    }

    /// The text in pieces of at most so many columns, the first of at most `room`; nothing is torn or lost but a character that is wider than
    /// a piece. What combines with a character stays with it. One pass.
    func broken(room: Int, columns: Int) -> [Span] {
        var pieces: [Span] = []
        var piece = String.UnicodeScalarView()
        var (used, limit) = (0, room)
        for scalar in text.unicodeScalars {
            let width = DisplayWidth.of(scalar) ?? 0
            if width > columns { continue }
            if used + width > limit {
                pieces.append(Span(visible: String(piece), style))
                (piece, used, limit) = (String.UnicodeScalarView(), 0, columns)
            }
            piece.append(scalar)
            used += width
        }
        return pieces + [Span(visible: String(piece), style)]
    }

    /// The part from a column on, at most so many columns wide. A wide character cut by an edge becomes blanks.
    func slice(from start: Int, width wanted: Int) -> Span {
        let end = start + wanted
        if start <= 0, end >= width { return self }
        if wanted <= 0 { return Span(visible: "", style) }
        if text.utf8.count == width {
            return Span(visible: String(text.dropFirst(max(0, start)).prefix(end - max(0, start))), style)
        }
        var part = String.UnicodeScalarView()
        var column = 0
        var taken = false
        for scalar in text.unicodeScalars {
            let columns = DisplayWidth.of(scalar) ?? 0
            if columns == 0 {
                if taken { part.append(scalar) }
                continue
            }
            taken = column >= start && column + columns <= end
            if taken {
                part.append(scalar)
            } else {
                let blanks = max(0, min(end, column + columns) - max(start, column))
                part.append(contentsOf: String(repeating: " ", count: blanks).unicodeScalars)
            }
            column += columns
            if column >= end && columns > 0 && column > width { break }
        }
        return Span(visible: String(part), style)
    }
}
