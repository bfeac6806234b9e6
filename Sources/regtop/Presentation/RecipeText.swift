import AdminCore

nonisolated extension ImageRecipe {
    /// What is run unless something else is said.
    var run: String { (entrypoint + command).joined(separator: " ") }

    /// What it says of how it is run, by name; what it does not say has no value.
    var facts: [(name: String, values: [String])] {
        let facts = [
            ("entrypoint", [entrypoint.joined(separator: " ")]), ("command", [command.joined(separator: " ")]),
            ("user", [user]), ("directory", [workingDirectory]), ("ports", [ports.joined(separator: " ")]),
            ("volumes", volumes), ("stop signal", [stopSignal]), ("author", [author]), ("environment", environment),
            ("labels", labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }),
        ]
        return facts.map { ($0, $1.filter { !$0.isEmpty }) }
    }
}

nonisolated extension ImageRecipe.Step {
    /// The instruction, without the shell that builders wrap it in.
    var short: String {
        let (shell, mark) = ("/bin/sh -c ", "#(nop) ")
        guard command.hasPrefix(shell) else { return command }
        let rest = command.dropFirst(shell.count)
        guard rest.hasPrefix(mark) else { return "RUN " + rest }
        return String(rest.dropFirst(mark.count).drop { $0 == " " })
    }
}
