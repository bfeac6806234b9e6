import AdminCore

/// A problem in a table.
nonisolated struct ProblemRow: Sendable, Identifiable {
    /// Each problem once, by what it is about; a key that breaks the rules is told from others of its directory by what is said of it.
    struct ID: Hashable, Sendable {
        let kind: ProblemKind
        let place: String
        let detail: String
    }

    let problem: Problem

    var id: ID { ID(kind: problem.kind, place: problem.place, detail: problem.detail) }

    /// What it is about, without the directory that everything of a registry is in.
    var place: String {
        guard let path = problem.path, path.isBelow(RegistryPaths.standardRoot) else { return problem.place }
        return path.components.dropFirst(RegistryPaths.standardRoot.components.count).joined(separator: "/")
    }

    /// What would mend it, in a word.
    var cure: String { problem.repair?.id ?? "" }

    var searchText: String {
        "\(problem.kind.rawValue) \(problem.severity.rawValue) \(problem.place) \(cure) \(problem.detail)"
    }

    static let columns: [Column<ProblemRow>] = [
        Column(
            id: "kind", title: "KIND", minimum: 12, ideal: 19, isSearched: true,
            order: .text { $0.problem.kind.rawValue }
        ) { row, _ in Line(row.problem.kind.rawValue, .key) },
        Column(
            id: "severity", title: "SEVERITY", minimum: 8, ideal: 8, priority: 2, isSearched: true,
            order: .number { row in ProblemSeverity.allCases.firstIndex(of: row.problem.severity).map { Int64($0) } }
        ) { row, _ in
            Line(row.problem.severity.rawValue, style(row.problem.severity))
        },
        Column(
            id: "place", title: "PLACE", trimming: .middle, minimum: 20, ideal: 70, isSearched: true,
            order: .text { $0.problem.place }
        ) { row, _ in Line(VisibleText.of(row.place)) },
        Column(
            id: "repair", title: "REPAIR", minimum: 15, ideal: 15, priority: 1, isSearched: true,
            order: .text { $0.cure }
        ) {
            row, _ in
            row.cure.isEmpty ? Cells.unknown : Line(row.cure, row.problem.repair?.isSafe == true ? .good : .normal)
        },
        Column(id: "detail", title: "WHAT IT MEANS", minimum: 30, priority: 2, isExtra: true, isSearched: true) {
            row, _ in
            Cells.note(row.problem.detail)
        },
    ]

    static func style(_ severity: ProblemSeverity) -> Style {
        switch severity {
        case .error: .bad
        case .waste: .warning
        case .info: .dim
        }
    }
}
