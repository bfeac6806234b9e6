import AdminCore

/// Something that takes space: a repository, a kind of objects, a tag, a blob.
nonisolated struct UsageRow: Sendable, Identifiable {
    enum Subject: Hashable, Sendable {
        case repository(RepositoryName)
        /// Objects that no repository needs.
        case purpose(PoolUsage.Purpose)
        case item(RepositoryUsage.Item)
        case blob(Digest, isManifest: Bool)
    }

    let subject: Subject
    let size: UInt64
    /// The part that nothing else needs; nil where that means nothing.
    let unique: UInt64?

    /// By identity, never by size.
    var id: String {
        switch subject {
        case .repository(let name): "r \(name)"
        case .purpose(let purpose): "p \(purpose.name)"
        case .item(let item): "i \(item.tag ?? "")@\(item.digest?.string ?? "")"
        case .blob(let digest, _): "b \(digest)"
        }
    }

    var name: String {
        switch subject {
        case .repository(let name): name.string
        case .purpose(let purpose): "(\(purpose.name))"
        case .item(let item): item.tag ?? "(no tag) \(item.digest?.string ?? "")"
        case .blob(let digest, let isManifest): (isManifest ? "manifest " : "") + digest.string
        }
    }

    var shared: UInt64? { unique.map { size - min($0, size) } }

    /// What a filter compares.
    func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(name)
        case .size: .number(size)
        case .unique: unique.map { .number($0) }
        case .shared: shared.map { .number($0) }
        default: nil
        }
    }

    static func columns(_ scale: Scale) -> [Column<UsageRow>] {
        [
            Column(
                id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9,
                order: .number { Cells.order($0.size) }, startsDescending: true
            ) { row, _ in Cells.size(row.size) },
            Column(id: "bar", title: "", minimum: 8, ideal: 24, priority: 3) { row, width in
                scale.bar(row.size, unique: row.unique, columns: width)
            },
            Column(
                id: "unique", title: "UNIQUE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
                order: .number { Cells.order($0.unique) }, startsDescending: true
            ) { row, _ in Cells.size(row.unique) },
            Column(
                id: "shared", title: "SHARED", alignment: .right, minimum: 9, ideal: 9, priority: 2,
                order: .number { Cells.order($0.shared) }, startsDescending: true
            ) { row, _ in Cells.size(row.shared) },
            Column(
                id: "name", title: "NAME", trimming: .middle, minimum: 14, isSearched: true, order: .text { $0.name }
            ) { row, _ in
                if case .purpose = row.subject { Line(row.name, .dim) } else { Line(row.name) }
            },
        ]
    }
}

nonisolated extension UsageRow {
    init(_ repository: Usage.Repository) {
        self.init(subject: .repository(repository.name), size: repository.size, unique: repository.unique)
    }

    init(_ item: RepositoryUsage.Item) {
        self.init(subject: .item(item), size: item.size, unique: item.unique)
    }

    init(_ blob: RepositoryUsage.Blob) {
        self.init(
            subject: .blob(blob.digest, isManifest: blob.isManifest), size: blob.size,
            unique: blob.isUnique ? blob.size : 0)
    }

    /// All of the registry and its pool; what blobs the repositories need is in their rows already.
    static func rows(_ usage: Usage) -> [UsageRow] {
        usage.repositories.map { UsageRow($0) }
            + PoolUsage.Purpose.allCases.filter { $0 != .referenced }.compactMap { purpose in
                guard let share = usage.pool?[purpose], share.bytes > 0 else { return nil }
                return UsageRow(subject: .purpose(purpose), size: share.bytes, unique: nil)
            }
    }
}
