import ConsoleKit
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
            return lines
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
