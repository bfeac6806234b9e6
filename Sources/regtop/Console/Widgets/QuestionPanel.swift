/// A question at the lower end of the screen: what exactly would be done, and whether to do it. No is the default; only
/// `y` says yes.
nonisolated struct QuestionPanel: Sendable, Equatable {
    let title: String
    /// The frozen plan, as it will be carried out.
    let lines: [Line]
    let question: String
    private(set) var top = 0

    init(title: String, lines: [Line], question: String) {
        self.title = title
        self.lines = lines
        self.question = question
    }

    enum Answer: Sendable {
        case yes, no
    }

    /// nil as long as the question stands; keys that mean nothing leave it standing.
    mutating func handle(_ key: Key, rows: Int) -> Answer? {
        let page = max(1, planRows(rows) - 1)
        switch key {
        case .character("y"), .character("Y"): return .yes
        case .character("n"), .character("N"), .character("q"), .escape, .enter: return .no
        case .down, .character("j"): top += 1
        case .up, .character("k"): top -= 1
        case .pageDown, .character(" "): top += page
        case .pageUp: top -= page
        case .home, .character("g"): top = 0
        case .end, .character("G"): top = lines.count
        default: return nil
        }
        top = max(0, min(top, lines.count - planRows(rows)))
        return nil
    }

    /// The rows it takes of so many: title, plan and question, at most three quarters.
    func height(of rows: Int) -> Int {
        min(rows, min(lines.count + 2, max(3, rows * 3 / 4)))
    }

    private func planRows(_ rows: Int) -> Int { max(0, height(of: rows) - 2) }

    /// Exactly `height(of:)` lines.
    func lines(_ size: Size) -> [Line] {
        let height = height(of: size.rows)
        guard height > 0 else { return [] }
        let ask = Line(question, .title) + Line("  y", .key) + Line(" yes  ") + Line("N", .key) + Line(" no")
        if height == 1 { return [ask.truncated(to: size.columns)] }
        let shown = lines.dropFirst(top).prefix(height - 2)
        let hidden = lines.count - shown.count
        var heading = Line("── ", .rule) + Line(title, .title) + Line(" ", .rule)
        if hidden > 0 {
            heading.append("\(top + 1)–\(top + shown.count) of \(lines.count), ↑↓ scroll ", .dim)
        }
        heading.append(String(repeating: "─", count: max(0, size.columns - heading.width)), .rule)
        let body = shown.map { (Line.blank(2) + $0).truncated(to: size.columns) }
        return [heading.truncated(to: size.columns)] + body + [ask.truncated(to: size.columns)]
    }
}
