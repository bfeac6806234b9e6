/// A whole screen, ready to be shown: one line for each row, none wider than the screen.
nonisolated struct Frame: Sendable, Equatable {
    struct Cursor: Sendable, Equatable {
        let row: Int
        let column: Int
    }

    let size: Size
    let lines: [Line]
    /// The place of the terminal's cursor while a person types text; nil hides the cursor.
    let cursor: Cursor?

    /// Cuts lines that are too long, drops surplus lines and adds empty ones.
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

    /// The text without styles and trailing blanks; newlines between the rows.
    var text: String {
        lines.map { line in
            var text = line.text
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }
}

/// The size of a part of the screen, in rows and columns. Either may be 0.
package nonisolated struct Size: Sendable, Equatable {
    package let rows: Int
    package let columns: Int

    package init(rows: Int, columns: Int) {
        self.rows = max(0, rows)
        self.columns = max(0, columns)
    }
}
