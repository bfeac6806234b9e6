import SafeText

/// A piece of text in one style. It is safe to show.
package nonisolated struct Span: Sendable, Equatable {
    /// The text, with visible characters only.
    let text: String
    package let style: Style
    /// The width in columns.
    let width: Int

    /// Takes any text, hostile text included: the escapes of every screen are made here.
    package init(_ text: String, _ style: Style = .normal) {
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

    /// Breaks the text into pieces of at most `columns`, the first one of at most `room`, in one
    /// pass. Combining marks stay with their base. Only a character that is wider than a piece is
    /// left out.
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

    /// Returns the part from a column on, at most `wanted` columns wide. Blanks replace a wide
    /// character that an edge cuts.
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

/// The role of a piece of text; the palette maps each role to its look on a terminal. The meaning
/// of a colour is always given in words, too.
package nonisolated enum Style: UInt8, CaseIterable, Sendable {
    case normal
    case dim
    case title
    case header
    case headerAlert
    case columnTitle
    case selected
    case match
    case marked
    case good
    case warning
    case bad
    case key
    case bar
    case barShared
    case rule

    /// The name of the style for users, such as `header-alert`.
    package var name: String {
        "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
    }
}
