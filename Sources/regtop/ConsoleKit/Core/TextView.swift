/// Lines that scroll, such as the help page or the text of a manifest.
package final class TextView {
    /// Returns the lines for a width.
    private let content: (_ columns: Int) -> [Line]
    private(set) var top = 0
    private var page = 1
    private var count = 0

    package init(_ content: @escaping (_ columns: Int) -> [Line]) {
        self.content = content
    }

    package func lines(_ size: Size) -> [Line] {
        let lines = content(size.columns)
        page = max(1, size.rows)
        count = lines.count
        top = max(0, min(top, count - size.rows))
        return lines.dropFirst(top).prefix(size.rows).map { $0.truncated(to: size.columns) }
    }

    package private(set) lazy var commands: [Command] = [
        scroll("down", [.down, .character("j"), .enter], "One line down") { top, _ in top + 1 },
        scroll("up", [.up, .character("k")], "One line up") { top, _ in top - 1 },
        scroll("page-down", [.pageDown, .control("f"), .character(" ")], "One page down") { $0 + $1 },
        scroll("page-up", [.pageUp, .control("b")], "One page up") { $0 - $1 },
        scroll("top", [.character("g"), .home], "First line") { _, _ in 0 },
        scroll("bottom", [.character("G"), .end], "Last line") { _, _ in .max },
    ]

    private func scroll(_ name: String, _ keys: [Key], _ help: String, _ target: @escaping (Int, Int) -> Int) -> Command
    {
        Command(name: name, keys: keys, help: help, group: .move) { [unowned self] in
            guard count > page else { return .say(.info("Everything is on the screen already.")) }
            top = max(0, min(target(top, page), count - page))
            return .none
        }
    }
}

/// The help page: the keys that work on a screen.
final class HelpScreen: Screen {
    let title: TitleBar
    private let view: TextView

    var commands: [Command] { view.commands }

    init(about subject: String, commands: [Command]) {
        title = TitleBar(title: "Help", details: [Line(subject)])
        let entries = commands.map { command in
            Entry(
                group: command.group, name: command.name, keys: command.keys.map(\.label).joined(separator: " "),
                help: command.help)
        }
        view = TextView { Self.page(entries, columns: $0) }
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    private struct Entry {
        let group: Command.Group
        let name: String
        let keys: String
        let help: String
    }

    private static func page(_ entries: [Entry], columns: Int) -> [Line] {
        let keyWidth = min(columns / 2, 2 + (entries.map { Line($0.keys).width }.max() ?? 0))
        let nameWidth = columns >= 70 ? 2 + (entries.map(\.name.count).max() ?? 0) + 1 : 0
        var lines: [Line] = []
        for group in Command.Group.allCases {
            let members = entries.filter { $0.group == group }
            guard !members.isEmpty else { continue }
            if !lines.isEmpty { lines.append(Line()) }
            lines.append(Line(group.rawValue, .columnTitle))
            for entry in members {
                let front =
                    Line(entry.keys, .key).fitted(to: keyWidth)
                    + (nameWidth > 0 ? Line(":" + entry.name, .dim).fitted(to: nameWidth) : Line())
                let texts = Line.wrapped(entry.help, to: max(1, columns - front.width))
                for (number, text) in texts.enumerated() {
                    lines.append((number == 0 ? front : Line.blank(front.width)) + text)
                }
            }
        }
        return lines
    }
}
