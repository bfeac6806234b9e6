/// The marked rows that a filter hides. Every question lists them.
package nonisolated struct HiddenMarks: Sendable, Equatable {
    /// The text of the first column, in the order of the table.
    package var names: [String] = []

    package init(names: [String] = []) {
        self.names = names
    }
}
