/// The keys that work on a screen, and nothing else.
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
