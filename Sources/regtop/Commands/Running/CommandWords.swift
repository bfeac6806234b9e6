import ArgumentParser

/// The words of the command line, before the parser sees them.
nonisolated enum CommandWords {
    /// The words with the subcommand's name first. Operators of Ceph write `rados -p pool ls`, and the parser wants a subcommand's
    /// options behind its name: `-p pool repos` becomes `repos -p pool`.
    static func subcommandFirst(_ words: [String]) -> [String] {
        guard let first = words.first, first.hasPrefix("-"), first != "--" else { return words }
        let names = names
        var index = 0
        while index < words.count, words[index].hasPrefix("-"), words[index] != "--" {
            index += takesValue(words[index]) ? 2 : 1
        }
        guard index < words.count, names.contains(words[index]) else { return words }
        var words = words
        words.insert(words.remove(at: index), at: 0)
        return words
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
            "--chunk-size", "--in-flight", "--connect-timeout", "--timeout", "--log-file", "--format":
            true
        default: false
        }
    }
}
