import AdminCore

/// A chunk of a file, and where it lies.
nonisolated struct ChunkRow: Sendable, Identifiable {
    let chunk: ChunkLayout.Chunk
    let placement: Placement?

    var id: Int { chunk.index }

    /// `places`: whether the store has placement groups and OSDs at all.
    static func columns(places: Bool) -> [Column<ChunkRow>] {
        let own: [Column<ChunkRow>] = [
            Column(id: "index", title: "#", alignment: .right, minimum: 4, ideal: 6, order: .number { Int64($0.id) }) {
                row, _ in Line(HumanText.count(row.id))
            },
            Column(
                id: "object", title: "OBJECT", trimming: .middle, minimum: 14, ideal: 48, priority: 3, isSearched: true
            ) { row, _ in Line(row.chunk.object.description) },
            Column(
                id: "offset", title: "OFFSET", alignment: .right, minimum: 9, ideal: 15, priority: 5,
                order: .number { Cells.order($0.chunk.offset) }
            ) { row, _ in Cells.exact(row.chunk.offset) },
            Column(
                id: "length", title: "LENGTH", alignment: .right, minimum: 9, ideal: 11, priority: 1,
                order: .number { Cells.order($0.chunk.length) }, startsDescending: true
            ) { row, _ in Cells.exact(row.chunk.length) },
            Column(
                id: "expected", title: "EXPECTED", alignment: .right, minimum: 9, ideal: 11, priority: 4
            ) { row, _ in Cells.exact(row.chunk.expected) },
            Column(
                id: "state", title: "STATE", minimum: 7, ideal: 7, isSearched: true,
                order: .text { $0.chunk.state.rawValue }
            ) { row, _ in Cells.state(row.chunk.state.rawValue) },
        ]
        guard places else { return own }
        return own + [
            Column(
                id: "pg", title: "PG", minimum: 5, ideal: 8, priority: 6, isSearched: true,
                order: .text { $0.placement?.placementGroup ?? "" }
            ) { row, _ in row.placement.map { Line($0.placementGroup) } ?? Cells.unknown },
            Column(id: "osds", title: "OSDS", minimum: 5, ideal: 12, priority: 2, isSearched: true) { row, _ in
                row.placement.map { Line($0.osds.map(String.init).joined(separator: " ")) } ?? Cells.unknown
            },
        ]
    }
}
