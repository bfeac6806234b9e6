/// How the console looks and listens, as the command line says.
nonisolated struct Look: Sendable, Equatable {
    /// Whether the mouse is the console's: click, double click and wheel.
    var hasMouse = true
    /// Whether it is written line by line, for screen readers.
    var isLinear = false
}
