extension Console {
    /// The rows left for a screen's body: header, title, status and hints take theirs from the fifth row on, and yield one
    /// after the other below that.
    static func bodyRows(_ size: Size) -> Int {
        max(1, size.rows - (size.rows >= 5 ? 4 : size.rows - 1))
    }

    /// The whole screen. The same model and size always give the same frame, but for elapsed times.
    func frame(_ size: Size, now: ContinuousClock.Instant = ContinuousClock.now) -> Frame {
        let columns = size.columns
        guard size.rows > 0, columns > 0 else { return Frame(size: size, lines: []) }
        let (statusLine, cursor) = statusRow(columns, now: now)
        // An input has to be seen, however small the screen is.
        if size.rows == 1, let cursor {
            return Frame(size: size, lines: [statusLine], cursor: .init(row: 0, column: cursor))
        }
        let body = body(Size(rows: Self.bodyRows(size), columns: columns))
        let title = screen.title.line(columns, behind: stack.dropLast().map(\.title.title))
        let lines: [Line] =
            switch size.rows {
            case 1: body
            case 2: cursor == nil ? [title] + body : body + [statusLine]
            case 3: [title] + body + [statusLine]
            case 4: [title] + body + [statusLine, hints(columns)]
            default: [headerBar.line(columns), title] + body + [statusLine, hints(columns)]
            }
        let statusIndex = size.rows <= 3 ? size.rows - 1 : size.rows - 2
        return Frame(size: size, lines: lines, cursor: cursor.map { .init(row: statusIndex, column: $0) })
    }

    /// Exactly as many lines as there are rows.
    private func body(_ size: Size) -> [Line] {
        let panel: [Line] =
            switch overlay {
            case .question(let panel, _): panel.lines(size)
            case .choice(let panel, _): panel.lines(size)
            case .prompt, nil: []
            }
        let rest = Size(rows: size.rows - panel.count, columns: size.columns)
        return filled(rest.rows > 0 ? screen.lines(rest) : [], rest.rows) + panel
    }

    private func filled(_ lines: [Line], _ rows: Int) -> [Line] {
        Array(lines.prefix(rows)) + Array(repeating: Line(), count: max(0, rows - lines.count))
    }

    /// The line of an input, with its cursor; or what went wrong; or what is going on; or what was last said.
    private func statusRow(_ columns: Int, now: ContinuousClock.Instant) -> (Line, cursor: Int?) {
        if case .prompt(let prompt, let editor) = overlay {
            let (line, cursor) = editor.line(label: prompt.label, columns: columns)
            return (line, cursor)
        }
        switch status {
        case .failure(let text): return (Line(text, .bad).truncated(to: columns), nil)
        case .info(let text): return (Line(text).truncated(to: columns), nil)
        case .none: return (activityLine(columns, now: now), nil)
        }
    }

    /// A change before a question, the older before the newer. What is over in a blink is not worth a word.
    private func activityLine(_ columns: Int, now: ContinuousClock.Instant) -> Line {
        let worthSaying = board.activities.filter { now - $0.started >= .milliseconds(200) }
        guard let activity = worthSaying.first(where: \.isChange) ?? worthSaying.first else { return Line() }
        let label = activity.isStopping ? "stopping: \(activity.label)" : activity.label
        func line(_ columns: Int) -> Line {
            activity.progress.line(label: label, elapsed: now - activity.started, columns: columns)
        }
        guard activity.slot.owner === screen, activity.stopsOnEscape, !activity.isStopping else { return line(columns) }
        let what = activity.isChange || columns < 110 ? " stops" : " stops, keeps what it has"
        let hint = Line("   Esc", .key) + Line(what, .dim)
        return columns - hint.width >= 30 ? line(columns - hint.width) + hint : line(columns)
    }

    private func hints(_ columns: Int) -> Line {
        switch overlay {
        case .question:
            return HintBar.line(isTyped ? Self.typedAnswers : Self.answers, columns: columns)
        case .choice: return HintBar.line(Self.choosing, columns: columns)
        case .prompt:
            return HintBar.line(
                [
                    .init(key: "Enter", text: "accept"), .init(key: "Esc", text: "give up"),
                    .init(key: "Tab", text: "complete"), .init(key: "^U", text: "clear"),
                ],
                columns: columns)
        case nil:
            let hints = workingCommands.filter { $0.hint != nil }
            let always = hints.filter { $0.group == .general }
            return HintBar.line(
                hints.filter { $0.group != .general }.map(hint), always: always.map(hint), columns: columns)
        }
    }

    private var isTyped: Bool {
        if case .question(let panel, _) = overlay { panel.typed != nil } else { false }
    }

    private static let answers: [HintBar.Hint] = [
        .init(key: "y", text: "yes, do it"), .init(key: "n Esc Enter", text: "no"), .init(key: "↑↓", text: "scroll"),
    ]
    private static let choosing: [HintBar.Hint] = [
        .init(key: "Enter", text: "this one"), .init(key: "Esc", text: "none"), .init(key: "↑↓", text: "another"),
    ]
    private static let typedAnswers: [HintBar.Hint] = [
        .init(key: "Esc", text: "no"), .init(key: "Enter", text: "yes, once it is typed"),
        .init(key: "↑↓", text: "scroll"),
    ]

    private func hint(_ command: Command) -> HintBar.Hint {
        HintBar.Hint(key: command.keys.first?.label ?? ":" + command.name, text: command.hint ?? "")
    }
}
