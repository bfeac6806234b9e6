import SafeText

/// One row of styled text. Every screen consists of lines, and tests compare them.
package nonisolated struct Line: Sendable, Equatable {
    /// The part of a text that is cut if it is too long.
    package enum Trimming: Sendable {
        case end
        /// For digests and paths, which differ at their ends.
        case middle
    }

    package enum Alignment: Sendable {
        case left
        case right
    }

    package static let ellipsis = "…"

    package private(set) var spans: [Span]
    package private(set) var width: Int

    package init(_ spans: [Span] = []) {
        self.spans = spans.filter { $0.width > 0 }
        width = spans.reduce(0) { $0 + $1.width }
    }

    package init(_ text: String, _ style: Style = .normal) {
        self.init([Span(text, style)])
    }

    /// The text without its styles.
    package var text: String { spans.map(\.text).joined() }

    package mutating func append(_ text: String, _ style: Style = .normal) {
        append(Line(text, style))
    }

    mutating func append(_ other: Line) {
        spans += other.spans
        width += other.width
    }

    package static func + (left: Line, right: Line) -> Line {
        Line(left.spans + right.spans)
    }

    func styled(_ style: Style) -> Line {
        Line(spans.map { $0.styled(style) })
    }

    /// Returns the part from a column on, at most `wanted` columns wide.
    func slice(from start: Int, width wanted: Int) -> Line {
        var parts: [Span] = []
        var column = 0
        for span in spans {
            let from = max(start, column), to = min(start + wanted, column + span.width)
            if from < to { parts.append(span.slice(from: from - column, width: to - from)) }
            column += span.width
        }
        return Line(parts)
    }

    /// Returns the line in at most `columns`; an ellipsis replaces the part that is cut.
    package func truncated(to columns: Int, _ trimming: Trimming = .end) -> Line {
        guard width > columns else { return self }
        guard columns > 0 else { return Line() }
        let room = columns - 1
        switch trimming {
        case .end:
            let kept = slice(from: 0, width: room)
            return kept + Line(Line.ellipsis, kept.spans.last?.style ?? spans.first?.style ?? .normal)
        case .middle:
            let head = (room + 1) / 2
            let kept = slice(from: 0, width: head)
            let style = kept.spans.last?.style ?? spans.first?.style ?? .normal
            return kept + Line(Line.ellipsis, style) + slice(from: width - (room - head), width: room - head)
        }
    }

    /// Returns the line in exactly `columns`.
    package func fitted(
        to columns: Int, _ alignment: Alignment = .left, trimming: Trimming = .end, fill: Style = .normal
    ) -> Line {
        let short = truncated(to: columns, trimming)
        guard short.width < columns else { return short }
        let blanks = Line(String(repeating: " ", count: columns - short.width), fill)
        return alignment == .left ? short + blanks : blanks + short
    }

    /// Returns a line of blanks.
    package static func blank(_ columns: Int, _ style: Style = .normal) -> Line {
        Line(String(repeating: " ", count: max(0, columns)), style)
    }
}

// MARK: - Words

nonisolated extension Line {
    /// Breaks a text at its blanks into rows of at most `columns`. A word that is longer than a row
    /// is broken anywhere.
    package static func wrapped(_ text: String, to columns: Int, _ style: Style = .normal) -> [Line] {
        guard columns > 0 else { return [] }
        var rows: [Line] = []
        var row = Line()
        for word in text.split(separator: " ") {
            let rest = Line(String(word), style)
            if row.width > 0, row.width + 1 + rest.width > columns {
                rows.append(row)
                row = Line()
            }
            if row.width > 0 { row.append(" ", style) }
            let pieces = rest.broken(to: columns)
            rows += pieces.dropLast()
            row.append(pieces.last ?? Line())
        }
        return row.width > 0 || rows.isEmpty ? rows + [row] : rows
    }

    /// Breaks sentences into rows, each with a mark of two columns before its first row.
    package static func marked(_ sentences: [String], _ mark: String, _ style: Style, columns: Int) -> [Line] {
        sentences.flatMap { sentence in
            wrapped(sentence, to: max(1, columns - 2), style).enumerated().map { number, row in
                (number == 0 ? Line(mark, style) : Line.blank(2)) + row
            }
        }
    }

    /// Breaks the line into rows of at most `columns`, between any two characters.
    package func broken(to columns: Int) -> [Line] {
        guard columns > 0, width > columns else { return [self] }
        var rows: [[Span]] = [[]]
        var used = 0
        for span in spans {
            for (number, piece) in span.broken(room: columns - used, columns: columns).enumerated() {
                if number > 0 {
                    rows.append([])
                    used = 0
                }
                rows[rows.count - 1].append(piece)
                used += piece.width
            }
        }
        return rows.map { Line($0) }
    }

    /// Returns the line with every occurrence of the words, in any case, in another style. A word
    /// that reaches over two spans is not found.
    func highlighting(_ words: [String], _ style: Style) -> Line {
        let wanted = words.filter { !$0.isEmpty }.map { Array($0.utf8.map(Line.folded)) }
        guard !wanted.isEmpty else { return self }
        return Line(spans.flatMap { Line.highlighted($0, wanted, style) })
    }

    /// The line with adjacent spans of one style joined.
    package var merged: Line {
        var parts: [(text: String, style: Style)] = []
        for span in spans {
            if let last = parts.indices.last, parts[last].style == span.style {
                parts[last].text += span.text
            } else {
                parts.append((span.text, span.style))
            }
        }
        return Line(parts.map { Span($0.text, $0.style) })
    }

    /// Returns an ASCII letter in lower case. Names in a registry are ASCII.
    static func folded(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }

    private static func highlighted(_ span: Span, _ words: [[UInt8]], _ style: Style) -> [Span] {
        let bytes = span.text.utf8.map(folded)
        var hit = [Bool](repeating: false, count: bytes.count)
        var isAny = false
        for word in words where word.count <= bytes.count {
            for start in 0...(bytes.count - word.count) where bytes[start..<start + word.count].elementsEqual(word) {
                for position in start..<start + word.count { hit[position] = true }
                isAny = true
            }
        }
        guard isAny else { return [span] }
        // A word has whole characters, so each piece ends between characters; combining marks stay
        // with their base.
        var pieces: [(text: String, isHit: Bool)] = []
        var position = 0
        for scalar in span.text.unicodeScalars {
            let isMark = DisplayWidth.of(scalar) == 0
            if let last = pieces.indices.last, isMark || pieces[last].isHit == hit[position] {
                pieces[last].text.unicodeScalars.append(scalar)
            } else {
                pieces.append((String(scalar), hit[position]))
            }
            position += Unicode.UTF8.width(scalar)
        }
        return pieces.map { Span($0.text, $0.isHit ? style : span.style) }
    }
}
