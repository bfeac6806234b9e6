/// One column of a table: how it is called, drawn, ordered and how it yields when the screen is narrow.
nonisolated struct Column<Row: Sendable>: Sendable, Identifiable {
    /// What a row is ordered by. Equal keys keep the order in which the rows came.
    enum Order: Sendable {
        case none
        /// Rows without a number come last, whichever way the column is sorted.
        case number(@Sendable (Row) -> Int64?)
        case text(@Sendable (Row) -> String)
    }

    /// Stable; tests and `:sort` use it.
    let id: String
    let title: String
    var alignment: Line.Alignment = .left
    var trimming: Line.Trimming = .end
    /// Below this width the column would be useless, in columns of the terminal.
    let minimum: Int
    /// The width it wants; nil takes whatever is left over.
    var ideal: Int?
    /// Columns with greater numbers go first when there is too little room; 0 stays.
    var priority = 0
    /// Shown only where every other column has the width it wants.
    var isExtra = false
    /// Whether the filter's words are looked for, and highlighted, in this column's text.
    var isSearched = false
    /// How the column's numbers or names are ordered.
    var order = Order.none
    /// What sorting by the column means first: the largest or the smallest.
    var startsDescending = false
    /// Draws a row's cell for a width. What is longer is cut by the table.
    let cell: @Sendable (Row, _ width: Int) -> Line
}
