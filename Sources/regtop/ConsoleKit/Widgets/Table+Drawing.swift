import SafeText

nonisolated extension Table {
    /// The width of cursor, blank, mark, blank.
    private static var gutter: Int { 4 }

    /// Returns the column titles and as many rows as fit. Looks only at the rows that it shows.
    func lines(_ size: Size, empty: String = "Nothing here.") -> [Line] {
        guard size.rows > 0, size.columns > 0 else { return [] }
        // With room for one row only, the row under the cursor is worth more than the titles.
        let hasTitles = size.rows > 1
        let columns = shownColumns
        let (gutter, places) = places(of: columns, width: size.columns)
        let height = size.rows - (hasTitles ? 1 : 0)
        var lines = hasTitles ? [titles(columns, places, gutter: gutter)] : []
        guard count > 0 else {
            let text = rows.isEmpty || filter.isEmpty ? empty : "Nothing matches \"\(filter.text)\"."
            return lines + [Line.blank(gutter) + Line(text, .dim).truncated(to: size.columns - gutter)]
        }
        var view = self
        view.scroll(toFit: height)
        for position in view.top..<min(count, view.top + height) {
            lines.append(line(at: position, columns, places, gutter: gutter, width: size.columns))
        }
        return lines
    }

    private func places(of columns: [Column<Row>], width: Int) -> (gutter: Int, places: [ColumnLayout.Place]) {
        let gutter = width >= 24 ? Self.gutter : 1
        let wishes = columns.map { column in
            // Other columns yield before a name is cut, as long as it leaves them most of the row.
            let longest = longestName + (folders.map { 2 * $0.depth + 2 } ?? 0)
            let name = column.isName ? min(longest, (width - gutter) * 2 / 5) : 0
            return ColumnLayout.Wish(
                minimum: max(column.minimum, name), ideal: column.ideal, priority: column.priority,
                isExtra: column.isExtra)
        }
        return (gutter, ColumnLayout.places(wishes, available: width - gutter))
    }

    /// The columns that fit into a width.
    func visibleColumns(width: Int) -> [Column<Row>] {
        let columns = shownColumns
        return width > 0 ? places(of: columns, width: width).places.map { columns[$0.index] } : []
    }

    /// Returns the column whose title is at a place of the titles, which are `width` wide; nil for
    /// none. The gap before a title belongs to it.
    func column(at place: Int, width: Int) -> Column<Row>? {
        let columns = shownColumns
        var (end, places) = places(of: columns, width: width)
        for (number, next) in places.enumerated() {
            end += next.width + (number > 0 ? ColumnLayout.gap : 0)
            if place < end { return columns[next.index] }
        }
        return nil
    }

    /// The sign before an entry: `*` for a marked row, and for a folder with marked rows only; `+`
    /// for a folder with some marked rows.
    private func sign(_ position: Int) -> String {
        let entry = order[position]
        let isInRange = range?.contains(position) == true
        guard entry < 0 else { return isInRange || marks.contains(rows[entry].id) ? "*" : " " }
        if isInRange, !isOpen(~entry) { return "*" }
        guard !marks.isEmpty, let folder = folders?.folders[~entry], folder.marked > 0 else { return " " }
        return folder.marked == folder.count ? "*" : "+"
    }

    /// The cell of an entry. Names are indented below their folders.
    private func cell(of entry: Int, _ row: Row, _ column: Column<Row>, _ width: Int) -> Line {
        guard let folders, column.isName else { return column.cell(row, width) }
        let indent = Line.blank(2 * folders.depth(of: entry))
        guard entry < 0 else { return indent + Line.blank(2) + column.cell(row, width - indent.width - 2) }
        let folder = folders.folders[~entry]
        return indent + Line(isOpen(folder) ? "▾ " : "▸ ", .key) + Line(folder.path, .title)
            + Line("  \(HumanText.count(folder.count))", .dim)
    }

    private func titles(_ columns: [Column<Row>], _ places: [ColumnLayout.Place], gutter: Int) -> Line {
        var line = Line.blank(gutter)
        for (number, place) in places.enumerated() {
            let column = columns[place.index]
            let arrow = column.id == sortColumn ? (isDescending ? "▼" : "▲") : ""
            if number > 0 { line.append(Line.blank(ColumnLayout.gap)) }
            line.append(Line(column.title + arrow, .columnTitle).fitted(to: place.width, column.alignment))
        }
        return line
    }

    private func line(
        at position: Int, _ columns: [Column<Row>], _ places: [ColumnLayout.Place], gutter: Int, width: Int
    ) -> Line {
        let entry = order[position]
        guard let row = entry >= 0 ? rows[entry] : folders?.folders[~entry].sums else { return Line() }
        let isSelected = position == cursor
        let sign = sign(position)
        var line: Line
        if gutter == 1 {
            line = isSelected ? Line(">") : Line(sign, .marked)
        } else {
            line = Line(isSelected ? "> " : "  ") + (sign == " " ? Line("  ") : Line(sign + " ", .marked))
        }
        for (number, place) in places.enumerated() {
            let column = columns[place.index]
            var cell = cell(of: entry, row, column, place.width).truncated(to: place.width, column.trimming)
            if sign == "*", number == 0 { cell = cell.styled(.marked) }
            if column.isSearched { cell = cell.highlighting(filter.words, .match) }
            if number > 0 { line.append(Line.blank(ColumnLayout.gap)) }
            line.append(cell.fitted(to: place.width, column.alignment))
        }
        guard isSelected else { return line }
        // One style for the whole row: a step of the cursor repaints two rows, and every further
        // style costs bytes. Bars are solid, so they stay and cost none.
        return Line(
            line.fitted(to: width).spans.map { $0.style == .bar || $0.style == .barShared ? $0 : $0.styled(.selected) }
        ).merged
    }
}
