nonisolated extension Table {
    /// Cursor, blank, mark, blank.
    private static var gutter: Int { 4 }

    /// The column titles and as many rows as fit. Looks only at the rows it shows.
    func lines(_ size: Size, empty: String = "Nothing here.") -> [Line] {
        guard size.rows > 0, size.columns > 0 else { return [] }
        // Room for one row only: the row under the cursor says more than the titles.
        let hasTitles = size.rows > 1
        let gutter = size.columns >= 24 ? Self.gutter : 1
        let columns = shownColumns
        let wishes = columns.map { column in
            ColumnLayout.Wish(
                minimum: column.minimum, ideal: column.ideal, priority: column.priority, isExtra: column.isExtra)
        }
        let places = ColumnLayout.places(wishes, available: size.columns - gutter)
        let height = size.rows - (hasTitles ? 1 : 0)
        var lines = hasTitles ? [titles(columns, places, gutter: gutter)] : []
        guard count > 0 else {
            let text = rows.isEmpty || filter.isEmpty ? empty : "Nothing matches \"\(filter.text)\"."
            return lines + [Line.blank(gutter) + Line(text, .dim).truncated(to: size.columns - gutter)]
        }
        var view = self
        view.scroll(toFit: height)
        for position in view.top..<min(count, view.top + height) {
            lines.append(line(at: position, columns, places, gutter: gutter))
        }
        return lines
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
        at position: Int, _ columns: [Column<Row>], _ places: [ColumnLayout.Place], gutter: Int
    ) -> Line {
        let row = row(at: position)
        let isSelected = position == cursor
        let isMarked = marks.contains(row.id)
        var line: Line
        if gutter == 1 {
            line = isSelected ? Line(">", .title) : Line(isMarked ? "*" : " ", .marked)
        } else {
            line = Line(isSelected ? "> " : "  ") + (isMarked ? Line("* ", .marked) : Line("  "))
        }
        for (number, place) in places.enumerated() {
            let column = columns[place.index]
            var cell = column.cell(row, place.width).truncated(to: place.width, column.trimming)
            if isMarked, number == 0 { cell = cell.styled(.marked) }
            if column.isSearched { cell = cell.highlighting(filter.words, .match) }
            // Only the first column is inverted: a step of the cursor then repaints a few cells, not two whole rows.
            if isSelected, number == 0 { cell = cell.styled(.selected) }
            if number > 0 { line.append(Line.blank(ColumnLayout.gap)) }
            line.append(cell.fitted(to: place.width, column.alignment))
        }
        return line
    }
}
