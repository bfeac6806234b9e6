/// The commands that every table has.
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
            move("top", [.character("g"), .home], "To the first row") { table, _ in table.move(to: 0) },
            move("bottom", [.character("G"), .end], "To the last row") { table, _ in table.move(to: table.count - 1) },
        ]
    }

    var views: [Command] {
        [
            Command(
                name: "filter", keys: [.character("/")], hint: "filter",
                help: "Shows only some rows: words, age>180d, size>1G, not, or, …",
                argument: .init(choices: { [] }, action: { [unowned self] in filter(by: $0) })
            ) { [unowned self] in .prompt(filterPrompt(table.filter.text, before: table.filter.text)) },
            Command(
                name: "sort", keys: [.character("s")], hint: "sort",
                help: "Sorts by the next column; \":sort size\" by the column of that name",
                argument: .init(
                    choices: { [unowned self] in sortable.map(\.id) }, action: { [unowned self] in sort(by: $0) })
            ) { [unowned self] in
                sortByNext()
                return .none
            },
            Command(name: "reverse", keys: [.character("S")], help: "Turns the order about") { [unowned self] in
                table.sort(by: table.sortColumn, descending: !table.isDescending)
                return .none
            },
        ]
    }

    var marking: [Command] {
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
                name: "invert", keys: [.character("i")],
                help: "Marks the rows shown that are not, and unmarks the others"
            ) {
                [unowned self] in
                table.invertShown()
                return .none
            },
            Command(
                name: "mark-matching", keys: [.character("+")],
                help: "Marks the rows shown that a filter lets through",
                argument: .init(choices: { [] }, action: { [unowned self] in mark(matching: $0) })
            ) { [unowned self] in .prompt(Prompt(label: "mark: ") { [unowned self] in mark(matching: $0) }) },
            Command(
                name: "unmark-all", keys: [.character("U")], help: "Takes all marks away",
                isEnabled: { [unowned self] in !table.marks.isEmpty }
            ) { [unowned self] in
                table.clearMarks()
                return .none
            },
        ]
    }

    private func filterPrompt(_ text: String, before: String) -> Prompt {
        Prompt(
            label: "/", text: text,
            change: { [unowned self] in table.filter($0) },
            cancel: { [unowned self] in table.filter(before) },
            passesMoves: true,
            submit: { [unowned self] in accept($0, before: before) })
    }

    private func filter(by text: String) -> Effect { accept(text, before: table.filter.text) }

    /// Filters, and chooses the row that the cursor is on by that. What is not understood is asked for again, and the title says why:
    /// the rows that it lets through would be taken for what was meant.
    private func accept(_ text: String, before: String) -> Effect {
        table.filter(text)
        if table.filter.problem != nil { return .prompt(filterPrompt(text, before: before)) }
        if !table.filter.isEmpty { table.choose() }
        return .none
    }

    private func mark(matching text: String) -> Effect {
        let filter = table.understood(text)
        if let problem = filter.problem { return .say(.failure("The filter is not understood: \(problem)")) }
        let count = table.mark(matching: filter)
        return .say(.info("\(HumanText.count(count)) more marked, \(HumanText.count(table.marks.count)) in all."))
    }

    private var sortable: [Column<Row>] {
        table.columns.filter { column in
            if case .none = column.order { false } else { true }
        }
    }

    /// By a column's name; twice by the same one turns the order about.
    private func sort(by name: String) -> Effect {
        guard let column = sortable.first(where: { $0.id == name }) else {
            return .say(
                .failure("No column \"\(name)\" to sort by; there are \(sortable.map(\.id).joined(separator: ", "))."))
        }
        let isAgain = table.sortColumn == column.id
        table.sort(by: column.id, descending: isAgain ? !table.isDescending : column.startsDescending)
        return .none
    }

    /// Begins as the configuration says; says what of it cannot be.
    func adopt(_ settings: TableSettings?) -> Effect {
        guard let settings else { return .none }
        let (known, sortable) = (table.columns.map(\.id), sortable.map(\.id))
        func complaint(_ column: TableSettings.Column, _ there: [String]) -> Effect {
            .say(.failure("\(column.place): no column \"\(column.name)\"; there are \(there.joined(separator: ", "))."))
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
        let current = sortable.firstIndex { $0.id == table.sortColumn }
        let next = current.map { $0 + 1 } ?? 0
        guard sortable.indices.contains(next) else { return table.sort(by: nil, descending: false) }
        table.sort(by: sortable[next].id, descending: sortable[next].startsDescending)
    }
}
