import SafeText

/// Rows in aligned columns under a header, with two spaces between columns.
///
/// Every cell is one word, so that `awk '{print $1}'` works: spaces and control characters are
/// escaped, and an empty cell is `-`. Only the last column may have texts with spaces.
nonisolated struct PlainTable {
    struct Column {
        let title: String
        /// True for numbers.
        var alignedRight = false
        /// True for texts with spaces.
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

    /// Adds a row with a cell for each column; further cells are ignored.
    mutating func add(_ cells: String...) {
        rows.append(
            zip(columns, cells).map { column, cell in
                column.isText && !cell.isEmpty ? VisibleText.of(cell) : PlainTable.word(cell)
            })
    }

    /// The header and the rows, each line with its newline.
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

    /// `1.2MiB`; `-` if it is not known.
    static func size(_ bytes: UInt64?) -> String {
        bytes.map { HumanText.bytes($0).replacing(" ", with: "") } ?? HumanText.unknown
    }

    /// A digest that is short enough for a table and still unique.
    static func short(_ digest: some CustomStringConvertible) -> String {
        String(digest.description.prefix(19))
    }
}

/// Names with values, one on each line, aligned.
nonisolated struct FactLines {
    private var facts: [(name: String, value: String)] = []

    /// Adds a line; nil is an unknown value.
    mutating func add(_ name: String, _ value: String?) {
        facts.append((name, value.map(VisibleText.of) ?? HumanText.unknown))
    }

    /// The lines, each with its newline.
    var text: String {
        let width = facts.reduce(0) { max($0, $1.name.count) }
        return facts.map { fact in
            fact.name + String(repeating: " ", count: width - fact.name.count + 2) + fact.value + "\n"
        }.joined()
    }
}
