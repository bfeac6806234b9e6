/// How a table of the console begins, as the user's configuration says.
nonisolated struct TableSettings: Sendable, Equatable {
    /// A column as the user named it.
    struct Column: Sendable, Equatable {
        let name: String
        /// The place of the name for a complaint, such as "config.yml:7:12".
        let place: String
    }

    /// The column to sort by; nil for the order of the table itself.
    var sort: Column?
    var isDescending = false
    /// The columns to show, in this order; nil for all.
    var columns: [Column]?
}
