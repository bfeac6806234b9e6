/// The state of a table: its rows, order, filter, cursor and marks. Cursor and marks follow the
/// identity of a row, never its number, through every sort, filter and refresh.
///
/// Only `replace`, `sort` and `filter` cost more with more rows. A move of the cursor costs the
/// same for ten rows and for a million.
package nonisolated struct Table<Row: Identifiable & Sendable>: Sendable where Row.ID: Sendable {
    /// May change at any time. A sort by a column that is gone is no sort.
    package var columns: [Column<Row>]
    /// The columns to show, in their order; nil for all.
    var chosen: [Column<Row>.ID]?
    private let searchText: @Sendable (Row) -> String
    /// Makes a filter of a text. Ages in it are counted from the present moment.
    let makeFilter: @Sendable (_ text: String) -> TableFilter<Row>

    package private(set) var rows: [Row] = []
    /// Indices of `rows`: the rows that pass the filter, in the order shown.
    private(set) var order: [Int] = []
    /// A position in `order`; 0 if no row is shown.
    private(set) var cursor = 0
    /// The first position that is visible; `scroll` keeps the cursor visible.
    private(set) var top = 0
    /// True if the user has chosen a row. Until then the cursor stays at the top while rows come
    /// in.
    private(set) var hasChosen = false
    private(set) var marks: Set<Row.ID> = []
    /// The position at which a range of marks begins; nil if no range is open.
    private(set) var rangeStart: Int?
    /// The number of marked rows that the filter hides.
    private(set) var hiddenMarkCount = 0
    private(set) var sortColumn: Column<Row>.ID?
    private(set) var isDescending = false
    package private(set) var filter = TableFilter<Row>()
    /// The moment at which the rows were read; nil before that.
    private(set) var read: ContinuousClock.Instant?
    /// The words of filters, for completion.
    package var vocabulary: [String] = []

    private var numbers: [Row.ID: Int] = [:]
    private var texts = RowTexts()
    /// The length of the longest name.
    private var longestName = 0
    /// The indices of all rows, sorted; `order` is the part that passes the filter.
    private var sorted: [Int] = []

    /// - Parameters:
    ///   - searchText: Returns the text in which the words of a filter are looked for.
    ///   - filter: Makes a filter of a text.
    package init(
        columns: [Column<Row>], searchText: @escaping @Sendable (Row) -> String,
        filter: @escaping @Sendable (_ text: String) -> TableFilter<Row>
    ) {
        self.columns = columns
        self.searchText = searchText
        makeFilter = filter
    }

    // MARK: Shown rows

    var shownColumns: [Column<Row>] {
        guard let chosen else { return columns }
        let shown = chosen.compactMap { id in columns.first { $0.id == id } }
        return shown.isEmpty ? columns : shown
    }

    var count: Int { order.count }

    package var selected: Row? { order.indices.contains(cursor) ? rows[order[cursor]] : nil }

    /// The row at a position of the order shown.
    func row(at position: Int) -> Row { rows[order[position]] }

    /// Returns true if exactly `count` rows are marked, hidden ones and those of an open range
    /// included. Looks at `count` rows at most.
    package func hasMarks(_ count: Int) -> Bool {
        marks.count <= count && (range?.count ?? 0) <= count && marksWithRange.count == count
    }

    /// The marked rows in the order of the table, hidden ones and those of an open range included.
    /// Looks at every row if there are any.
    package var markedRows: [Row] {
        let marks = marksWithRange
        return marks.isEmpty ? [] : sorted.lazy.map { rows[$0] }.filter { marks.contains($0.id) }
    }

    /// The marked rows that the filter hides. Looks at every row if there are any.
    package var hiddenMarks: HiddenMarks {
        guard hiddenMarkCount > 0 else { return HiddenMarks() }
        let shown = Set(order)
        let hidden = sorted.filter { !shown.contains($0) && marks.contains(rows[$0].id) }
        return HiddenMarks(names: hidden.map { columns.first?.cell(rows[$0], 200).text ?? "" })
    }

    // MARK: Rows

    /// Takes other rows. The cursor stays on its row; if that row is gone, it goes to the next one
    /// that is still there. Marks of rows that are gone are dropped. The first of several rows with
    /// one identity is kept.
    package mutating func replace(_ newRows: [Row]) {
        endRange()
        let former = hasChosen ? order.map { rows[$0].id } : []
        read = ContinuousClock.now
        rows = []
        rows.reserveCapacity(newRows.count)
        numbers = [:]
        numbers.reserveCapacity(newRows.count)
        for row in newRows where numbers.updateIfMissing(row.id, rows.count) { rows.append(row) }
        texts = RowTexts(rows.lazy.map(searchText))
        if case .text(let name)? = columns.first(where: \.isName)?.order {
            longestName = rows.reduce(0) { max($0, name($1).utf8.count) }
        }
        marks.formIntersection(numbers.keys)
        arrange(former: former.map { numbers[$0] })
    }

    /// Removes rows with their marks, hidden ones included.
    package mutating func remove(where isGone: (Row) -> Bool) {
        let kept = rows.filter { !isGone($0) }
        if kept.count < rows.count { replace(kept) }
    }

    /// Takes new versions of some rows, by identity, without a sort or filter, so that rows keep
    /// their places while their sizes come in. Call `settle` after the last update. Rows that are
    /// not in the table are ignored.
    package mutating func update(_ versions: [Row]) {
        for version in versions {
            guard let number = numbers[version.id] else { continue }
            rows[number] = version
            texts.set(searchText(version), at: number)
        }
    }

    /// Sorts and filters again, after updates.
    package mutating func settle() {
        endRange()
        arrange(former: order)
    }

    // MARK: Sorting and filtering

    /// Sorts by a column; nil restores the original order.
    package mutating func sort(by column: Column<Row>.ID?, descending: Bool) {
        sortColumn = column
        isDescending = descending
        settle()
    }

    /// Shows only the rows that a filter lets through.
    mutating func filter(_ text: String) {
        endRange()
        let former = order
        let new = makeFilter(text)
        let candidates = new.narrows(filter) ? order : sorted
        filter = new
        order = candidates.filter(passes)
        followCursor(former: former)
    }

    private func passes(_ number: Int) -> Bool {
        filter.isEmpty || filter.matches(rows[number], text: texts[number])
    }

    private mutating func arrange(former: [Int?]) {
        sorted = RowOrder.of(rows, by: columns.first { $0.id == sortColumn }?.order ?? .none, descending: isDescending)
        order = sorted.filter(passes)
        followCursor(former: former)
    }

    /// Puts the cursor back on its row.
    ///
    /// - Parameter former: The rows that were shown before, in their order; nil for one that is
    ///   gone.
    private mutating func followCursor(former: [Int?]) {
        hiddenMarkCount = marks.isEmpty ? 0 : marks.count - order.count { marks.contains(rows[$0].id) }
        guard hasChosen else {
            cursor = 0
            top = 0
            return
        }
        var positions = [Int?](repeating: nil, count: rows.count)
        for (position, number) in order.enumerated() { positions[number] = position }
        let offset = cursor - top
        let after = former[min(cursor, former.count)...].lazy.compactMap { $0.flatMap { positions[$0] } }.first
        let before = former[..<min(cursor, former.count)].reversed().lazy.compactMap { $0.flatMap { positions[$0] } }
            .first
        cursor = after ?? before ?? 0
        // The row keeps its place on the screen if possible.
        top = max(0, cursor - offset)
    }

    // MARK: Moving

    mutating func move(by rows: Int) {
        move(to: cursor + rows)
    }

    mutating func move(to position: Int) {
        cursor = max(0, min(count - 1, position))
        hasChosen = true
    }

    /// Keeps the cursor on its row from now on, as if the user had moved it there.
    mutating func choose() { if selected != nil { hasChosen = true } }

    /// Puts the cursor on a row; returns false if the row is not shown.
    mutating func select(_ id: Row.ID) -> Bool {
        guard let number = numbers[id], let position = order.firstIndex(of: number) else { return false }
        move(to: position)
        return true
    }

    /// Puts the cursor on the next shown row that a filter lets through, or on the previous one for
    /// -1; begins at the other end after the last one. Returns false if there is no such row.
    mutating func seek(_ filter: TableFilter<Row>, _ step: Int) -> Bool {
        guard count > 0 else { return false }
        for distance in 1...count {
            let position = ((cursor + step * distance) % count + count) % count
            let number = order[position]
            guard filter.matches(rows[number], text: texts[number]) else { continue }
            move(to: position)
            return true
        }
        return false
    }

    /// Makes the cursor visible in a view of `height` rows, and fills the view if there are enough
    /// rows.
    mutating func scroll(toFit height: Int) {
        guard height > 0 else { return }
        top = max(min(top, cursor, count - height), cursor - height + 1, 0)
    }

    // MARK: Marks

    mutating func toggleMark() {
        guard let selected else { return }
        hasChosen = true
        if marks.remove(selected.id) == nil { marks.insert(selected.id) }
    }

    /// The positions of the rows of an open range: from its beginning to the cursor; nil if no
    /// range is open. They become marks when the range ends, and before the rows or their order
    /// change.
    var range: ClosedRange<Int>? { rangeStart.map { min($0, cursor)...max($0, cursor) } }

    private var marksWithRange: Set<Row.ID> {
        range.map { marks.union($0.lazy.map { rows[order[$0]].id }) } ?? marks
    }

    /// Begins a range of marks at the cursor.
    mutating func beginRange() {
        guard selected != nil else { return }
        hasChosen = true
        rangeStart = cursor
    }

    /// Marks the rows of the open range and ends it; does nothing if no range is open.
    mutating func endRange() {
        marks = marksWithRange
        rangeStart = nil
    }

    /// Ends the open range without marks; returns false if no range is open.
    mutating func dropRange() -> Bool {
        defer { rangeStart = nil }
        return rangeStart != nil
    }

    /// Marks every shown row.
    mutating func markShown() {
        endRange()
        for number in order { marks.insert(rows[number].id) }
    }

    /// Inverts the mark of every shown row.
    mutating func invertShown() {
        endRange()
        for number in order where marks.remove(rows[number].id) == nil { marks.insert(rows[number].id) }
    }

    /// Marks every shown row that a filter lets through; returns the number of new marks. A text
    /// that is not a filter marks no row.
    mutating func mark(matching filter: TableFilter<Row>) -> Int {
        guard !filter.isEmpty, filter.problem == nil else { return 0 }
        endRange()
        let before = marks.count
        for number in order where filter.matches(rows[number], text: texts[number]) {
            marks.insert(rows[number].id)
        }
        return marks.count - before
    }

    /// Marks every row for which `isMeant` is true, hidden ones included.
    package mutating func mark(where isMeant: (Row) -> Bool) {
        for row in rows where isMeant(row) { marks.insert(row.id) }
    }

    mutating func clearMarks() {
        rangeStart = nil
        marks = []
        hiddenMarkCount = 0
    }
}

/// The marked rows that a filter hides. Every question lists them.
package nonisolated struct HiddenMarks: Sendable, Equatable {
    /// The text of the first column, in the order of the table.
    package var names: [String] = []

    package init(names: [String] = []) {
        self.names = names
    }
}

nonisolated extension Dictionary {
    /// Returns false if the key has a value already.
    fileprivate mutating func updateIfMissing(_ key: Key, _ value: Value) -> Bool {
        guard self[key] == nil else { return false }
        self[key] = value
        return true
    }
}

// MARK: - Drawing

nonisolated extension Table {
    /// The width of cursor, blank, mark, blank.
    private static var gutter: Int { 4 }

    /// Returns the column titles and as many rows as fit. Looks only at the rows that it shows.
    func lines(_ size: Size, empty: String = "Nothing here.") -> [Line] {
        guard size.rows > 0, size.columns > 0 else { return [] }
        // With room for one row only, the row under the cursor is worth more than the titles.
        let hasTitles = size.rows > 1
        let gutter = size.columns >= 24 ? Self.gutter : 1
        let columns = shownColumns
        let wishes = columns.map { column in
            // Other columns yield before a name is cut, as long as it leaves them most of the row.
            let name = column.isName ? min(longestName, (size.columns - gutter) * 2 / 5) : 0
            return ColumnLayout.Wish(
                minimum: max(column.minimum, name), ideal: column.ideal, priority: column.priority,
                isExtra: column.isExtra)
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
            lines.append(line(at: position, columns, places, gutter: gutter, width: size.columns))
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
        at position: Int, _ columns: [Column<Row>], _ places: [ColumnLayout.Place], gutter: Int, width: Int
    ) -> Line {
        let row = row(at: position)
        let isSelected = position == cursor
        let isMarked = marks.contains(row.id) || range?.contains(position) == true
        var line: Line
        if gutter == 1 {
            line = isSelected ? Line(">") : Line(isMarked ? "*" : " ", .marked)
        } else {
            line = Line(isSelected ? "> " : "  ") + (isMarked ? Line("* ", .marked) : Line("  "))
        }
        for (number, place) in places.enumerated() {
            let column = columns[place.index]
            var cell = column.cell(row, place.width).truncated(to: place.width, column.trimming)
            if isMarked, number == 0 { cell = cell.styled(.marked) }
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
