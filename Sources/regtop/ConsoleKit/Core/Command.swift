/// An action that a person can take on a screen. Keys, hints, the help page and the names after `:`
/// all come from this declaration.
package struct Command: Identifiable {
    /// The sections of the help page, in their order.
    package enum Group: String, CaseIterable {
        case move = "Move"
        case view = "View"
        case change = "Change"
        case place = "Other screens"
        case general = "Everywhere"
    }

    /// The short name after `:`, unique on its screen.
    let name: String
    var keys: [Key]
    /// A word or two for the hint bar; nil for no hint.
    var hint: String?
    /// True if the hint stays where there is no room for all of them.
    var keepsHint = false
    /// One sentence for the help page, without the period.
    let help: String
    var group = Group.view
    /// True if the command may lead to a change of the store. The console refuses such a command,
    /// in one place, if changes are not allowed.
    var isChange = false
    /// True if the command has something to act on at the moment.
    var isEnabled: () -> Bool = { true }
    /// The sentence for the status line if the command is typed while it has nothing to act on.
    let whenDisabled: () -> String?
    /// The argument after the name, such as the column in `:sort size`; nil if none is allowed.
    var argument: Argument?
    var action: () -> Effect

    /// - Parameter reason: Returns the sentence of `whenDisabled` where it changes. The command
    ///   belongs to its screen, so the closure must not keep the screen.
    package init(
        name: String, keys: [Key], hint: String? = nil, keepsHint: Bool = false, help: String,
        group: Group = Group.view, isChange: Bool = false,
        isEnabled: @escaping () -> Bool = { true }, whenDisabled: String? = nil,
        reason: (() -> String?)? = nil, argument: Argument? = nil,
        action: @escaping () -> Effect
    ) {
        self.name = name
        self.keys = keys
        self.hint = hint
        self.keepsHint = keepsHint
        self.help = help
        self.group = group
        self.isChange = isChange
        self.isEnabled = isEnabled
        self.whenDisabled = reason ?? { whenDisabled }
        self.argument = argument
        self.action = action
    }

    package struct Argument {
        /// All possible values, for completion.
        let choices: () -> [String]
        let action: (String) -> Effect

        package init(choices: @escaping () -> [String], action: @escaping (String) -> Effect) {
            self.choices = choices
            self.action = action
        }
    }

    package var id: String { name }
}

/// The keys that the user chose, by the names of commands. They replace all keys of these commands,
/// on every screen.
package nonisolated struct KeyMap: Sendable, Equatable {
    package var keys: [String: [Key]]

    package init(_ keys: [String: [Key]] = [:]) {
        self.keys = keys
    }

    /// The commands of the function keys, as htop has them, on every screen with such a command. A
    /// command with keys of the user's own has no others.
    private static let functionNames = [
        3: "filter", 4: "filter", 5: "refresh", 6: "sort", 9: "delete", 10: "quit",
    ]

    /// The function keys that a command has beside its own keys.
    package static func functionKeys(of name: String) -> [Key] {
        functionNames.filter { $0.value == name }.keys.sorted().map { .function($0) }
    }

    /// Returns the name of the command that a function key has beside its own keys; nil for none.
    func command(of key: Key) -> String? {
        guard case .function(let number) = key, let name = Self.functionNames[number], keys[name] == nil else {
            return nil
        }
        return name
    }

    func applied(to command: Command) -> Command {
        guard let own = keys[command.name] else { return command }
        var command = command
        command.keys = own
        return command
    }
}

/// The commands that can be typed after `:`, by their names or by unambiguous beginnings of them.
struct CommandNames {
    let commands: [Command]

    /// Returns the command and the argument of a line, or the sentence that tells why there is
    /// none; nil for an empty line.
    func parse(_ line: String) -> Result<(command: Command, argument: String?), CommandProblem>? {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard let name = words.first else { return nil }
        let found = candidates(name)
        guard found.count == 1, let command = found.first else {
            return .failure(
                CommandProblem(
                    description: found.isEmpty
                        ? "Unknown command \"\(name)\". Press ? for the list."
                        : "\"\(name)\" is ambiguous: \(found.map(\.name).joined(separator: ", "))."))
        }
        return .success((command, words.count > 1 ? words[1] : nil))
    }

    /// Returns the line with its last word completed as far as it is unambiguous.
    func completed(_ line: String) -> String {
        guard let space = line.firstIndex(of: " ") else { return Prompt.completed(line, commands.map(\.name)) }
        let name = String(line[..<space])
        guard let argument = candidates(name).first?.argument else { return line }
        return name + " " + Prompt.completed(String(line[space...].dropFirst()), argument.choices())
    }

    /// The commands that a name, or a beginning of one, can mean.
    func candidates(_ name: String) -> [Command] {
        let exact = commands.filter { $0.name == name }
        return exact.isEmpty ? commands.filter { $0.name.hasPrefix(name) } : exact
    }
}

/// The candidates for a line after `:`, with their keys and their help.
struct CommandPalette {
    private let names: CommandNames
    /// The commands with the reasons why they do not work; those that work first, moves last.
    private let entries: [(command: Command, obstacle: String?)]

    /// - Parameter obstacle: Returns the reason why a command does not work; nil if it works.
    init(_ names: CommandNames, obstacle: (Command) -> String?) {
        self.names = names
        let all = names.commands.map { ($0, obstacle($0)) }
        func part(_ isMove: Bool, _ works: Bool) -> [(Command, String?)] {
            all.filter { ($0.0.group == .move) == isMove && ($0.1 == nil) == works }
        }
        entries = part(false, true) + part(true, true) + part(false, false) + part(true, false)
    }

    /// Returns the commands whose names begin with the text, then those with the text in their
    /// names, then those with the text in their help; after a name, its arguments.
    func list(_ line: String) -> CandidateList {
        guard let space = line.firstIndex(of: " ") else { return commands(line.lowercased()) }
        let found = names.candidates(String(line[..<space]))
        guard found.count == 1, let command = found.first else { return CandidateList() }
        let typed = String(line[space...].drop { $0 == " " })
        let choices = (command.argument?.choices() ?? []).filter { $0.hasPrefix(typed) }
        guard choices.isEmpty || choices == [typed] else {
            return CandidateList(
                title: command.name,
                choices.lazy.map { .init(text: "\(command.name) \($0)", name: $0, help: "") })
        }
        // The whole line is written, or nothing is known about the rest of it.
        return CandidateList(title: command.name, [.init(text: line, name: line, help: command.help)])
    }

    private func commands(_ text: String) -> CandidateList {
        func rank(_ command: Command) -> Int? {
            if text.isEmpty || command.name == text { return 0 }
            if command.name.hasPrefix(text) { return 1 }
            if command.name.contains(text) { return 2 }
            return command.help.lowercased().contains(text) ? 3 : nil
        }
        let ranked = entries.compactMap { entry in rank(entry.command).map { ($0, entry) } }
        let sorted = (0...3).flatMap { wanted in ranked.filter { $0.0 == wanted } }
        return CandidateList(
            title: "Commands",
            sorted.map { _, entry in
                let (command, obstacle) = entry
                return .init(
                    text: command.name, name: command.name, keys: command.keys.map(\.label).joined(separator: " "),
                    help: obstacle ?? command.help, isEnabled: obstacle == nil,
                    takesArgument: command.argument != nil)
            })
    }
}

/// The reason why a line after `:` is not a command.
struct CommandProblem: Error {
    let description: String
}
