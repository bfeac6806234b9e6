import AdminCore

/// A change on the log's screen.
nonisolated struct LogRow: Sendable, Identifiable {
    let entry: AuditEntry

    var id: String { entry.id }

    /// What the words of a filter are looked for in.
    var searchText: String {
        "\(entry.action) \(LogText.who(entry)) \(entry.targets.joined(separator: " ")) \(LogText.outcome(entry))"
    }

    static let columns: [Column<LogRow>] = [
        Column(
            id: "begun", title: "WHEN", minimum: 10, ideal: 19, order: .number { Cells.order($0.entry.begun) },
            startsDescending: true
        ) { row, width in Cells.date(row.entry.begun, width) },
        Column(id: "action", title: "WHAT", minimum: 7, ideal: 8, priority: 1, order: .text { $0.entry.action }) {
            row, _ in Line(row.entry.action)
        },
        Column(id: "targets", title: "TARGETS", trimming: .middle, minimum: 14, ideal: 36, isSearched: true) { row, _ in
            Line(LogText.what(row.entry))
        },
        Column(id: "who", title: "WHO", minimum: 8, ideal: 20, priority: 3, isSearched: true) { row, _ in
            Line(LogText.who(row.entry))
        },
        Column(id: "outcome", title: "OUTCOME", minimum: 8, priority: 2, isSearched: true) { row, _ in
            let isDone = row.entry.outcomes.keys.allSatisfy { $0 == ChangeResult.Outcome.done.rawValue }
            return Line(
                LogText.outcome(row.entry), row.entry.ended == nil ? .warning : isDone ? .good : .bad)
        },
    ]
}
