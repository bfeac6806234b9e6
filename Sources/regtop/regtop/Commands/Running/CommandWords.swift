import ArgumentParser

/// The words of the command line, before the parser sees them.
nonisolated enum CommandWords {
    /// The words with the subcommand's name first. Operators of Ceph write `rados -p pool ls`, and the parser wants a subcommand's
    /// options behind its name: `-p pool repos` becomes `repos -p pool`.
    static func subcommandFirst(_ words: [String]) -> [String] {
        var words = words
        if let name = bringForward(names, to: 0, in: &words), let group = groups[name] {
            _ = bringForward(group, to: 1, in: &words)
        }
        return words
    }

    /// Puts the first of these names that stands behind nothing but options to this place; nil if there is none.
    private static func bringForward(_ names: Set<String>, to place: Int, in words: inout [String]) -> String? {
        var index = place
        while index < words.count, words[index].hasPrefix("-"), words[index] != "--" {
            index += takesValue(words[index]) ? 2 : 1
        }
        guard index < words.count, names.contains(words[index]) else { return nil }
        words.insert(words.remove(at: index), at: place)
        return words[place]
    }

    /// The subcommands that have subcommands of their own.
    private static var groups: [String: Set<String>] {
        var groups: [String: Set<String>] = [:]
        for command in Regtop.configuration.subcommands {
            let own = command.configuration.subcommands.compactMap { $0.configuration.commandName }
            if let name = command.configuration.commandName, !own.isEmpty { groups[name] = Set(own) }
        }
        return groups
    }

    /// A sentence about the first word if it is where a subcommand's name should be and is none; nil if all is well.
    static func complaint(_ words: [String]) -> String? {
        guard let first = words.first, !first.hasPrefix("-"), first != "help", !names.contains(first) else {
            return nil
        }
        return "there is no subcommand \(first); `regtop --help` lists them"
    }

    private static var names: Set<String> {
        Set(Regtop.configuration.subcommands.compactMap { $0.configuration.commandName })
    }

    /// Whether the next word belongs to this one: `-p` and `--pool`, not `--pool=x`, `-px` or `-v`.
    private static func takesValue(_ word: String) -> Bool {
        switch word {
        case "-p", "-c", "-n", "-k", "-m", "-f", "--pool", "--conf", "--name", "--keyring", "--mon-host", "--store",
            "--id",
            "--registry",
            "--chunk-size", "--in-flight", "--connect-timeout", "--timeout", "--log-file", "--format", "--grace":
            true
        default: false
        }
    }
}
