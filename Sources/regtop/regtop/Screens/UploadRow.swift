import AdminCore
import Foundation

/// An unfinished upload on its screen.
nonisolated struct UploadRow: Sendable, Identifiable {
    /// Which one.
    struct Identity: Hashable, Sendable {
        let repository: RepositoryName
        let upload: String
    }

    let upload: UploadSummary
    /// How old it was when it was read.
    let age: String?

    var id: Identity { Identity(repository: upload.repository, upload: upload.id) }

    /// What the words of a filter are looked for in.
    var searchText: String { "\(upload.repository) \(upload.id)" }

    static let columns: [Column<UploadRow>] = [
        Column(
            id: "repository", title: "REPOSITORY", trimming: .middle, minimum: 14, ideal: 36, isSearched: true,
            order: .text { $0.upload.repository.string }
        ) { row, _ in Line(row.upload.repository.string) },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
            order: .number { Cells.order($0.upload.size) }, startsDescending: true
        ) { row, _ in Cells.size(row.upload.size) },
        Column(
            id: "age", title: "AGE", alignment: .right, minimum: 6, ideal: 6, priority: 2,
            order: .number { Cells.order($0.upload.lastKnown).map { -$0 } }, startsDescending: true
        ) { row, _ in row.age.map { Line($0) } ?? Cells.unknown },
        Column(
            id: "started", title: "STARTED", minimum: 10, ideal: 19, priority: 3,
            order: .number { Cells.order($0.upload.lastKnown) }, startsDescending: true
        ) { row, width in Cells.date(row.upload.lastKnown, width) },
        Column(id: "id", title: "ID", minimum: 12, ideal: 36, priority: 4, isSearched: true) { row, _ in
            Line(row.upload.id + (row.upload.isStray ? " (a file, no upload)" : ""), .dim)
        },
    ]
}
