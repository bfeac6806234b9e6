import SafeText

nonisolated extension Table {
    /// Returns everything that the table knows about the entry under the cursor, as whole texts:
    /// its name, then the columns with a value, the hidden ones included. Returns no lines for an
    /// empty table.
    func details(_ columns: Int) -> [Line] {
        guard order.indices.contains(cursor), columns > 0 else { return [] }
        let entry = order[cursor]
        let folder = entry < 0 ? folders?.folders[~entry] : nil
        guard let row = entry < 0 ? folder?.sums : rows[entry] else { return [] }
        var lines = Line(folder?.path ?? name(of: row), .title).broken(to: columns)
        if let folder { lines.append(Line(HumanText.count(folder.count, "row"), .dim)) }
        lines.append(Line())
        let values = self.columns.filter { $0.id != nameColumn?.id && !$0.title.isEmpty }.compactMap { column in
            value(of: row, column).map { (column, $0) }
        }
        let label = values.lazy.filter { !$0.0.isExtra }.map { $0.0.title.utf8.count }.max() ?? 0
        let room = max(1, columns - label - ColumnLayout.gap)
        for (column, texts) in values where !column.isExtra {
            let rows = texts.flatMap { Line.wrapped($0.text, to: room, $0.spans.first?.style ?? .normal) }
            for (number, row) in rows.enumerated() {
                let title = Line(number == 0 ? column.title : "", .columnTitle).fitted(to: label)
                lines.append((title + Line.blank(ColumnLayout.gap) + row).truncated(to: columns))
            }
        }
        for (column, texts) in values where column.isExtra {
            lines += [Line()] + texts.flatMap { Line.wrapped($0.text, to: columns) }
        }
        return lines
    }

    /// The whole value of a column, a line each; nil if the row has none.
    private func value(of row: Row, _ column: Column<Row>) -> [Line]? {
        let texts = column.details.map { $0(row).map { Line($0) } } ?? [column.cell(row, Self.wide)]
        let known = texts.filter { $0.width > 0 && $0.text != Self.nothing }
        return known.isEmpty ? nil : known
    }

    /// A width at which no cell is cut.
    static var wide: Int { 200 }

    /// The cell of a value that is not known.
    private static var nothing: String { "–" }
}
