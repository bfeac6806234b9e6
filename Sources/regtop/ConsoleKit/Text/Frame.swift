/// A whole screen, ready to be shown: one line a row, none wider than the screen.
nonisolated struct Frame: Sendable, Equatable {
    struct Cursor: Sendable, Equatable {
        let row: Int
        let column: Int
    }

    let size: Size
    let lines: [Line]
    /// Where the terminal's cursor blinks while text is typed; hidden otherwise.
    let cursor: Cursor?

    /// Lines beyond the size are dropped, missing ones are empty, long ones are cut.
    init(size: Size, lines: [Line], cursor: Cursor? = nil) {
        self.size = size
        let kept = lines.prefix(size.rows).map { $0.width > size.columns ? $0.slice(from: 0, width: size.columns) : $0 }
        self.lines = kept + Array(repeating: Line(), count: size.rows - kept.count)
        if let cursor, cursor.row < size.rows, cursor.column < size.columns {
            self.cursor = cursor
        } else {
            self.cursor = nil
        }
    }

    /// The text alone, rows joined by newlines, without trailing blanks.
    var text: String {
        lines.map { line in
            var text = line.text
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }
}
