import ConsoleKit
import Presentation
import SafeText

/// The user's configuration: its file and all mistakes in it.
final class SettingsScreen: Screen {
    private let settings: Settings
    private let view: TextView

    init(_ settings: Settings) {
        self.settings = settings
        view = TextView { columns in
            var lines = [Line("file  ", .dim) + Line(VisibleText.of(settings.path ?? "none")), Line()]
            for problem in settings.problems {
                lines += Line.wrapped(VisibleText.of(problem), to: columns, .bad)
            }
            if settings.problems.isEmpty {
                lines.append(Line(settings.path == nil ? "There is no config.yml." : "No mistakes.", .dim))
            } else {
                lines += [Line(), Line("The rest of the file holds.", .dim)]
            }
            return lines + [Line()] + Self.facts(settings, columns)
        }
    }

    /// The settings of the console that hold.
    private static func facts(_ settings: Settings, _ columns: Int) -> [Line] {
        let keys = settings.keys.keys.sorted { $0.key < $1.key }.map { name, keys in
            "\(name) \(keys.isEmpty ? "none" : keys.map(\.label).joined(separator: " "))"
        }
        let facts = [
            ("theme", settings.theme.rawValue),
            ("colors", settings.paints.keys.map(\.name).sorted().joined(separator: ", ")),
            ("keys", keys.joined(separator: ", ")), ("confirm", settings.confirmation.rawValue),
        ]
        return facts.flatMap { name, value in
            Line.wrapped(value.isEmpty ? "as usual" : value, to: max(1, columns - 9)).enumerated().map { number, line in
                Line(number == 0 ? name : "", .dim).fitted(to: 9) + line
            }
        }
    }

    var title: TitleBar {
        let count = settings.problems.count
        return TitleBar(
            title: "Settings", details: count == 0 ? [] : [Line(HumanText.count(count, "mistake"), .bad)])
    }

    private(set) lazy var commands: [Command] = view.commands

    func lines(_ size: Size) -> [Line] { view.lines(size) }
}
