import ConsoleKit
import Presentation
import Yams

/// The colours, keys and confirmations.
nonisolated extension SettingsFile {
    mutating func theme(_ node: Node) {
        guard let name = text(node) else { return }
        guard let theme = Theme(rawValue: name) else {
            let names = Theme.allCases.map(\.rawValue).joined(separator: ", ")
            return complain(node, "no theme \"\(name)\"; themes: \(names)")
        }
        settings.theme = theme
    }

    mutating func paint(_ role: Node, _ node: Node) {
        guard let style = Style.allCases.first(where: { $0.name == role.string }) else {
            return unknown(role, Style.allCases.map(\.name))
        }
        guard let text = text(node) else { return }
        do {
            settings.paints[style] = try Paint(text)
        } catch {
            complain(node, "\(error)")
        }
    }

    mutating func confirmation(_ node: Node) {
        guard let confirmation = node.string.flatMap(Confirmation.init) else {
            // A mistake asks for more, not for less.
            settings.confirmation = .alwaysTyped
            let names = Confirmation.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
            return complain(node, "confirm must be \(names)")
        }
        settings.confirmation = confirmation
    }

    /// Takes the keys of one command.
    mutating func keys(_ name: Node, _ node: Node) {
        guard let command = name.string, KeyCatalog.names.contains(command) else {
            return complain(
                name, "no command \"\(name.string ?? "?")\"; the help page and the list after : have the names")
        }
        let nodes: [Node] = if case .sequence(let all) = node { Array(all) } else { [node] }
        var keys: [Key] = []
        for node in nodes {
            guard let text = text(node) else { return }
            guard let key = Key(label: text) else {
                return complain(node, "\"\(text)\" is no key; write a character, F5, ^L, Space, Enter, Up, PgDn or Del")
            }
            guard key != .escape || command == "escape" else {
                return complain(node, "Esc always ends the innermost question, input or filter")
            }
            keys.append(key)
        }
        if keys.isEmpty, ["command", "help", "quit"].contains(command) {
            return complain(node, "\(command) needs a key")
        }
        if command == "escape", !keys.contains(.escape) { return complain(node, "escape keeps the key Esc") }
        settings.keys.keys[command] = keys
        keyNodes[command] = nodes.isEmpty ? [node] : nodes
    }

    /// Reports each key that has two meanings on a screen. Its command keeps its usual keys.
    mutating func checkKeys() {
        while let conflict = KeyCatalog.conflict(in: settings.keys) {
            let nodes = keyNodes[conflict.name] ?? []
            let position = settings.keys.keys[conflict.name]?.firstIndex(of: conflict.key) ?? 0
            if nodes.indices.contains(position) {
                complain(
                    nodes[position],
                    "\(conflict.key.label) is the key of \(conflict.other) as well, on the screen \(conflict.place)")
            }
            settings.keys.keys[conflict.name] = nil
        }
    }
}
