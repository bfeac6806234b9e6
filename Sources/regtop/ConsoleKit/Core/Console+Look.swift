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
                    "Shows all about the row; on \(ConsoleFrame.wide) columns and more, shows or hides it beside the table",
                group: .general,
                isEnabled: { [unowned self] in screen is DetailsScreen || screen.pointer?.isEmpty == false },
                whenDisabled: "There is no row here."
            ) { [unowned self] in turnDetails() },
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

    /// Shows or hides the pane of details; without room for it, opens or leaves a screen with them.
    private func turnDetails() -> Effect {
        if screen is DetailsScreen { return .back }
        guard let pointer = screen.pointer else { return .none }
        guard columns >= ConsoleFrame.wide, pointer.hasDetailsBeside, !look.isLinear else {
            return .go(DetailsScreen(pointer))
        }
        look.hasDetails.toggle()
        return .say(.info(look.hasDetails ? "Details are shown." : "Details are hidden."))
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
