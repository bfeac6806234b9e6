/// Rows in aligned columns under a header, two spaces between columns. Every cell is one word: spaces and whatever a terminal would
/// obey are escaped, so `awk '{print $1}'` and people read the same. An empty cell is `-`. Only a last column may be one of texts.
nonisolated struct PlainTable {
    /// A column.
    struct Column {
        let title: String
        /// True for numbers: they end where the column ends.
        var alignedRight = false
        /// True for texts with blanks in them.
        var isText = false

        static func left(_ title: String) -> Column { Column(title: title) }
        static func right(_ title: String) -> Column { Column(title: title, alignedRight: true) }
        static func text(_ title: String) -> Column { Column(title: title, isText: true) }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: Column...) {
        self.init(columns)
    }

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; a cell for each column. Cells for which there is none are left out.
    mutating func add(_ cells: String...) {
        rows.append(
            zip(columns, cells).map { column, cell in
                column.isText && !cell.isEmpty ? VisibleText.of(cell) : PlainTable.word(cell)
            })
    }

    /// The table, each line with its newline. The header alone if there are no rows.
    var text: String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in
            lines.reduce(0) { max($0, column < $1.count ? DisplayWidth.of($1[column]) : 0) }
        }
        var text = ""
        for line in lines {
            var pending = 0
            for (column, cell) in line.enumerated() where column < columns.count {
                let padding = widths[column] - DisplayWidth.of(cell)
                let before = columns[column].alignedRight ? padding : 0
                text += String(repeating: " ", count: pending + before) + cell
                pending = (columns[column].alignedRight ? 0 : padding) + 2
            }
            text += "\n"
        }
        return text
    }

    /// A text as one visible word.
    static func word(_ text: String) -> String {
        guard !text.isEmpty else { return HumanText.unknown }
        return VisibleText.of(text).replacing(" ", with: "\\x20")
    }

    /// `1.2MiB`; `-` for what is not known.
    static func size(_ bytes: UInt64?) -> String {
        bytes.map { HumanText.bytes($0).replacing(" ", with: "") } ?? HumanText.unknown
    }

    /// A digest short enough for a line, and long enough to be found by.
    static func short(_ digest: some CustomStringConvertible) -> String {
        String(digest.description.prefix(19))
    }
}
