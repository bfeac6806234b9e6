import AdminCore

/// What the user's configuration file says. What it does not say is as it is without one.
nonisolated struct Settings: Sendable, Equatable {
    /// A registry with a name: where it is, in the words of the command line's options.
    struct Registry: Sendable, Equatable {
        var store: String?
        var pool: String?
        var conf: String?
        var name: String?
        var keyring: String?
        var monHost: String?
        var readOnly = false
    }

    /// How a table begins.
    struct Table: Sendable, Equatable {
        /// A column's name as somebody wrote it.
        struct Column: Sendable, Equatable {
            let name: String
            /// Where it stands, for a complaint: "config.yml:7:12".
            let place: String
        }

        var sort: Column?
        var isDescending = false
        /// Which columns are shown, in this order; nil for all.
        var columns: [Column]?
    }

    var registries: [String: Registry] = [:]
    /// By the table's name: `repositories`, `tags`.
    var tables: [String: Table] = [:]
    var hasMouse = true
    /// Which tags may go by `rm --policy`, in the order of the file.
    var retention: [RetentionRule] = []
    /// What is wrong with the file, each with its line and column. The rest of it holds.
    var problems: [String] = []
}
