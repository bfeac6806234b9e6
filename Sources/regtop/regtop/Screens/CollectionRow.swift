import AdminCore
import Foundation

/// A holding of the quarantine, or one that the next step of the collection would make.
nonisolated struct CollectionRow: Sendable, Identifiable {
    enum State: String, Sendable {
        /// Its delay is not over.
        case waits
        /// It may be freed, once it is said what the registries remember.
        case due
        /// Its making was interrupted: the next step gives it its date.
        case undated
        /// It is not there yet.
        case new

        var style: Style {
            switch self {
            case .waits: .normal
            case .due: .good
            case .undated: .warning
            case .new: .dim
            }
        }
    }

    let id: String
    /// What kind of things it holds.
    var kind = ""
    var since: Date?
    /// When its delay is over; nil if that is not known yet.
    var due: Date?
    var count = 0
    var bytes: UInt64 = 0
    var state = State.new
    /// What the next step does with it, by the last mark; nil before one.
    var next: [CollectionPlan.Part]?

    /// Notes of surplus chunks have no holding, and are told apart by their dates.
    var name: String { kind == QuarantineStatus.Item.Kind.surplus.rawValue ? "surplus" : id }

    /// "frees 3, 1.2 MiB; brings back 1, 8.0 KiB".
    var nextText: String {
        guard let next else { return "" }
        let done = next.map { part in
            if [.date, .mend, .look].contains(part.work) { return part.work.doing }
            let size = part.bytes > 0 ? ", \(HumanText.bytes(part.bytes))" : ""
            return "\(part.work.doing) \(HumanText.count(part.items.count))\(size)"
        }
        return done.isEmpty ? "stays" : done.joined(separator: "; ")
    }

    var searchText: String { "\(id) \(kind) \(state.rawValue) \(nextText)" }

    static let columns: [Column<CollectionRow>] = [
        Column(
            id: "holding", title: "HOLDING", trimming: .middle, minimum: 10, ideal: 28, isSearched: true,
            order: .text { $0.id }
        ) { row, _ in Line(row.name, row.state == .new ? .dim : .normal) },
        Column(id: "kind", title: "KIND", minimum: 7, ideal: 7, priority: 5, isSearched: true, order: .text { $0.kind })
        {
            row, _ in row.kind.isEmpty ? Cells.unknown : Line(row.kind)
        },
        Column(
            id: "since", title: "SINCE", minimum: 10, ideal: 19, priority: 3, order: .number { Cells.order($0.since) }
        ) { row, width in Cells.date(row.since, width) },
        Column(
            id: "things", title: "THINGS", alignment: .right, minimum: 6, ideal: 7, priority: 4,
            order: .number { Int64($0.count) }, startsDescending: true
        ) { row, _ in Cells.count(row.count) },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
            order: .number { Cells.order($0.bytes) }, startsDescending: true
        ) { row, _ in row.bytes == 0 && row.state == .new ? Cells.unknown : Cells.size(row.bytes) },
        Column(id: "due", title: "DUE", minimum: 10, ideal: 19, priority: 2, order: .number { Cells.order($0.due) }) {
            row, width in Cells.date(row.due, width)
        },
        Column(id: "state", title: "STATE", minimum: 7, ideal: 7, isSearched: true, order: .text { $0.state.rawValue })
        {
            row, _ in Line(row.state.rawValue, row.state.style)
        },
        Column(id: "next", title: "NEXT STEP", minimum: 16, ideal: 44, priority: 1, isSearched: true) { row, _ in
            row.next == nil ? Cells.unknown : Line(row.nextText)
        },
    ]
}

extension CollectionRow {
    /// What lies in the quarantine, by name and so by age, and what a plan does with it and besides.
    static func rows(_ status: QuarantineStatus?, _ plan: CollectionPlan?) -> [CollectionRow] {
        var parts = plan?.parts ?? []
        func take(_ isMeant: (CollectionPlan.Part) -> Bool) -> [CollectionPlan.Part] {
            defer { parts.removeAll(where: isMeant) }
            return parts.filter(isMeant)
        }
        let rows = (status?.items ?? []).sorted { $0.id < $1.id }.map { item in
            let isDue = item.due.map { $0 <= (status?.asOf ?? .distantPast) }
            // What is removed of surplus chunks is one part, whenever they were noted.
            let next =
                item.kind == .surplus ? take { $0.work == .trim && isDue == true } : take { $0.holding == item.id }
            return CollectionRow(
                id: item.id, kind: item.kind.rawValue, since: item.since, due: item.due, count: item.count,
                bytes: item.bytes, state: isDue.map { $0 ? .due : .waits } ?? .undated, next: plan.map { _ in next })
        }
        // What is done with all of them at the end has a row of its own.
        let new = Dictionary(grouping: parts) { [.finish, .look].contains($0.work) ? "then, of these" : $0.holding }
            .sorted {
                $0.key < $1.key
            }.map { holding, parts in
                CollectionRow(
                    id: holding, count: parts.map(\.items.count).max() ?? 0, bytes: parts.map(\.bytes).max() ?? 0,
                    next: parts)
            }
        return rows + new
    }
}

extension CollectionPlan.Part.Work {
    /// "frees", as said of the next step.
    nonisolated fileprivate var doing: String {
        switch self {
        case .mend: "mended"
        case .date: "dated"
        case .restore: "brings back"
        case .free, .finish: "frees"
        case .trim: "removes"
        case .quarantine: "takes"
        case .note, .watch: "notes"
        case .look: "brings back what is needed"
        }
    }
}
