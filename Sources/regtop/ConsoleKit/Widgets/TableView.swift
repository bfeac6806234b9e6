import AdminCore

/// A table on a screen: its state, its drawing, and the commands that every table has. A screen holds one, puts these
/// commands after its own and its `escape` into its own.
final class TableView<Row: Identifiable & Sendable>: Pointable where Row.ID: Sendable {
    var table: Table<Row>
    /// What is said where there are no rows.
    var empty = "Nothing here."
    let canMark: Bool
    /// The rows of the last drawing, for what moves by pages.
    private(set) var page = 1
    /// How many rows of the screen it takes, the titles among them.
    private var height = 1
    /// How many rows of the screen lie below it.
    private var below = 0

    init(_ table: Table<Row>, canMark: Bool = false) {
        self.table = table
        self.canMark = canMark
    }

    func lines(_ size: Size) -> [Line] { lines(size, below: 0) }

    /// The table, and below it what there is to be said of the row under the cursor: always in as many rows, the first of them empty, so
    /// that the table stays where it is.
    func lines(_ size: Size, details: [Line], rows: Int) -> [Line] {
        let table = lines(Size(rows: size.rows - rows, columns: size.columns), below: rows)
        let gap = max(0, size.rows - rows - table.count) + 1
        return table + Array(repeating: Line(), count: gap) + details.prefix(rows - 1)
    }

    private func lines(_ size: Size, below: Int) -> [Line] {
        page = max(1, size.rows - 1)
        height = size.rows
        self.below = below
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

    /// A table stands at the lower end of its screen, but for what is below it.
    func point(at row: Int, of rows: Int) -> Bool {
        let line = row - (rows - below - height) - (height > 1 ? 1 : 0)
        guard (0..<page).contains(line), table.top + line < table.count else { return false }
        table.move(to: table.top + line)
        return true
    }

    /// Whether a command for marked rows, or for the one under the cursor, has something to work on. Costs nothing.
    var hasTargets: Bool { !table.marks.isEmpty || table.selected != nil }

    /// The rows that such a command is about, whether the filter shows them or not.
    var targets: [Row] {
        table.marks.isEmpty ? table.selected.map { [$0] } ?? [] : table.markedRows
    }

    /// Ends the filter. False if there is none.
    func escape() -> Bool {
        guard !table.filter.text.isEmpty else { return false }
        table.filter("")
        return true
    }

    /// The filter as a command takes it; nothing where there is none.
    var filterWords: [String] {
        table.filter.isEmpty || table.filter.problem != nil ? [] : ["--where", table.filter.text]
    }

    private(set) lazy var commands: [Command] = moves + views + (canMark ? marking : [])

    /// "1,204 shown of 3,870", for the title of a screen.
    var summary: [Line] {
        [Line(HumanText.count(table.rows.count))].filter { _ in table.count == table.rows.count } + selection
    }

    /// The same without the number of rows, where all are shown: marks, filter, order.
    var selection: [Line] {
        var parts: [Line] = []
        let all = table.rows.count
        if table.marks.count > 0 {
            let hidden = table.hiddenMarkCount > 0 ? ", \(HumanText.count(table.hiddenMarkCount)) hidden" : ""
            parts.append(Line("\(HumanText.count(table.marks.count)) marked\(hidden)", .marked))
        }
        if table.count != all {
            parts.append(Line("\(HumanText.count(table.count)) shown of \(HumanText.count(all))"))
        }
        if let problem = table.filter.problem {
            // Its text is still in the line below, where it is typed.
            parts.append(Line("no filter: \(problem)", .warning).truncated(to: 56))
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
