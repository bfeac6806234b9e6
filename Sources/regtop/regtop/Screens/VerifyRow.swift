import AdminCore

/// What a verification is about: something a reference names, or a blob by itself.
nonisolated enum VerifySubject: Hashable, Sendable, CustomStringConvertible {
    case reference(ImageReference)
    case blob(Digest)

    var description: String {
        switch self {
        case .reference(let reference): reference.description
        case .blob(let digest): digest.string
        }
    }
}

/// One of them, and what was found.
nonisolated struct VerifyRow: Sendable, Identifiable {
    enum State: String, Sendable {
        case waiting, reading, ok, damaged
        /// It could not be finished: an error, or Esc.
        case unread, stopped

        var style: Style {
            switch self {
            case .waiting: .dim
            case .reading: .normal
            case .ok: .good
            case .stopped: .warning
            case .damaged, .unread: .bad
            }
        }
    }

    let id: VerifySubject
    var state = State.waiting
    var found: Verification?
    /// Why it could not be finished.
    var failure: String?

    /// A sentence each: what could not be read, and what is wrong.
    var problems: [String] { (failure.map { [$0] } ?? []) + (found?.findings.map(\.problem) ?? []) }

    static let columns: [Column<VerifyRow>] = [
        Column(
            id: "name", title: "NAME", trimming: .middle, minimum: 14, ideal: 44, isSearched: true,
            order: .text { $0.id.description }
        ) { row, _ in Line(row.id.description) },
        Column(
            id: "manifests", title: "MANIFESTS", alignment: .right, minimum: 9, ideal: 9, priority: 4,
            order: .number { $0.found.map { Int64($0.manifests) } }, startsDescending: true
        ) { row, _ in Cells.count(row.found?.manifests) },
        Column(
            id: "blobs", title: "BLOBS", alignment: .right, minimum: 7, ideal: 7, priority: 3,
            order: .number { $0.found.map { Int64($0.blobs) } }, startsDescending: true
        ) { row, _ in Cells.count(row.found?.blobs) },
        Column(
            id: "read", title: "READ", alignment: .right, minimum: 9, ideal: 9, priority: 1,
            order: .number { Cells.order($0.found?.bytes) }, startsDescending: true
        ) { row, _ in Cells.size(row.found?.bytes) },
        Column(id: "state", title: "STATE", minimum: 8, ideal: 8, isSearched: true, order: .text { $0.state.rawValue })
        {
            row, _ in Line(row.state.rawValue, row.state.style)
        },
        Column(id: "problem", title: "WHAT IS WRONG", minimum: 24, priority: 5, isExtra: true, isSearched: true) {
            row, _ in Cells.note(row.problems.first ?? "")
        },
    ]
}
