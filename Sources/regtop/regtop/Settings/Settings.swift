import AdminCore
import ConsoleKit
import Presentation

/// The user's configuration. A setting that the file does not name has its default.
nonisolated struct Settings: Sendable, Equatable {
    /// A registry with a name: its place, in the words of the command line's options.
    struct Registry: Sendable, Equatable {
        var store: String?
        var pool: String?
        var conf: String?
        var name: String?
        var keyring: String?
        var monHost: String?
        var readOnly = false
    }

    /// The path of the file; nil if there is none.
    var path: String?
    var registries: [String: Registry] = [:]
    /// By the table's name: `repositories`, `tags`.
    var tables: [String: TableSettings] = [:]
    var hasMouse = true
    /// True if a wide console shows details beside tables.
    var hasDetails = true
    var theme = Theme.standard
    /// The looks that replace those of the theme.
    var paints: [Style: Paint] = [:]
    /// The keys that replace those of commands.
    var keys = KeyMap()
    /// The confirmations of changes in the console.
    var confirmation = Confirmation.normal
    /// The rules for `rm --policy`, in the order of the file.
    var retention: [RetentionRule] = []
    /// The mistakes in the file, each with its line and column. The rest of the file holds.
    var problems: [String] = []

    /// The key of a command for a sentence, or its name with a colon.
    func key(_ command: String) -> String {
        let usual = KeyCatalog.places.lazy.compactMap { $0.all[command] }.first
        return (keys.keys[command] ?? usual)?.first?.label ?? ":\(command)"
    }

    /// The rules for `rm --policy`.
    ///
    /// - Throws: `SettingsError` if the file has no rules or any mistake: half of a policy may
    ///   remove images that the whole policy keeps.
    func policy() throws(SettingsError) -> Retention {
        if let problem = problems.first {
            throw SettingsError("nothing is removed by rules while the configuration file has a mistake: \(problem)")
        }
        guard !retention.isEmpty else {
            throw SettingsError(
                "config.yml has no rules; `regtop rm --help` shows how to write them below retention:")
        }
        return Retention(retention)
    }
}

/// The reason why the configuration cannot be used.
nonisolated struct SettingsError: ProgramError {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
