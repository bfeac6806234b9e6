import AdminCore

/// A deletion on the trash's screen.
nonisolated struct TrashRow: Sendable, Identifiable {
    let item: TrashItem

    var id: String { item.id }

    /// What the words of a filter are looked for in.
    var searchText: String { "\(item.name) \(item.kind.rawValue) \(item.by ?? "") \(item.id)" }

    static let columns: [Column<TrashRow>] = [
        Column(
            id: "name", title: "NAME", trimming: .middle, minimum: 14, ideal: 36, isSearched: true,
            order: .text { $0.item.name }
        ) { row, _ in Line(row.item.name) },
        Column(id: "kind", title: "KIND", minimum: 8, ideal: 10, priority: 3, order: .text { $0.item.kind.rawValue }) {
            row, _ in Line(row.item.kind.rawValue)
        },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 4,
            order: .number { Cells.order($0.item.bytes) }, startsDescending: true
        ) { row, _ in Cells.size(row.item.bytes) },
        Column(
            id: "reclaimable", title: "RECLAIMABLE", alignment: .right, minimum: 11, ideal: 11, priority: 1,
            order: .number { Cells.order($0.item.reclaimable) }, startsDescending: true
        ) { row, _ in Cells.size(row.item.reclaimable) },
        Column(
            id: "deleted", title: "DELETED", minimum: 10, ideal: 19, priority: 2,
            order: .number { Cells.order($0.item.deleted) }, startsDescending: true
        ) { row, width in Cells.date(row.item.deleted, width) },
        Column(id: "by", title: "BY", minimum: 10, ideal: 16, priority: 5, isSearched: true) { row, _ in
            row.item.by.map { Line($0) } ?? Cells.unknown
        },
        Column(id: "id", title: "ID", minimum: 20, ideal: 20, priority: 6, isSearched: true) { row, _ in
            Line(row.item.id, .dim)
        },
    ]
}
