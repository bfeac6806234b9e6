/// Names with their values, one a line, aligned.
nonisolated struct FactLines {
    private var facts: [(name: String, value: String)] = []

    /// Adds a line; one without a value says so.
    mutating func add(_ name: String, _ value: String?) {
        facts.append((name, value.map(VisibleText.of) ?? HumanText.unknown))
    }

    /// The lines, each with its newline.
    var text: String {
        let width = facts.reduce(0) { max($0, $1.name.count) }
        return facts.map { fact in
            fact.name + String(repeating: " ", count: width - fact.name.count + 2) + fact.value + "\n"
        }.joined()
    }
}
