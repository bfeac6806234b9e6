import AdminCore
import Foundation

/// The state of a table: rows, how they are sorted and filtered, where the cursor is and what is marked. Cursor and marks
/// follow a row's identity through every sort, filter and refresh, never its number. A value, without any terminal.
///
/// Work grows with the number of rows on `replace`, `sort` and `filter` only; a key that moves the cursor costs the same
/// for ten rows and for a million.
nonisolated struct Table<Row: Identifiable & Sendable>: Sendable where Row.ID: Sendable {
    /// May change at any time; sorting by a column that is gone means no sorting.
    var columns: [Column<Row>]
    /// Which columns are shown, and in which order; nil for all of them as they are.
    var chosen: [Column<Row>.ID]?
    private let searchText: @Sendable (Row) -> String
    private let values: TableFilter<Row>.Values
    private let clock: WallClock

    private(set) var rows: [Row] = []
    /// Numbers into `rows`: what passes the filter, in the order shown.
    private(set) var order: [Int] = []
    /// A position in `order`. 0 when nothing is shown.
    private(set) var cursor = 0
    /// The first position shown; `scroll` keeps the cursor in sight.
    private(set) var top = 0
    /// False until somebody chose a row: the cursor then stays at the top while rows still come in.
    private(set) var hasChosen = false
    private(set) var marks: Set<Row.ID> = []
    /// How many marked rows the filter hides.
    private(set) var hiddenMarkCount = 0
    private(set) var sortColumn: Column<Row>.ID?
    private(set) var isDescending = false
    private(set) var filter = TableFilter<Row>()

    private var numbers: [Row.ID: Int] = [:]
    private var haystacks: [[UInt8]] = []
    /// Every row, sorted; `order` is the part of it that passes the filter.
    private var sorted: [Int] = []

    /// - Parameters:
    ///   - searchText: what the words of a filter are looked for in.
    ///   - clock: what ages are counted from.
    ///   - values: what its comparisons look at.
    init(
        columns: [Column<Row>], searchText: @escaping @Sendable (Row) -> String, clock: WallClock,
        values: @escaping TableFilter<Row>.Values
    ) {
        self.clock = clock
        self.columns = columns
        self.searchText = searchText
        self.values = values
    }

    /// A table whose rows have no fields to be compared, so that no age is counted.
    init(columns: [Column<Row>], searchText: @escaping @Sendable (Row) -> String) {
        self.init(columns: columns, searchText: searchText, clock: .stopped(at: .distantPast)) { _, _ in nil }
    }

    // MARK: What is shown

    var shownColumns: [Column<Row>] {
        guard let chosen else { return columns }
        let shown = chosen.compactMap { id in columns.first { $0.id == id } }
        return shown.isEmpty ? columns : shown
    }

    var count: Int { order.count }

    var selected: Row? { order.indices.contains(cursor) ? rows[order[cursor]] : nil }

    /// The row at a position of the order shown.
    func row(at position: Int) -> Row { rows[order[position]] }

    /// The marked rows, in the order in which all rows are sorted; whether the filter shows them or not. Looks at every row, once
    /// anything is marked.
    var markedRows: [Row] { marks.isEmpty ? [] : sorted.lazy.map { rows[$0] }.filter { marks.contains($0.id) } }

    /// The marked rows that the filter hides. Looks at every row, if there are any.
    var hiddenMarks: HiddenMarks {
        guard hiddenMarkCount > 0 else { return HiddenMarks() }
        let shown = Set(order)
        let hidden = sorted.filter { !shown.contains($0) && marks.contains(rows[$0].id) }
        return HiddenMarks(names: hidden.map { columns.first?.cell(rows[$0], 200).text ?? "" })
    }

    // MARK: Rows

    /// Takes other rows. The cursor stays on its row, or, if that is gone, goes to the next one that is still there; marks of
    /// rows that are gone are dropped. Of several rows with one identity the first is kept.
    mutating func replace(_ newRows: [Row]) {
        let former = hasChosen ? order.map { rows[$0].id } : []
        rows = []
        numbers = [:]
        numbers.reserveCapacity(newRows.count)
        for row in newRows where numbers.updateIfMissing(row.id, rows.count) { rows.append(row) }
        haystacks = rows.map(haystack)
        marks.formIntersection(numbers.keys)
        arrange(former: former.map { numbers[$0] })
    }

    /// Takes new versions of some rows, by identity, without sorting or filtering again: rows do not jump about while their
    /// sizes come in. Call `settle` when there will be no more. Rows that are not in the table are ignored.
    mutating func update(_ versions: [Row]) {
        for version in versions {
            guard let number = numbers[version.id] else { continue }
            rows[number] = version
            haystacks[number] = haystack(version)
        }
    }

    /// Sorts and filters again, after updates.
    mutating func settle() {
        arrange(former: order)
    }

    private func haystack(_ row: Row) -> [UInt8] { searchText(row).utf8.map(Line.folded) }

    // MARK: Sorting and filtering

    /// Sorts by a column; nil restores the order in which the rows came.
    mutating func sort(by column: Column<Row>.ID?, descending: Bool) {
        sortColumn = column
        isDescending = descending
        settle()
    }

    /// The text as a filter of this table's rows, which are as old as they are now.
    func understood(_ text: String) -> TableFilter<Row> { TableFilter(text, now: clock.now) }

    /// Shows only the rows that a filter lets through.
    mutating func filter(_ text: String) {
        let former = order
        let new = understood(text)
        let candidates = new.narrows(filter) ? order : sorted
        filter = new
        order = candidates.filter(passes)
        followCursor(former: former)
    }

    private func passes(_ number: Int) -> Bool {
        filter.isEmpty || filter.matches(rows[number], haystack: haystacks[number], values)
    }

    private mutating func arrange(former: [Int?]) {
        sorted = RowOrder.of(rows, by: columns.first { $0.id == sortColumn }?.order ?? .none, descending: isDescending)
        order = sorted.filter(passes)
        followCursor(former: former)
    }

    /// Puts the cursor back on its row; `former` are the rows that were shown before, in their order, those that are gone as nil.
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
        // The row keeps its place on the screen where that is possible.
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

    /// The row under the cursor is meant: the cursor stays on it whatever is shown besides.
    mutating func choose() { if selected != nil { hasChosen = true } }

    /// Puts the cursor on a row; false if it is not shown.
    mutating func select(_ id: Row.ID) -> Bool {
        guard let number = numbers[id], let position = order.firstIndex(of: number) else { return false }
        move(to: position)
        return true
    }

    /// Keeps the cursor in sight of a view of so many rows, and fills the view where there are enough.
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

    /// Marks every row shown.
    mutating func markShown() {
        for number in order { marks.insert(rows[number].id) }
    }

    /// Marks every row shown that is not marked, and takes the mark from those that are.
    mutating func invertShown() {
        for number in order where marks.remove(rows[number].id) == nil { marks.insert(rows[number].id) }
    }

    /// Marks every row shown that a filter would let through; how many were not marked before. None if it is no filter.
    mutating func mark(matching filter: TableFilter<Row>) -> Int {
        guard !filter.isEmpty, filter.problem == nil else { return 0 }
        let before = marks.count
        for number in order where filter.matches(rows[number], haystack: haystacks[number], values) {
            marks.insert(rows[number].id)
        }
        return marks.count - before
    }

    /// Marks every row for which this is true, whether or not the filter shows it.
    mutating func mark(where isMeant: (Row) -> Bool) {
        for row in rows where isMeant(row) { marks.insert(row.id) }
    }

    mutating func clearMarks() {
        marks = []
        hiddenMarkCount = 0
    }
}

/// Marked rows that a filter hides: every question lists them.
nonisolated struct HiddenMarks: Sendable, Equatable {
    /// As their first column has them, in the order of the table.
    var names: [String] = []
}

nonisolated extension Dictionary {
    /// False if there is a value already.
    fileprivate mutating func updateIfMissing(_ key: Key, _ value: Value) -> Bool {
        guard self[key] == nil else { return false }
        self[key] = value
        return true
    }
}
