/// A question at the lower end of the screen, below the plan of a change. No is the default. Only
/// `y` says yes, or a typed name if the change is a large one.
nonisolated struct QuestionPanel: Sendable, Equatable {
    let title: String
    /// The plan, exactly as it will be carried out, the summary first.
    let lines: [Line]
    /// The number of lines that must have been visible before a yes.
    private let summary: Int
    let question: String
    /// The text to type for a yes; nil if `y` is enough.
    let typed: String?
    /// True if nothing brings back what the change takes away.
    let isPermanent: Bool
    /// The message after a No.
    let declined: String
    private var editor = LineEditor()
    private(set) var top = 0
    /// The number of rows of the plan that were visible so far.
    private var reached = 0

    init(
        title: String, summary: [Line] = [], lines: [Line], question: String, typed: String? = nil,
        isPermanent: Bool = false, declined: String = "Nothing was changed."
    ) {
        self.title = title
        self.declined = declined
        self.lines = summary + lines
        self.summary = max(summary.count, min(1, lines.count))
        self.question = question
        self.typed = typed
        self.isPermanent = isPermanent
    }

    enum Answer: Sendable {
        case yes, no
        /// A key without a meaning here, which says no as well.
        case other
        /// The answer came before the whole summary was visible.
        case unseen
        /// Another text was typed than the one that says yes.
        case mistyped
    }

    /// Returns nil, `unseen` or `mistyped` while the question stands. A key without a meaning here
    /// says no.
    ///
    /// - Parameter isHurried: True if the key came faster than a person answers. Only Esc and
    ///   typed text count then.
    mutating func handle(_ key: Key, _ size: Size, isHurried: Bool = false) -> Answer? {
        if case .paste = key { return nil }
        if case .meta(let character) = key, typed == nil || !LineEditor.metaKeys.contains(character) { return nil }
        let count = laidOut(size.columns).count
        let room = planRows(size)
        reached = seen(size)
        let page = max(1, room - 1)
        if let typed {
            switch key {
            case .enter where isHurried: return nil
            case .enter: return editor.string == typed ? yes(size) : editor.text.isEmpty ? .no : .mistyped
            case .up, .down, .pageUp, .pageDown: break
            case .escape: return .no
            default: return editor.handle(key) ? nil : .other
            }
        } else if isHurried, key != .escape {
            return nil
        }
        switch key {
        case .character("y"), .character("Y"): return yes(size)
        case .character("n"), .character("N"), .character("q"), .escape, .enter: return .no
        case .down, .character("j"): top += 1
        case .up, .character("k"): top -= 1
        case .pageDown, .character(" "): top += page
        case .pageUp: top -= page
        case .home, .character("g"): top = 0
        case .end, .character("G"): top = count
        default: return .other
        }
        top = max(0, min(top, count - room))
        return nil
    }

    /// Yes, if the whole summary was visible.
    private func yes(_ size: Size) -> Answer { mayAgree(size) ? .yes : .unseen }

    /// True if the whole summary was visible, with the rows that are visible now.
    func mayAgree(_ size: Size) -> Bool {
        seen(size) >= laidOut(lines.prefix(summary), size.columns).count
    }

    /// The number of rows of the plan that were visible so far, with those that are visible now.
    private func seen(_ size: Size) -> Int {
        let (count, room) = (laidOut(size.columns).count, planRows(size))
        return max(reached, min(count, max(0, min(top, count - room)) + room))
    }

    /// The rows for title, plan and question: at most three quarters of a screen with enough rows.
    func height(of size: Size) -> Int {
        min(size.rows, min(laidOut(size.columns).count + 2, size.rows > 12 ? size.rows * 3 / 4 : size.rows))
    }

    private func planRows(_ size: Size) -> Int { max(0, height(of: size) - 2) }

    private func laidOut(_ columns: Int) -> [Line] { laidOut(lines[...], columns) }

    /// Lines of the plan, indented and wrapped; nothing is cut.
    private func laidOut(_ lines: ArraySlice<Line>, _ columns: Int) -> [Line] {
        let room = max(1, columns - 2)
        return lines.flatMap { line -> [Line] in
            guard line.width > room, let style = line.spans.last?.style else { return [Line.blank(2) + line] }
            let front = line.spans.count > 1 ? line.spans[0] : Span("")
            let rest = Line.wrapped(
                Line(Array(line.spans.dropFirst(line.spans.count > 1 ? 1 : 0))).text, to: max(1, room - front.width),
                style)
            return rest.enumerated().map { number, part in
                Line.blank(2) + (number == 0 ? Line([front]) : Line.blank(front.width)) + part
            }
        }
    }

    /// Returns exactly `height(of:)` lines.
    func lines(_ size: Size) -> [Line] {
        let height = height(of: size)
        guard height > 0 else { return [] }
        let ask = ask(size)
        if height == 1 { return [ask] }
        let plan = laidOut(size.columns)
        let shown = plan.dropFirst(max(0, min(top, plan.count - (height - 2)))).prefix(height - 2)
        let hidden = plan.count - shown.count
        var heading = Line("── ", .rule) + Line(title, isPermanent ? .bad : .title) + Line(" ", .rule)
        if hidden > 0 {
            heading.append("\(shown.startIndex + 1)–\(shown.endIndex) of \(plan.count), ↑↓ scroll ", .dim)
        }
        heading.append(String(repeating: "─", count: max(0, size.columns - heading.width)), .rule)
        let body = shown.map { $0.truncated(to: size.columns) }
        return [heading.truncated(to: size.columns)] + body + [ask]
    }

    private func ask(_ size: Size) -> Line {
        let columns = size.columns
        guard let typed, mayAgree(size) else {
            let yes = mayAgree(size) ? Line("  y", .key) + Line(" yes  ") : Line("  ↓", .key) + Line(" read on  ")
            let answers = yes + Line("N", .key) + Line(" no")
            return Line(question, isPermanent ? .bad : .title).truncated(
                to: max(0, columns - answers.width), .middle)
                + answers.truncated(to: columns)
        }
        // The text to type matters more than the question, which the title repeats.
        let label = "type \(typed): "
        let front = Line(question + "  ", isPermanent ? .bad : .title)
        let isRoomy = front.width + label.count + typed.count + 1 <= columns
        let input = editor.line(label: label, columns: max(0, columns - (isRoomy ? front.width : 0) - 1)).line
        return ((isRoomy ? front : Line()) + input + Line("_", .dim)).truncated(to: columns)
    }
}
