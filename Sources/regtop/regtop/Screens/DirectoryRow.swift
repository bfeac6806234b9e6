import AdminCore

/// A key of a directory's omap.
nonisolated struct DirectoryRow: Sendable, Identifiable {
    let entry: DirectoryEntry
    var head: FileHead?
    /// Why the file is not known.
    var failure: String?

    var id: ByteString { entry.key }

    var isDirectory: Bool {
        if case .directory = entry.kind { true } else { false }
    }

    var blob: BlobIdentifier? {
        if case .file(let blob) = entry.kind { blob } else { nil }
    }

    var state: String {
        switch entry.kind {
        case .directory: "dir"
        case .invalid: "invalid"
        case .file:
            if failure != nil {
                "unread"
            } else {
                switch head?.state {
                case nil: ""
                case .sound: "ok"
                case .empty: "empty"
                case .missing: "missing"
                case .badSize: "bad size"
                case .short: "short"
                case .long: "long"
                }
            }
        }
    }

    var note: String {
        if case .invalid(let why) = entry.kind { return why + ": shown, never followed" }
        return failure ?? blob?.string ?? ""
    }

    /// What a filter compares.
    func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(entry.key.description)
        case .size: (head?.size).map { .number($0) }
        case .modified: (head?.modified).map { .time($0) }
        case .state: .text(state)
        default: nil
        }
    }

    static let columns: [Column<DirectoryRow>] = [
        Column(
            id: "name", title: "NAME", trimming: .middle, minimum: 16, ideal: 66, isSearched: true,
            order: .text { $0.entry.key.description }
        ) { row, _ in
            let name = VisibleText.of(bytes: row.entry.key.bytes)
            switch row.entry.kind {
            case .directory: return Line(name + "/", .key)
            case .file: return Line(name)
            case .invalid: return Line(name, .bad)
            }
        },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 14, priority: 1,
            order: .number { Cells.order($0.head?.size) }, startsDescending: true
        ) { row, width in
            guard row.blob != nil else { return Line() }
            return width >= 14 ? Cells.exact(row.head?.size) : Cells.size(row.head?.size)
        },
        Column(
            id: "changed", title: "CHANGED", minimum: 10, ideal: 19, priority: 3,
            order: .number { Cells.order($0.head?.modified) }, startsDescending: true
        ) { row, width in row.blob == nil ? Line() : Cells.date(row.head?.modified, width) },
        Column(id: "state", title: "STATE", minimum: 8, ideal: 8, isSearched: true, order: .text { $0.state }) {
            row, _ in
            row.isDirectory ? Line(row.state, .dim) : row.state.isEmpty ? Cells.unknown : Cells.state(row.state)
        },
        Column(id: "blob", title: "IDENTIFIER", minimum: 41, ideal: 60, priority: 4, isExtra: true, isSearched: true) {
            row, _ in
            Line(row.note, row.blob == nil ? .bad : .dim)
        },
    ]
}
