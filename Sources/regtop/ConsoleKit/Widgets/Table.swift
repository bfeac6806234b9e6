import OrderedCollections

/// The state of a table: its rows, order, filter, cursor and marks. Cursor and marks follow the
/// identity of a row, never its number, through every sort, filter and refresh.
///
/// Only `replace`, `sort`, `filter` and folders cost more with more rows. A move of the cursor
/// costs the same for ten rows and for a million.
package nonisolated struct Table<Row: Identifiable & Sendable>: Sendable where Row.ID: Sendable {
    /// May change at any time. A sort by a column that is gone is no sort.
    package var columns: [Column<Row>]
    /// The columns to show, in their order; nil for all.
    var chosen: [Column<Row>.ID]?
    private let searchText: @Sendable (Row) -> String
    /// Makes a filter of a text. Ages in it are counted from the present moment.
    let makeFilter: @Sendable (_ text: String) -> TableFilter<Row>

    package private(set) var rows: [Row] = []
    /// Indices of `rows`: the rows that pass the filter, in their order.
    private(set) var shown: [Int] = []
    /// The entries in the order shown: indices of `rows`, and folders as `RowFolders` numbers them.
    private(set) var order: [Int] = []
    /// The division into folders; nil if the rows have none.
    package var grouping: RowGrouping<Row>?
    /// nil while the table is flat.
    private(set) var folders: RowFolders<Row>?
    /// The paths of the folders that the user opened.
    private var opened: Set<String> = []
    /// While a filter is on, all folders are open but these.
    private var closed: Set<String> = []
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

    /// The row that the cursor goes to when it comes in.
    private var awaited: Row.ID?
    /// The identities of the rows, by their numbers.
    private var numbers: OrderedSet<Row.ID> = []
    /// The texts of the rows, while there is a filter.
    private var texts: RowTexts?
    /// The length of the longest name.
    private(set) var longestName = 0
    /// The indices of all rows, sorted; `shown` is the part that passes the filter.
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
        let usual = columns.filter { !$0.isDetail }
        guard let chosen else { return usual }
        let shown = chosen.compactMap { id in columns.first { $0.id == id } }
        return shown.isEmpty ? usual : shown
    }

    /// The number of positions: of shown rows and folders.
    var count: Int { order.count }

    /// The row under the cursor; nil for a folder.
    package var selected: Row? {
        order.indices.contains(cursor) && order[cursor] >= 0 ? rows[order[cursor]] : nil
    }

    /// The row at a position of the order shown; nil for a folder.
    func row(at position: Int) -> Row? { order[position] >= 0 ? rows[order[position]] : nil }

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
        let shown = Set(shown)
        let hidden = sorted.filter { !shown.contains($0) && marks.contains(rows[$0].id) }
        return HiddenMarks(names: hidden.map { name(of: rows[$0]) })
    }

    /// The name of a row: the text of the column with the names, or of the first one.
    func name(of row: Row) -> String {
        nameColumn?.cell(row, Self.wide).text ?? ""
    }

    var nameColumn: Column<Row>? { columns.first(where: \.isName) ?? columns.first }

    // MARK: Rows

    /// Takes other rows. The cursor stays on its row; if that row is gone, it goes to the next one
    /// that is still there. Marks of rows that are gone are dropped. The first of several rows with
    /// one identity is kept.
    package mutating func replace(_ newRows: [Row]) {
        endRange()
        let former = hasChosen ? order.map { $0 >= 0 ? Place.row(rows[$0].id) : .folder(path(of: $0)) } : []
        read = ContinuousClock.now
        rows = []
        rows.reserveCapacity(newRows.count)
        numbers = []
        numbers.reserveCapacity(newRows.count)
        for row in newRows where numbers.append(row.id).inserted { rows.append(row) }
        texts = filter.isEmpty ? nil : RowTexts(rows.lazy.map(searchText))
        if case .text(let name)? = columns.first(where: \.isName)?.order {
            longestName = rows.reduce(0) { max($0, name($1).utf8.count) }
        }
        marks = marks.filter(numbers.contains)
        folders?.divide(rows)
        arrange(
            former: former.map { place in
                switch place {
                case .row(let id): numbers.firstIndex(of: id)
                case .folder(let path): folders?.folder(path).map { ~$0 }
                }
            })
        followAwaited()
    }

    /// Puts the cursor on a row, now or as soon as it comes in: on the new name of a row that was
    /// moved. A move of the cursor before that ends the wait.
    package mutating func follow(to id: Row.ID) {
        awaited = id
        followAwaited()
    }

    private mutating func followAwaited() {
        guard let id = awaited, let number = numbers.firstIndex(of: id), passes(number) else { return }
        show(number)
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
            guard let number = numbers.firstIndex(of: version.id) else { continue }
            rows[number] = version
            if texts != nil {
                let text = searchText(version)
                texts?.set(text, at: number)
            }
            folders?.touch(number)
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
        let chosen = chosenRow
        let new = makeFilter(text)
        let candidates = new.narrows(filter) ? shown : sorted
        filter = new
        if new.isEmpty {
            closed = []
            texts = nil
        } else if texts == nil {
            texts = RowTexts(rows.lazy.map(searchText))
        }
        shown = new.isEmpty ? sorted : candidates.filter(passes)
        fillFolders()
        followCursor(former: former)
        reveal(chosen)
    }

    /// The number of the row that the user has chosen; nil for a folder and before a choice.
    private var chosenRow: Int? {
        hasChosen && order.indices.contains(cursor) && order[cursor] >= 0 ? order[cursor] : nil
    }

    /// Opens the folders around a row whose cursor lies on one of them now: nobody has chosen all
    /// rows of the folder.
    private mutating func reveal(_ row: Int?) {
        guard let row, folder?.isOpen == false, passes(row) else { return }
        let offset = cursor - top
        show(row)
        top = max(0, cursor - offset)
    }

    private func passes(_ number: Int) -> Bool {
        filter.isEmpty || matches(number, filter)
    }

    private func matches(_ number: Int, _ filter: TableFilter<Row>) -> Bool {
        filter.matches(rows[number], text: texts?[number] ?? RowTexts([searchText(rows[number])])[0])
    }

    private mutating func arrange(former: [Int?]) {
        sorted = RowOrder.of(rows, by: columns.first { $0.id == sortColumn }?.order ?? .none, descending: isDescending)
        shown = filter.isEmpty ? sorted : sorted.filter(passes)
        fillFolders()
        followCursor(former: former)
    }

    /// Puts the cursor back on its entry, or on the folder around it.
    ///
    /// - Parameter former: The entries that were shown before, in their order; nil for one that is
    ///   gone.
    private mutating func followCursor(former: [Int?]) {
        guard hasChosen else {
            cursor = 0
            top = 0
            return
        }
        var positions = [Int?](repeating: nil, count: rows.count)
        var folderPositions = [Int?](repeating: nil, count: folders?.folders.count ?? 0)
        for (position, entry) in order.enumerated() {
            if entry >= 0 { positions[entry] = position } else { folderPositions[~entry] = position }
        }
        func position(_ entry: Int?) -> Int? {
            guard let entry else { return nil }
            if let position = entry >= 0 ? positions[entry] : folderPositions[~entry] { return position }
            // A row in a closed folder has passed the filter; others are not shown.
            guard entry < 0 || passes(entry) else { return nil }
            return folders?.ancestors(of: entry).lazy.compactMap { folderPositions[$0] }.first
        }
        func first(_ entries: some Sequence<Int?>) -> Int? {
            for entry in entries {
                if let position = position(entry) { return position }
            }
            return nil
        }
        let offset = cursor - top
        let after = first(former[min(cursor, former.count)...])
        let before = first(former[..<min(cursor, former.count)].reversed())
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
        awaited = nil
    }

    /// Keeps the cursor on its row from now on, as if the user had moved it there. From a folder it
    /// goes to the next row: who looks for rows has not chosen all rows of a folder.
    mutating func choose() {
        guard let row = order[min(cursor, count)...].firstIndex(where: { $0 >= 0 }) else { return }
        move(to: row)
    }

    /// The entry under the cursor, if the user has chosen it.
    var place: Place? {
        guard hasChosen, order.indices.contains(cursor) else { return nil }
        let entry = order[cursor]
        return entry >= 0 ? .row(rows[entry].id) : .folder(path(of: entry))
    }

    /// Puts the cursor back on an entry; on the first one if nothing was chosen.
    mutating func goBack(to place: Place?) {
        guard let place else {
            (cursor, top, hasChosen) = (0, 0, false)
            return
        }
        let entry: Int? =
            switch place {
            case .row(let id): numbers.firstIndex(of: id)
            case .folder(let path): folders?.folder(path).map { ~$0 }
            }
        if let position = entry.flatMap({ order.firstIndex(of: $0) }) { move(to: position) }
    }

    /// Puts the cursor on the next shown row that a filter lets through, or on the previous one for
    /// -1; begins at the other end after the last one. Returns false if there is no such row.
    mutating func seek(_ filter: TableFilter<Row>, _ step: Int) -> Bool {
        guard count > 0 else { return false }
        // Rows in closed folders count.
        let all = folders == nil ? order : entries { _ in true }
        let start = folders == nil ? cursor : all.firstIndex(of: order[cursor]) ?? 0
        for distance in 1...all.count {
            let number = all[((start + step * distance) % all.count + all.count) % all.count]
            guard number >= 0, matches(number, filter) else { continue }
            show(number)
            return true
        }
        return false
    }

    /// Puts the cursor on a row that passes the filter, and opens the folders around it.
    private mutating func show(_ number: Int) {
        if let folders, !order.contains(number) {
            let rangeBegin = rangeStart.map { order[$0] }
            for folder in folders.ancestors(of: number) { turn(folders.folders[folder].path, open: true) }
            layOut()
            // An open range begins at its entry, not at the position that the entry had.
            rangeStart = rangeBegin.flatMap(order.firstIndex)
        }
        if let position = order.firstIndex(of: number) { move(to: position) }
    }

    /// Makes the cursor visible in a view of `height` rows, and fills the view if there are enough
    /// rows.
    mutating func scroll(toFit height: Int) {
        guard height > 0 else { return }
        top = max(min(top, cursor, count - height), cursor - height + 1, 0)
        for entry in order[top..<min(count, top + height)] where entry < 0 { folders?.refresh(~entry, rows) }
    }

    // MARK: Marks

    /// Marks the row under the cursor, or the shown rows in the folder; if all of them are marked,
    /// unmarks them.
    mutating func toggleMark() {
        guard order.indices.contains(cursor) else { return }
        hasChosen = true
        let entry = order[cursor]
        let numbers = entry >= 0 ? [entry] : folders?.rows(in: ~entry) ?? []
        let removes = numbers.allSatisfy { marks.contains(rows[$0].id) }
        for number in numbers {
            let isChanged =
                removes ? marks.remove(rows[number].id) != nil : marks.insert(rows[number].id).inserted
            if isChanged { folders?.mark(number, by: removes ? -1 : 1) }
        }
    }

    /// The positions of the rows of an open range: from its beginning to the cursor; nil if no
    /// range is open. They become marks when the range ends, and before the rows or their order
    /// change.
    var range: ClosedRange<Int>? { rangeStart.map { min($0, cursor)...max($0, cursor) } }

    /// The number of rows in the open range. A closed folder counts as its shown rows.
    var rangeCount: Int {
        guard let range else { return 0 }
        guard let folders else { return range.count }
        return range.reduce(0) { sum, position in
            let entry = order[position]
            return sum + (entry >= 0 ? 1 : isOpen(~entry) ? 0 : folders.folders[~entry].count)
        }
    }

    private var marksWithRange: Set<Row.ID> {
        range.map { range in
            marks.union(range.lazy.flatMap { rowNumbers(at: $0) }.map { rows[$0].id })
        } ?? marks
    }

    /// The numbers of the rows that a range of marks takes at a position: the row, or all shown
    /// rows in a closed folder.
    private func rowNumbers(at position: Int) -> [Int] {
        let entry = order[position]
        guard entry < 0 else { return [entry] }
        return isOpen(~entry) ? [] : folders?.rows(in: ~entry) ?? []
    }

    /// Begins a range of marks at the cursor.
    mutating func beginRange() {
        guard count > 0 else { return }
        hasChosen = true
        rangeStart = cursor
    }

    /// Marks the rows of the open range and ends it; does nothing if no range is open.
    mutating func endRange() {
        guard rangeStart != nil else { return }
        marks = marksWithRange
        rangeStart = nil
        countMarks()
    }

    /// Ends the open range without marks; returns false if no range is open.
    mutating func dropRange() -> Bool {
        defer { rangeStart = nil }
        return rangeStart != nil
    }

    /// Marks every shown row.
    mutating func markShown() {
        endRange()
        for number in shown { marks.insert(rows[number].id) }
        countMarks()
    }

    /// Inverts the mark of every shown row.
    mutating func invertShown() {
        endRange()
        for number in shown where marks.remove(rows[number].id) == nil { marks.insert(rows[number].id) }
        countMarks()
    }

    /// Marks every shown row that a filter lets through; returns the number of new marks. A text
    /// that is not a filter marks no row.
    mutating func mark(matching filter: TableFilter<Row>) -> Int {
        guard !filter.isEmpty, filter.problem == nil else { return 0 }
        endRange()
        let before = marks.count
        for number in shown where matches(number, filter) {
            marks.insert(rows[number].id)
        }
        countMarks()
        return marks.count - before
    }

    /// Marks every row for which `isMeant` is true, hidden ones included.
    package mutating func mark(where isMeant: (Row) -> Bool) {
        for row in rows where isMeant(row) { marks.insert(row.id) }
        countMarks()
    }

    mutating func clearMarks() {
        rangeStart = nil
        marks = []
        hiddenMarkCount = 0
        folders?.clearMarks()
    }

    /// Counts the hidden marks and those in folders again.
    private mutating func countMarks() {
        hiddenMarkCount = marks.isEmpty ? 0 : marks.count - shown.count { marks.contains(rows[$0].id) }
        guard folders != nil else { return }
        folders?.clearMarks()
        for number in shown where marks.contains(rows[number].id) { folders?.mark(number, by: 1) }
    }
}

// MARK: - Folders

nonisolated extension Table {
    /// The identity of an entry, which outlives its number.
    enum Place {
        case row(Row.ID)
        case folder(String)
    }

    package var isGrouped: Bool { folders != nil }

    /// Groups the rows by folders, or lists them flat. The cursor stays on its row, whose folders
    /// open; that of a folder goes to its first row.
    package mutating func group(_ isGrouped: Bool) {
        guard isGrouped != self.isGrouped, let grouping else { return }
        endRange()
        let chosen = chosenRow
        let former: [Int?] = order.map { entry in
            entry >= 0 ? entry : folders?.rows(in: ~entry).min { sortedBefore($0, $1) }
        }
        folders = isGrouped ? RowFolders(grouping) : nil
        folders?.divide(rows)
        fillFolders()
        followCursor(former: former)
        reveal(chosen)
    }

    private func sortedBefore(_ one: Int, _ other: Int) -> Bool {
        RowOrder.precedes((rows[one], one), (rows[other], other), by: rowOrder, descending: isDescending)
    }

    private var rowOrder: Column<Row>.Order { columns.first { $0.id == sortColumn }?.order ?? .none }

    private func path(of entry: Int) -> String { folders?.folders[~entry].path ?? "" }

    /// Divides the shown rows.
    private mutating func fillFolders() {
        folders?.fill(shown, rows)
        countMarks()
        layOut()
    }

    /// Makes the order of the entries.
    private mutating func layOut() {
        order = folders == nil ? shown : entries { isOpen($0) }
    }

    private func entries(isOpen: (RowFolders<Row>.Folder) -> Bool) -> [Int] {
        folders?.entries(rows, by: rowOrder, descending: isDescending, isOpen: isOpen) ?? shown
    }

    func isOpen(_ folder: RowFolders<Row>.Folder) -> Bool {
        filter.isEmpty ? opened.contains(folder.path) : !closed.contains(folder.path)
    }

    func isOpen(_ folder: Int) -> Bool { folders.map { isOpen($0.folders[folder]) } ?? false }

    private mutating func turn(_ path: String, open: Bool) {
        if filter.isEmpty {
            if open { opened.insert(path) } else { opened.remove(path) }
        } else {
            if open { closed.remove(path) } else { closed.insert(path) }
        }
    }

    /// The number of the folder under the cursor; nil for a row.
    private var selectedFolder: Int? {
        order.indices.contains(cursor) && order[cursor] < 0 ? ~order[cursor] : nil
    }

    /// The folder under the cursor; nil for a row.
    package var folder: FolderState? {
        guard let number = selectedFolder, let folder = folders?.folders[number] else { return nil }
        return FolderState(path: folder.path, count: folder.count, isOpen: isOpen(folder))
    }

    /// The shown rows in the folder under the cursor, in the order of the table.
    package var folderRows: [Row] {
        guard let number = selectedFolder, let folders else { return [] }
        return folders.rows(in: number).sorted { sortedBefore($0, $1) }.map { rows[$0] }
    }

    /// Some of the shown rows in folders at these positions, for the sums that are on the screen.
    func folderRows(at positions: Range<Int>, limit: Int) -> some Sequence<Row> {
        positions.lazy.filter { order[$0] < 0 }.flatMap { folders?.rows(in: ~order[$0], limit: limit) ?? [] }
            .map { rows[$0] }.prefix(limit)
    }

    /// Opens or closes the folder under the cursor.
    mutating func turnFolder(open: Bool) {
        guard let number = selectedFolder else { return }
        endRange()
        hasChosen = true
        turn(path(of: ~number), open: open)
        let former = order
        layOut()
        followCursor(former: former)
    }

    /// True if the cursor is on an open folder, or in a folder.
    var isInFolder: Bool {
        guard let folders, order.indices.contains(cursor) else { return false }
        return folder?.isOpen == true || folders.parent(of: order[cursor]) != nil
    }

    /// Closes the open folder under the cursor, or the folder around it.
    mutating func closeFolder() {
        guard isInFolder else { return }
        if folder?.isOpen != true, let parent = folders?.parent(of: order[cursor]),
            let position = order.firstIndex(of: ~parent)
        {
            move(to: position)
        }
        turnFolder(open: false)
    }
}
