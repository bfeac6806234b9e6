import SafeText

/// A table on a screen: its state, its drawing, and the commands of every table. A screen appends
/// these commands to its own and calls `escape` from its own `escape`.
package final class TableView<Row: Identifiable & Sendable>: Pointable where Row.ID: Sendable {
    package var table: Table<Row>
    /// The text that stands in place of rows if there are none.
    package var empty = "Nothing here."
    /// True if the rows are older than a change that another client has made.
    package var isOutdated = false
    /// The text that `Y` copies, none if it is empty; nil for the name in the table.
    package var clip: ((Row) -> String)?
    /// The kind of this text.
    package var clipKind: (Row) -> CopyItem.Kind = { _ in .name }
    /// The texts of a row that `y` offers after the one of `Y`.
    package var others: ((Row) -> [CopyItem])?
    /// Called before the rows are grouped by folders, or listed flat.
    package var regroup: () -> Void = {}
    /// False if the screen shows the details of the row below the table.
    package var hasDetailsBeside = true
    let canMark: Bool
    /// The rows of the last drawing, for moves by pages.
    private(set) var page = 1
    /// The height of the table on the screen, with the titles.
    private var height = 1
    private var width = 0
    /// The number of rows of the screen below the table.
    private var below = 0

    package init(_ table: Table<Row>, canMark: Bool = false) {
        self.table = table
        self.canMark = canMark
    }

    package func lines(_ size: Size) -> [Line] { lines(size, below: 0) }

    /// Returns the table and, below it, details of the row under the cursor. They take `rows` rows
    /// in any case, the first of them empty, so that the table keeps its height.
    package func lines(_ size: Size, details: [Line], rows: Int) -> [Line] {
        let table = lines(Size(rows: size.rows - rows, columns: size.columns), below: rows)
        let gap = max(0, size.rows - rows - table.count) + 1
        return table + Array(repeating: Line(), count: gap) + details.prefix(rows - 1)
    }

    private func lines(_ size: Size, below: Int) -> [Line] {
        page = max(1, size.rows - 1)
        height = size.rows
        width = size.columns
        self.below = below
        table.scroll(toFit: size.rows > 1 ? size.rows - 1 : size.rows)
        return table.lines(size, empty: empty)
    }

    /// The rows of the last drawing, then those of the page below and of the page above.
    package var inSight: [Row] {
        let shown = table.top..<min(table.count, table.top + page)
        let below = shown.upperBound..<min(table.count, shown.upperBound + page)
        let above = max(0, shown.lowerBound - page)..<shown.lowerBound
        let rows = [Array(shown), Array(below), above.reversed()].joined().compactMap { table.row(at: $0) }
        // The sums of the folders on the screen, but not all of a folder with many rows.
        return rows + (table.isGrouped ? Array(table.folderRows(at: shown, limit: 500)) : [])
    }

    /// Counts from the lower end of the screen, where only the details lie below the table.
    package func point(at row: Int, _ place: Int, of rows: Int) -> Pointed {
        let line = row - (rows - below - height) - (height > 1 ? 1 : 0)
        if height > 1, line == -1, let column = table.column(at: place, width: width) {
            guard sortable.contains(where: { $0.id == column.id }) else { return .nothing }
            return .action(sort(by: column.id))
        }
        guard (0..<page).contains(line), table.top + line < table.count else { return .nothing }
        table.move(to: table.top + line)
        return .row
    }

    /// The rows that the filter shows, in their order.
    package var shownRows: [Row] { table.shown.map { table.rows[$0] } }

    package var copies: [CopyItem] {
        guard let row = table.selected else { return [] }
        return [CopyItem(clipKind(row), name(of: row))] + (others?(row) ?? [])
    }

    package var rowsAbove: Int { table.count > 0 ? table.top : 0 }

    package var rowsBelow: Int { max(0, table.count - table.top - page) }

    package var isEmpty: Bool { table.count == 0 }

    package func details(_ columns: Int) -> [Line] { table.details(columns) }

    private func name(of row: Row) -> String { clip?(row) ?? table.name(of: row) }

    /// True if there are rows for a command: marked ones, or the one under the cursor. Costs
    /// nothing.
    package var hasTargets: Bool { !table.marks.isEmpty || table.count > 0 }

    /// The rows for a command: the marked ones, hidden ones included, or the one under the cursor,
    /// or the shown ones in the folder under the cursor.
    package var targets: [Row] {
        let marked = table.markedRows
        return marked.isEmpty ? table.selected.map { [$0] } ?? table.folderRows : marked
    }

    /// The last filter, for jumps to its matches after it has ended; nil before one.
    private var sought: TableFilter<Row>?

    /// Moves to the next row, or the previous one, that the last filter lets through; begins at the
    /// other end after the last one.
    private func seek(_ step: Int) -> Effect {
        guard let sought else { return .none }
        guard table.seek(sought, step) else { return .say(.info("No row matches \"\(sought.text)\".")) }
        return .none
    }

    /// Drops an open range, else ends the filter; returns false if there is neither.
    package func escape() -> Bool {
        if table.dropRange() { return true }
        guard !table.filter.text.isEmpty else { return false }
        table.filter("")
        return true
    }

    /// The filter as options of a command line.
    package var filterWords: [String] {
        table.filter.isEmpty || table.filter.problem != nil ? [] : ["--where", table.filter.text]
    }

    package private(set) lazy var commands: [Command] = moves + views + (canMark ? marking : [])

    /// The number of rows, and `selection`, for the title of a screen.
    package var summary: [Line] {
        [Line(HumanText.count(table.rows.count))].filter { _ in table.shown.count == table.rows.count } + selection
    }

    /// Marks, filter and order, such as "1,204 shown of 3,870", for the title of a screen.
    package var selection: [Line] { selection(at: ContinuousClock.now) }

    /// Says how old the rows are if they are older than a minute.
    func selection(at now: ContinuousClock.Instant) -> [Line] {
        var parts: [Line] = []
        if isOutdated {
            parts.append(Line("changed elsewhere, F5 reads it again", .warning))
        } else if let read = table.read, now - read >= .seconds(60) {
            parts.append(Line("read \(HumanText.duration(now - read)) ago", .dim))
        }
        let all = table.rows.count
        if table.marks.count > 0 {
            let hidden = table.hiddenMarkCount > 0 ? ", \(HumanText.count(table.hiddenMarkCount)) hidden" : ""
            parts.append(Line("\(HumanText.count(table.marks.count)) marked\(hidden)", .marked))
        }
        if table.range != nil {
            parts.append(Line("range of \(HumanText.count(table.rangeCount)), :range ends it", .marked))
        }
        if table.isGrouped { parts.append(Line("in folders")) }
        if table.shown.count != all {
            parts.append(Line("\(HumanText.count(table.shown.count)) shown of \(HumanText.count(all))"))
        }
        if table.filter.problem != nil {
            // The user still types the filter, and the reason stands beside it.
            parts.append(Line("no valid filter, all rows shown", .warning))
        } else if !table.filter.isEmpty {
            parts.append(Line("filter ") + Line(table.filter.text, .match))
        }
        if let column = table.columns.first(where: { $0.id == table.sortColumn }) {
            parts.append(
                Line("sorted by \(column.title.lowercased())\(table.isDescending ? ", descending" : "")", .dim))
        }
        return parts
    }
}

// MARK: - Commands

extension TableView {
    private func move(
        _ name: String, _ keys: [Key], _ help: String, _ change: @escaping (inout Table<Row>, Int) -> Void
    ) -> Command {
        Command(name: name, keys: keys, help: help, group: .move) { [unowned self] in
            change(&table, page)
            return .none
        }
    }

    var moves: [Command] {
        [
            move("down", [.down, .character("j")], "One row down") { table, _ in table.move(by: 1) },
            move("up", [.up, .character("k")], "One row up") { table, _ in table.move(by: -1) },
            move("page-down", [.pageDown, .control("f")], "One page down") { $0.move(by: $1) },
            move("page-up", [.pageUp, .control("b")], "One page up") { $0.move(by: -$1) },
            move("half-down", [.control("d")], "Half a page down") { $0.move(by: max(1, $1 / 2)) },
            move("half-up", [.control("u")], "Half a page up") { $0.move(by: -max(1, $1 / 2)) },
            move("top", [.character("g"), .home], "First row") { table, _ in table.move(to: 0) },
            move("bottom", [.character("G"), .end], "Last row") { table, _ in table.move(to: table.count - 1) },
        ]
    }

    var views: [Command] {
        [
            Command(
                name: "filter", keys: [.character("/")], hint: "filter",
                help: "Shows only the rows that match: words, age>180d, size>1G, not, or, …",
                argument: .init(choices: { [] }, action: { [unowned self] in filter(by: $0) })
            ) { [unowned self] in .prompt(filterPrompt(table.filter.text, before: table.filter.text)) },
            Command(
                name: "sort", keys: [.character("s")], hint: "sort",
                help: "Sorts by the next column; \":sort size\" sorts by size",
                argument: .init(
                    choices: { [unowned self] in sortable.map(\.id) }, action: { [unowned self] in sort(by: $0) })
            ) { [unowned self] in
                sortByNext()
                return .none
            },
            Command(name: "reverse", keys: [.character("S")], help: "Reverses the sort order") { [unowned self] in
                table.sort(by: table.sortColumn, descending: !table.isDescending)
                return .none
            },
            Command(
                name: "clip", keys: [.character("Y")], help: "Shows and copies the name, digest or path of the row",
                isEnabled: { [unowned self] in table.selected.map { !name(of: $0).isEmpty } ?? false },
                whenDisabled: "There is no name to copy here."
            ) { [unowned self] in
                guard let row = table.selected else { return .none }
                return .copy(name(of: row))
            },
            Command(
                name: "next-match", keys: [.character("n")], help: "Next row that matches the last filter",
                group: .move,
                isEnabled: { [unowned self] in sought != nil },
                whenDisabled: "Nothing was looked for yet: filter first."
            ) { [unowned self] in seek(1) },
            Command(
                name: "previous-match", keys: [.character("N")], help: "Previous row that matches the last filter",
                group: .move, isEnabled: { [unowned self] in sought != nil },
                whenDisabled: "Nothing was looked for yet: filter first."
            ) { [unowned self] in seek(-1) },
        ]
    }

    var marking: [Command] {
        [
            Command(
                name: "mark", keys: [.character(" ")], hint: "mark",
                help: "Marks or unmarks the row, or the rows in the folder",
                isEnabled: { [unowned self] in table.count > 0 }
            ) { [unowned self] in mark() },
            Command(
                name: "range", keys: [.character("V")],
                help: "Begins a range of marks at the row; moves extend it, the same key ends it, Esc drops it",
                isEnabled: { [unowned self] in table.count > 0 }
            ) { [unowned self] in
                if table.range == nil { table.beginRange() } else { table.endRange() }
                return .none
            },
            Command(name: "mark-all", keys: [.character("*")], help: "Marks all shown rows") { [unowned self] in
                table.markShown()
                return .none
            },
            Command(
                name: "invert", keys: [.character("i")], help: "Inverts the marks of all shown rows"
            ) {
                [unowned self] in
                table.invertShown()
                return .none
            },
            Command(
                name: "mark-matching", keys: [.character("+")],
                help: "Marks the shown rows that match a filter",
                argument: .init(choices: { [] }, action: { [unowned self] in mark(matching: $0) })
            ) { [unowned self] in
                .prompt(
                    Prompt(
                        label: "mark rows matching: ", complete: { [unowned self] in completed($0) },
                        judge: { [unowned self] in table.makeFilter($0).problem }, history: "filter"
                    ) { [unowned self] in mark(matching: $0) })
            },
            Command(
                name: "unmark-all", keys: [.character("U")], help: "Removes all marks",
                isEnabled: { [unowned self] in !table.marks.isEmpty || table.range != nil }
            ) { [unowned self] in
                table.clearMarks()
                return .none
            },
        ]
    }

    /// The commands for folders; none if the rows have no folders.
    package var folderCommands: [Command] {
        guard table.grouping != nil else { return [] }
        return [
            Command(
                name: "turn-folder", keys: [.enter], hint: "open", help: "Opens or closes the folder",
                isEnabled: { [unowned self] in table.folder != nil }, whenDisabled: "There is nothing to open here."
            ) { [unowned self] in
                table.turnFolder(open: table.folder?.isOpen == false)
                return .none
            },
            Command(
                name: "enter-folder", keys: [.right, .character("l")],
                help: "Opens the folder, or enters it if it is open",
                isEnabled: { [unowned self] in table.folder != nil }
            ) { [unowned self] in
                if table.folder?.isOpen == true { table.move(by: 1) } else { table.turnFolder(open: true) }
                return .none
            },
            Command(
                name: "close-folder", keys: [.left, .character("h")],
                help: "Closes the folder, or the one around the row",
                isEnabled: { [unowned self] in table.isInFolder }, whenDisabled: "There is no folder to close here."
            ) { [unowned self] in
                table.closeFolder()
                return .none
            },
            Command(
                name: "folders", keys: [.character("f")],
                help: "Groups the rows by the folders in their names, such as team/, or lists them flat"
            ) { [unowned self] in
                group(!table.isGrouped)
                return .none
            },
        ]
    }

    private func group(_ isGrouped: Bool) {
        regroup()
        table.group(isGrouped)
    }

    private func filterPrompt(_ text: String, before: String) -> Prompt {
        let place = table.place
        return Prompt(
            label: "/", text: text,
            change: { [unowned self] in table.filter($0) },
            cancel: { [unowned self] in
                table.filter(before)
                table.goBack(to: place)
            },
            complete: { [unowned self] in completed($0) },
            judge: { [unowned self] in table.makeFilter($0).problem },
            passesMoves: true, history: "filter",
            submit: { [unowned self] in accept($0, before: before) })
    }

    /// Returns a filter with its last word completed: a field, a state, a keyword or a name.
    private func completed(_ text: String) -> String {
        let start = text.lastIndex { " (".contains($0) }.map(text.index(after:)) ?? text.startIndex
        let names = table.rows.map { table.name(of: $0) }
        return String(text[..<start]) + Prompt.completed(String(text[start...]), table.vocabulary + names)
    }

    private func filter(by text: String) -> Effect { accept(text, before: table.filter.text) }

    /// Filters and keeps the cursor on its row. A text that is not a filter is asked for again, and
    /// the title tells why: it lets all rows through, and they could be mistaken for matches.
    private func accept(_ text: String, before: String) -> Effect {
        table.filter(text)
        if table.filter.problem != nil { return .prompt(filterPrompt(text, before: before)) }
        if !table.filter.isEmpty {
            table.choose()
            sought = table.filter
        }
        return .none
    }

    private func mark() -> Effect {
        guard table.range == nil else {
            table.endRange()
            return .none
        }
        let before = table.marks.count
        table.toggleMark()
        let folder = table.folder
        table.move(by: 1)
        guard let folder else { return .none }
        let (count, all) = (table.marks.count - before, table.marks.count)
        let verb = count < 0 ? "Unmarked" : "Marked"
        let rest = all == max(0, count) ? "" : ", \(HumanText.count(all)) in all"
        return .say(.info("\(verb) \(HumanText.count(abs(count), "row")) in \(folder.path)\(rest)."))
    }

    private func mark(matching text: String) -> Effect {
        let filter = table.makeFilter(text)
        if let problem = filter.problem { return .say(.failure("Nothing marked: \(problem)")) }
        let count = table.mark(matching: filter)
        let all = table.marks.count
        let words = count == all ? "" : " more, \(HumanText.count(all)) in all"
        return .say(.info("Marked \(HumanText.count(count))\(words)."))
    }

    private var sortable: [Column<Row>] {
        table.columns.filter { column in
            if case .none = column.order { false } else { true }
        }
    }

    /// Sorts by the name of a column; by the same one again, reverses the order.
    private func sort(by name: String) -> Effect {
        guard let column = sortable.first(where: { $0.id == name }) else {
            return .say(
                .failure("Cannot sort by \"\(name)\". Columns: \(sortable.map(\.id).joined(separator: ", "))."))
        }
        let isAgain = table.sortColumn == column.id
        table.sort(by: column.id, descending: isAgain ? !table.isDescending : column.startsDescending)
        return .none
    }

    /// Applies the user's configuration; tells the first name in it that is not a column.
    package func adopt(_ settings: TableSettings?) -> Effect {
        guard let settings else { return .none }
        group(settings.isGrouped)
        let (known, sortable) = (table.columns.map(\.id), sortable.map(\.id))
        func complaint(_ column: TableSettings.Column, _ there: [String]) -> Effect {
            .say(.failure("\(column.place): no column \"\(column.name)\". Columns: \(there.joined(separator: ", "))."))
        }
        if let columns = settings.columns {
            if let wrong = columns.first(where: { !known.contains($0.name) }) { return complaint(wrong, known) }
            table.chosen = columns.map(\.name)
        }
        if let sort = settings.sort {
            guard sortable.contains(sort.name) else { return complaint(sort, sortable) }
            table.sort(by: sort.name, descending: settings.isDescending)
        }
        return .none
    }

    private func sortByNext() {
        // A sort by a column that is not on the screen looks like no sort.
        let visible = Set(table.visibleColumns(width: width).map(\.id))
        let sortable = sortable.filter { visible.isEmpty || visible.contains($0.id) || $0.id == table.sortColumn }
        let current = sortable.firstIndex { $0.id == table.sortColumn }
        let next = current.map { $0 + 1 } ?? 0
        guard sortable.indices.contains(next) else { return table.sort(by: nil, descending: false) }
        table.sort(by: sortable[next].id, descending: sortable[next].startsDescending)
    }
}

/// The initial state of a table of the console, from the user's configuration.
package nonisolated struct TableSettings: Sendable, Equatable {
    /// A column as the user named it.
    package struct Column: Sendable, Equatable {
        package let name: String
        /// The place of the name for a complaint, such as "config.yml:7:12".
        package let place: String

        package init(name: String, place: String) {
            self.name = name
            self.place = place
        }
    }

    /// The column to sort by; nil for the order of the table itself.
    package var sort: Column?
    package var isDescending = false
    /// True if the rows are grouped by folders.
    package var isGrouped = false
    /// The columns to show, in this order; nil for all.
    package var columns: [Column]?

    package init(sort: Column? = nil, isDescending: Bool = false, isGrouped: Bool = false, columns: [Column]? = nil) {
        self.sort = sort
        self.isGrouped = isGrouped
        self.isDescending = isDescending
        self.columns = columns
    }
}
