import AdminCore

/// A repository on the first screen: its name at once, the rest when it is known.
nonisolated struct RepositoryRow: Sendable, Identifiable {
    let name: RepositoryName
    var summary: RepositorySummary?
    /// The part that no other repository needs; nil unless that was asked for.
    var unique: UInt64?
    /// Why nothing is known.
    var failure: String?

    var id: RepositoryName { name }

    /// What its state is called.
    var state: String? { failure == nil ? summary?.state.rawValue : "unread" }

    /// What a person should know about it.
    var note: String { failure ?? summary?.problems.first ?? "" }
}

nonisolated extension RepositoryRow {
    /// The columns; two more once the unique sizes are known. `scale` is what the bars are drawn to.
    static func columns(unique: Bool, scale: Scale) -> [Column<RepositoryRow>] {
        var columns: [Column<RepositoryRow>] = [
            Column(
                id: "name", title: "NAME", trimming: .middle, minimum: 14, ideal: 44, isSearched: true,
                order: .text { $0.name.string }
            ) { row, _ in Line(row.name.string) },
            Column(
                id: "tags", title: "TAGS", alignment: .right, minimum: 5, ideal: 7, priority: 3,
                order: .number { $0.summary.map { Int64($0.tags) } }, startsDescending: true
            ) { row, _ in Cells.count(row.summary?.tags) },
            Column(
                id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
                order: .number { Cells.order($0.summary?.size) }, startsDescending: true
            ) { row, _ in Cells.size(row.summary?.size) },
            Column(id: "bar", title: "", minimum: 8, ideal: 16, priority: 6) { row, width in
                scale.bar(row.summary?.size ?? 0, unique: row.unique, columns: width)
            },
        ]
        if unique {
            columns += [
                Column(
                    id: "unique", title: "UNIQUE", alignment: .right, minimum: 9, ideal: 9, priority: 2,
                    order: .number { Cells.order($0.unique) }, startsDescending: true
                ) { row, _ in Cells.size(row.unique) },
                Column(
                    id: "shared", title: "SHARED", alignment: .right, minimum: 9, ideal: 9, priority: 5,
                    order: .number { Cells.order($0.shared) }, startsDescending: true
                ) { row, _ in Cells.size(row.shared) },
            ]
        }
        return columns + [
            Column(
                id: "changed", title: "CHANGED", minimum: 10, ideal: 10, priority: 4,
                order: .number { Cells.order($0.summary?.modified) }, startsDescending: true
            ) { row, width in Cells.date(row.summary?.modified, width) },
            Column(
                id: "state", title: "STATE", minimum: 8, ideal: 12, isSearched: true, order: .text { $0.state ?? "" }
            ) { row, _ in row.state.map(Cells.state) ?? Cells.unknown },
            Column(id: "note", title: "NOTE", minimum: 24, priority: 7, isExtra: true, isSearched: true) { row, _ in
                Cells.note(row.note)
            },
        ]
    }

    var shared: UInt64? {
        guard let unique, let size = summary?.size else { return nil }
        return size - min(unique, size)
    }

    /// What the words of a filter are looked for in.
    var searchText: String { "\(name) \(state ?? "") \(note)" }

    /// What a filter compares.
    func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(name.string)
        case .unique: unique.map { .number($0) }
        case .shared: shared.map { .number($0) }
        case .state: state.map { .text($0) }
        default: summary?.value(of: field)
        }
    }
}
