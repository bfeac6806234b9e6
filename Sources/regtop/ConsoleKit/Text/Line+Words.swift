nonisolated extension Line {
    /// A text broken at its blanks into rows of at most so many columns. A word that is longer than a row is cut.
    static func wrapped(_ text: String, to columns: Int, _ style: Style = .normal) -> [Line] {
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

    /// The line in rows of at most so many columns, broken anywhere; no character is torn.
    func broken(to columns: Int) -> [Line] {
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

    /// The line with every occurrence of the words, in whatever case, in another style. Words are looked for span by span.
    func highlighting(_ words: [String], _ style: Style) -> Line {
        let wanted = words.filter { !$0.isEmpty }.map { Array($0.utf8.map(Line.folded)) }
        guard !wanted.isEmpty else { return self }
        return Line(spans.flatMap { Line.highlighted($0, wanted, style) })
    }

    /// ASCII letters in lower case; what a registry's names consist of.
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
        // Words are whole characters, so a piece begins and ends between characters; marks stay with what they stand upon.
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
