extension Console {
    /// The commands that change the look.
    var lookCommands: [Command] {
        [
            Command(
                name: "theme", keys: [], help: "Changes the colours: default, dark, light, high-contrast or mono",
                group: .general,
                argument: .init(
                    choices: { Theme.allCases.map(\.rawValue) }, action: { [unowned self] in show(theme: $0) })
            ) { [unowned self] in
                let themes = [look.theme] + Theme.allCases.filter { $0 != look.theme }
                let options = themes.map { ChoicePanel.Option(name: $0.rawValue, meaning: $0.meaning) }
                return .choose(ChoicePanel(title: "Theme", options: options, declined: "The theme stays.")) {
                    [unowned self] in show(theme: themes[$0].rawValue)
                }
            },
            Command(
                name: "details", keys: [.character("|")],
                help:
                    "Shows or hides the details of the row beside the table, on \(ConsoleFrame.wide) columns and more",
                group: .general
            ) { [unowned self] in
                look.hasDetails.toggle()
                return .say(.info(look.hasDetails ? "Details are shown." : "Details are hidden."))
            },
            Command(
                name: "mouse", keys: [],
                help: "Leaves the mouse to the terminal, to select text, or takes it for clicks again", group: .general
            ) { [unowned self] in
                look.hasMouse.toggle()
                return .say(
                    .info(
                        look.hasMouse
                            ? "The console takes the mouse."
                            : "The mouse is left to the terminal; :mouse takes it again."))
            },
        ]
    }

    private func show(theme name: String) -> Effect {
        guard let theme = Theme(rawValue: name) else {
            let names = Theme.allCases.map(\.rawValue).joined(separator: ", ")
            return .say(.failure("No theme \"\(name)\". Themes: \(names)."))
        }
        look.theme = theme
        return .say(.info("The theme is \(name)."))
    }
}
