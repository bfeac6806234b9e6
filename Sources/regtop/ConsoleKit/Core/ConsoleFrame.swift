import SafeText

/// Draws a console: the screen with the panel of a question, and the rows around them.
struct ConsoleFrame {
    let console: Console
    let size: Size
    let now: ContinuousClock.Instant

    /// The rows for the body of a screen. Header, title, status and hints have rows of their own
    /// from five rows on; on a smaller screen they are left out one after the other.
    static func bodyRows(_ size: Size) -> Int {
        max(1, size.rows - (size.rows >= 5 ? 4 : size.rows - 1))
    }

    private var columns: Int { size.columns }

    var frame: Frame {
        guard size.rows > 0, columns > 0 else { return Frame(size: size, lines: []) }
        let (statusLine, cursor) = statusRow
        // An input is visible even on the smallest screen.
        if size.rows == 1, let cursor {
            return Frame(size: size, lines: [statusLine], cursor: .init(row: 0, column: cursor))
        }
        let body = body(Size(rows: Self.bodyRows(size), columns: columns))
        let title = titleBar.line(columns, behind: console.stack.dropLast().map(\.title.title))
        let lines: [Line] =
            switch size.rows {
            case 1: body
            case 2: cursor == nil ? [title] + body : body + [statusLine]
            case 3: [title] + body + [statusLine]
            case 4: [title] + body + [statusLine, hints]
            default: [console.headerBar.line(columns), title] + body + [statusLine, hints]
            }
        let statusIndex = size.rows <= 3 ? size.rows - 1 : size.rows - 2
        return Frame(size: size, lines: lines, cursor: cursor.map { .init(row: statusIndex, column: $0) })
    }

    /// The title of the screen. The rows above and below the window come first: nothing else tells
    /// of them.
    private var titleBar: TitleBar {
        var title = console.screen.title
        let hidden = [("↑", console.screen.pointer?.rowsAbove ?? 0), ("↓", console.screen.pointer?.rowsBelow ?? 0)]
            .filter { $0.1 > 0 }.map { "\($0.0) \(HumanText.count($0.1))" }
        if !hidden.isEmpty { title.details.insert(Line(hidden.joined(separator: " ") + " more", .key), at: 0) }
        return title
    }

    /// Returns exactly `size.rows` lines.
    private func body(_ size: Size) -> [Line] {
        let panel = panel + notice.dropLast()
        let rest = Size(rows: size.rows - panel.count, columns: size.columns)
        let lines = screen(rest)
        return lines + Array(repeating: Line(), count: rest.rows - lines.count) + panel
    }

    /// The columns from which on there is room for details beside a table.
    static let wide = 120

    /// The part of the screen whose details are beside it; nil if there is no pane of details.
    private var detailed: (any Pointable)? {
        guard columns >= Self.wide, console.look.hasDetails, !console.look.isLinear,
            let pointer = console.screen.pointer, pointer.hasDetailsBeside, !pointer.isEmpty
        else { return nil }
        return pointer
    }

    /// The width of the pane of details.
    private var pane: Int { min(64, columns / 3) }

    /// The columns of the screen, without the pane of details and the rule beside it.
    private var screenColumns: Int { detailed == nil ? columns : columns - pane - 3 }

    /// Returns the screen and, if it is wide, the details of the row under the cursor beside it.
    private func screen(_ size: Size) -> [Line] {
        guard size.rows > 0 else { return [] }
        let left = Array(console.screen.lines(Size(rows: size.rows, columns: screenColumns)).prefix(size.rows))
        // Comes second, since the sums of folders are counted while the screen is drawn.
        guard let details = detailed?.details(pane) else { return left }
        var right = Array(details.prefix(size.rows))
        if right.count < details.count { right[right.count - 1] = Line(Line.ellipsis, .dim) }
        return (0..<size.rows).map { row in
            let cells = row < left.count ? left[row] : Line()
            return cells.fitted(to: screenColumns) + Line(" │ ", .rule) + (row < right.count ? right[row] : Line())
        }
    }

    /// The rows of the screen itself, without questions and messages.
    var screenRows: Int {
        max(0, Self.bodyRows(size) - panel.count - notice.dropLast().count)
    }

    /// The room for a question. A message of several rows takes them from it.
    var room: Size { Size(rows: max(1, Self.bodyRows(size) - notice.dropLast().count), columns: columns) }

    private var panel: [Line] {
        switch console.overlay {
        case .question(let panel, _): panel.lines(room)
        case .choice(let panel, _): panel.lines(room)
        case .planning(let slot): planning(slot)
        case .prompt(let prompt, _): problem.isEmpty ? prompt.list.lines(room) : []
        case nil: []
        }
    }

    /// The place of a question whose plan is being made.
    private func planning(_ slot: Slot) -> [Line] {
        let label = console.board.activities.first { $0.slot == slot }?.label ?? "planning"
        let heading = Line("── ", .rule) + Line(label, .title) + Line(" ", .rule)
        let rule = Line(String(repeating: "─", count: max(0, columns - heading.width)), .rule)
        return [(heading + rule).truncated(to: columns)]
    }

    /// The line of an input with its cursor, or the last row of `notice`.
    private var statusRow: (Line, cursor: Int?) {
        if case .prompt(let prompt, let editor) = console.overlay {
            let (line, cursor) = editor.line(label: prompt.label, columns: columns)
            return (line, cursor)
        }
        return (notice.last ?? Line(), nil)
    }

    /// The rows at the lower end of the screen, the last of which is the status line: the message
    /// and the running query, or the reason why an input is not acceptable if it needs several
    /// rows, and a row for the input itself.
    private var notice: [Line] {
        if case .prompt = console.overlay { return (problem.count > 1 ? problem : []) + [Line()] }
        let activity = activityLine
        let running = activity.width > 0 ? [activity] : []
        let message =
            switch console.status {
            case .failure(let text): message(text, .bad)
            case .info(let text): message(text, .normal)
            case .none: [Line]()
            }
        return size.rows >= 8 || message.isEmpty ? message + running : message
    }

    /// A message in as many rows as it needs, but not more than three, or one on a small screen.
    private func message(_ text: String, _ style: Style) -> [Line] {
        let rows = Line.wrapped(text, to: columns, style)
        let most = size.rows >= 16 ? 3 : 1
        guard rows.count > most else { return rows }
        guard most > 1 else { return [Line(text, style).truncated(to: columns)] }
        let hint = Line(" … :messages", .dim)
        return rows.prefix(most - 1) + [rows[most - 1].truncated(to: max(0, columns - hint.width)) + hint]
    }

    /// The reason why the text of an input is not acceptable.
    private var problem: [Line] {
        guard case .prompt(let prompt, let editor) = console.overlay,
            let text = prompt.problem ?? prompt.judge(editor.string)
        else { return [] }
        let rows = Line.wrapped(text, to: columns, .bad)
        return rows.count <= Self.bodyRows(size) / 2 ? rows : [Line(text, .bad).truncated(to: columns)]
    }

    /// The oldest change, or else the oldest query. The first moments of a query are not shown.
    private var activityLine: Line {
        let shown = console.board.activities.filter { now - $0.started >= .milliseconds(200) }
        guard let activity = shown.first(where: \.isChange) ?? shown.first else { return Line() }
        let isWaiting = console.headerBar.isWaiting
        let label = activity.isStopping ? "stopping: \(activity.label)" : activity.label
        func line(_ columns: Int) -> Line {
            activity.progress.line(
                label: label, elapsed: now - activity.started, columns: columns, isWaiting: isWaiting)
        }
        guard activity.slot.owner === console.screen, activity.stopsOnEscape, !activity.isStopping else {
            return line(columns)
        }
        let meaning = activity.isChange || columns < 110 ? " stops" : " stops, keeps the results"
        let hint = Line("   Esc", .key) + Line(meaning, .dim)
        return columns - hint.width >= 30 ? line(columns - hint.width) + hint : line(columns)
    }

    private var hints: Line {
        switch console.overlay {
        case .question(let panel, _):
            let answers = panel.typed == nil ? Self.answers : Self.typedAnswers
            return HintBar.line(panel.mayAgree(room) ? answers : Self.reading, columns: columns)
        case .choice: return HintBar.line(Self.choices, columns: columns)
        case .planning: return HintBar.line([.init(key: "Esc", text: "cancel")], columns: columns)
        case .prompt(let prompt, let editor):
            if problem.count == 1 { return problem[0] }
            let isRecalling = console.recalls(prompt, editor)
            let hints = prompt.list.candidates.isEmpty ? Self.inputs : Self.candidates(isRecalling)
            return HintBar.line(isRecalling ? hints + [Self.recall] : hints, columns: columns)
        case nil:
            let (hints, always) = hintCommands
            return HintBar.line(hints.map(hint), always: always.map(hint), columns: columns)
        }
    }

    /// The commands with hints: those of the screen, and those that keep their place.
    private var hintCommands: (own: [Command], always: [Command]) {
        let hints = console.workingCommands.filter { $0.hint != nil }
        func staysAlways(_ command: Command) -> Bool { command.group == .general || command.keepsHint }
        return (hints.filter { !staysAlways($0) }, hints.filter(staysAlways))
    }

    // MARK: Places

    /// The parts of the screen that take clicks.
    enum Place {
        /// A row of the screen's body.
        case body(row: Int)
        /// The title of a screen below this one, by its index in the stack.
        case crumb(Int)
        case hint(Command)
    }

    /// Returns the part at a place; nil for none.
    func place(row: Int, column: Int) -> Place? {
        let top = size.rows >= 5 ? 2 : size.rows >= 2 ? 1 : 0
        if (top..<top + screenRows).contains(row) { return column < screenColumns ? .body(row: row - top) : nil }
        if row == top - 1 {
            return titleBar.crumb(
                at: column, columns, behind: console.stack.dropLast().map(\.title.title)
            ).map(Place.crumb)
        }
        guard size.rows >= 4, row == size.rows - 1 else { return nil }
        let (hints, always) = hintCommands
        return HintBar.index(at: column, hints.map(hint), always: always.map(hint), columns: columns).map {
            .hint((hints + always)[$0])
        }
    }

    private func hint(_ command: Command) -> HintBar.Hint {
        HintBar.Hint(key: command.keys.first?.label ?? ":" + command.name, text: command.hint ?? "")
    }

    private static let answers: [HintBar.Hint] = [
        .init(key: "y", text: "yes"), .init(key: "n Esc Enter", text: "no"), .init(key: "↑↓", text: "scroll"),
    ]
    /// The hints of a question before the whole summary was visible: no yes counts.
    private static let reading: [HintBar.Hint] = [
        .init(key: "↓ PgDn", text: "read on, then answer"), .init(key: "Esc", text: "no"),
    ]
    private static let typedAnswers: [HintBar.Hint] = [
        .init(key: "Enter", text: "confirm"), .init(key: "Esc", text: "cancel"),
        .init(key: "↑↓", text: "scroll"),
    ]
    private static let choices: [HintBar.Hint] = [
        .init(key: "Enter", text: "choose"), .init(key: "Esc", text: "cancel"), .init(key: "↑↓", text: "move"),
    ]
    private static let recall = HintBar.Hint(key: "↑", text: "earlier ones")
    /// The hints of an input with candidates.
    ///
    /// - Parameter isRecalling: Whether Up recalls earlier lines, so that only Down chooses.
    private static func candidates(_ isRecalling: Bool) -> [HintBar.Hint] {
        [
            .init(key: "Enter", text: "run"), .init(key: "Esc", text: "cancel"),
            .init(key: isRecalling ? "↓" : "↑↓", text: "choose"), .init(key: "Tab", text: "complete"),
        ]
    }
    private static let inputs: [HintBar.Hint] = [
        .init(key: "Enter", text: "accept"), .init(key: "Esc", text: "cancel"), .init(key: "Tab", text: "complete"),
        .init(key: "^U", text: "clear"),
    ]
}
