import AdminCore

/// A table on a screen: its state, its drawing, and the commands that every table has. A screen holds one, puts these
/// commands after its own and its `escape` into its own.
final class TableView<Row: Identifiable & Sendable> where Row.ID: Sendable {
    var table: Table<Row>
    /// What is said where there are no rows.
    var empty = "Nothing here."
    private let canMark: Bool
    /// The rows of the last drawing, for what moves by pages.
    private var page = 1

    init(_ table: Table<Row>, canMark: Bool = false) {
        self.table = table
        self.canMark = canMark
    }

    func lines(_ size: Size) -> [Line] {
        page = max(1, size.rows - 1)
        table.scroll(toFit: size.rows > 1 ? size.rows - 1 : size.rows)
        return table.lines(size, empty: empty)
    }

    /// The rows of the last drawing, then those of the page below and of the page above: what a person sees, or is about to.
    var inSight: [Row] {
        let shown = table.top..<min(table.count, table.top + page)
        let below = shown.upperBound..<min(table.count, shown.upperBound + page)
        let above = max(0, shown.lowerBound - page)..<shown.lowerBound
        return [Array(shown), Array(below), above.reversed()].joined().map { table.row(at: $0) }
    }

    /// Ends the filter. False if there is none.
    func escape() -> Bool {
        guard !table.filter.text.isEmpty else { return false }
        table.filter("")
        return true
    }

    private(set) lazy var commands: [Command] = moves + views + (canMark ? marks : [])

    private func move(
        _ name: String, _ keys: [Key], _ help: String, _ change: @escaping (inout Table<Row>, Int) -> Void
    ) -> Command {
        Command(name: name, keys: keys, help: help, group: .move) { [unowned self] in
            change(&table, page)
            return .none
        }
    }

    private var moves: [Command] {
        [
            move("down", [.down, .character("j")], "One row down") { table, _ in table.move(by: 1) },
            move("up", [.up, .character("k")], "One row up") { table, _ in table.move(by: -1) },
            move("page-down", [.pageDown, .control("f")], "One page down") { $0.move(by: $1) },
            move("page-up", [.pageUp, .control("b")], "One page up") { $0.move(by: -$1) },
            move("half-down", [.control("d")], "Half a page down") { $0.move(by: max(1, $1 / 2)) },
            move("half-up", [.control("u")], "Half a page up") { $0.move(by: -max(1, $1 / 2)) },
            move("top", [.character("g"), .home], "To the first row") { table, _ in table.move(to: 0) },
            move("bottom", [.character("G"), .end], "To the last row") { table, _ in table.move(to: table.count - 1) },
        ]
    }

    private var views: [Command] {
        [
            Command(
                name: "filter", keys: [.character("/")], hint: "filter",
                help: "Shows only some rows: words, age>180d, size>1G, not, or, …"
            ) { [unowned self] in .prompt(filterPrompt) },
            Command(name: "sort", keys: [.character("s")], hint: "sort", help: "Sorts by the next column") {
                [unowned self] in
                sortByNext()
                return .none
            },
            Command(name: "reverse", keys: [.character("S")], help: "Turns the order about") { [unowned self] in
                table.sort(by: table.sortColumn, descending: !table.isDescending)
                return .none
            },
        ]
    }

    private var marks: [Command] {
        [
            Command(
                name: "mark", keys: [.character(" ")], hint: "mark", help: "Marks the row, or takes the mark away",
                isEnabled: { [unowned self] in table.selected != nil }
            ) { [unowned self] in
                table.toggleMark()
                table.move(by: 1)
                return .none
            },
            Command(name: "mark-all", keys: [.character("*")], help: "Marks every row shown") { [unowned self] in
                table.markShown()
                return .none
            },
            Command(
                name: "unmark-all", keys: [.character("U")], help: "Takes all marks away",
                isEnabled: { [unowned self] in !table.marks.isEmpty }
            ) { [unowned self] in
                table.clearMarks()
                return .none
            },
        ]
    }

    private var filterPrompt: Prompt {
        let before = table.filter.text
        return Prompt(
            label: "/", text: before,
            change: { [unowned self] in table.filter($0) },
            submit: { [unowned self] in
                table.filter($0)
                return table.filter.problem.map { .say(.failure("The filter is not understood: \($0)")) } ?? .none
            },
            cancel: { [unowned self] in table.filter(before) },
            passesMoves: true)
    }

    private func sortByNext() {
        let sortable = table.columns.filter { column in
            if case .none = column.order { false } else { true }
        }
        let current = sortable.firstIndex { $0.id == table.sortColumn }
        let next = current.map { $0 + 1 } ?? 0
        guard sortable.indices.contains(next) else { return table.sort(by: nil, descending: false) }
        table.sort(by: sortable[next].id, descending: sortable[next].startsDescending)
    }

    /// "1,204 shown of 3,870", for the title of a screen.
    var summary: [Line] {
        [Line(HumanText.count(table.rows.count))].filter { _ in table.count == table.rows.count } + selection
    }

    /// The same without the number of rows, where all are shown: marks, filter, order.
    var selection: [Line] {
        var parts: [Line] = []
        let all = table.rows.count
        if table.marks.count > 0 { parts.append(Line("\(HumanText.count(table.marks.count)) marked", .marked)) }
        if table.count != all {
            parts.append(Line("\(HumanText.count(table.count)) shown of \(HumanText.count(all))"))
        }
        if !table.filter.isEmpty { parts.append(Line("filter ") + Line(table.filter.text, .match)) }
        if let problem = table.filter.problem { parts.append(Line(problem.description, .warning)) }
        if let column = table.columns.first(where: { $0.id == table.sortColumn }) {
            parts.append(
                Line("sorted by \(column.title.lowercased())\(table.isDescending ? ", descending" : "")", .dim))
        }
        return parts
    }
}
