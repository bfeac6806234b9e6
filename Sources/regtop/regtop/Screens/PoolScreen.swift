import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The pool and its cluster: space, health, and the distribution of the objects over the OSDs.
final class PoolScreen: Screen {
    private let store: OpenStore
    private let view: TableView<OSDRow>
    private var sample: PlacementSample?
    private var isRead = false

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: OSDRow.columns, searchText: { "\($0.id)" }))
        view.empty = "Locating objects …"
    }

    var title: TitleBar {
        var details: [Line] = []
        if let health = store.status?.health { details.append(Line(health, health == "HEALTH_OK" ? .good : .bad)) }
        if let sample {
            details.append(
                Line(
                    "\(HumanText.count(sample.objects, "object")) located in "
                        + HumanText.count(sample.placementGroups, "placement group"), .dim))
        }
        return TitleBar(title: "Pool", details: details + view.selection)
    }

    func lines(_ size: Size) -> [Line] {
        let facts = facts.prefix(max(0, size.rows - 3)).map { $0.truncated(to: size.columns) }
        let gap = size.rows - facts.count >= 5 ? [Line()] : []
        return facts + gap + view.lines(Size(rows: size.rows - facts.count - gap.count, columns: size.columns))
    }

    private var facts: [Line] {
        guard let status = store.status else { return [Line("Reading the status …", .dim)] }
        var facts: [(String, String?)] = [
            (status.backend == .rados ? "pool" : "file", status.name),
            ("used", status.bytesUsed.map(HumanText.bytes)),
            ("objects", status.objects.map { HumanText.count($0) }),
        ]
        if status.backend == .rados {
            facts += [
                ("replicas", status.replicas.map { HumanText.count($0) }),
                ("groups", status.placementGroups.map { "\(HumanText.count($0)) placement groups" }),
                ("cluster", status.fsid),
                ("client", status.client),
                ("cache tier", status.tiering.warning),
                ("snapshots", status.snapshots.flatMap { $0.isEmpty ? nil : $0.joined(separator: ", ") }),
                ("OSDs", status.osdsUp.flatMap { up in status.osds.map { "\(up) of \($0) up" } }),
            ]
        }
        facts.append(("chunk size", store.chunkSize?.words))
        let lines = facts.compactMap { name, value in
            value.map { Line(name, .dim).fitted(to: 12) + Line($0) }
        }
        guard let used = status.clusterBytesUsed, let total = status.clusterBytesTotal else { return lines }
        return lines + [
            Line("space", .dim).fitted(to: 12) + Bar.line(Double(used), of: Double(total), columns: 24)
                + Line("  \(HumanText.bytes(used)) of \(HumanText.bytes(total))")
        ]
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["status"] + store.words }

    func appear() -> Effect { isRead ? .none : refresh() }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "refresh", keys: [.character("r")], hint: "refresh",
                help: "Reads the status again and locates objects again"
            ) { [unowned self] in refresh() }
        ] + view.commands

    private func refresh() -> Effect {
        let objects = store.session.objects
        let sampling = Query.stream(Slot(self, "sample"), "locating objects") {
            (reporter: Reporter<PlacementSample?>) in
            reporter.emit(try await PlacementSample.take(objects) { reporter.progress(TaskProgress($0)) })
        } fold: { [unowned self] parts in
            show(parts.last ?? nil)
        } end: { [unowned self] ending in
            isRead = true
            switch ending {
            case .finished: return .none
            case .cancelled:
                view.empty = "Stopped before all objects were located; \(store.settings.key("refresh")) starts again."
                return .none
            case .failed(let error):
                view.empty = "The objects could not be located; \(store.settings.key("refresh")) tries again."
                return .failure(error)
            }
        }
        return .all([store.askStatus, .ask(sampling)])
    }

    private func show(_ sample: PlacementSample?) {
        self.sample = sample
        view.empty =
            sample == nil
            ? "This store is not a cluster and has no OSDs." : "This pool has no objects."
        let most = sample?.shares.map(\.objects).max() ?? 0
        view.table.replace(
            (sample?.shares ?? []).map { OSDRow(share: $0, sampled: sample?.objects ?? 0, most: most) })
    }
}

/// The objects on one OSD.
nonisolated struct OSDRow: Sendable, Identifiable {
    let share: PlacementSample.Share
    /// The number of objects in the sample.
    let sampled: Int
    /// The number of objects on the OSD with the most.
    let most: Int

    var id: Int { share.osd }

    static let columns: [Column<OSDRow>] = [
        Column(
            id: "osd", title: "OSD", alignment: .right, minimum: 5, ideal: 6, isSearched: true,
            order: .number { Int64($0.id) }
        ) { row, _ in Line("\(row.id)") },
        Column(
            id: "objects", title: "OBJECTS", alignment: .right, minimum: 8, ideal: 9,
            order: .number { Int64($0.share.objects) }, startsDescending: true
        ) { row, _ in Cells.count(row.share.objects) },
        Column(id: "bar", title: "", minimum: 8, ideal: 30, priority: 3) { row, width in
            Bar.line(Double(row.share.objects), of: Double(row.most), columns: width)
        },
        Column(id: "share", title: "SHARE", alignment: .right, minimum: 7, ideal: 7, priority: 2) { row, _ in
            row.sampled > 0 ? Line("\(row.share.objects * 100 / row.sampled) %") : Cells.unknown
        },
        Column(
            id: "primary", title: "PRIMARY", alignment: .right, minimum: 8, ideal: 9, priority: 1,
            order: .number { Int64($0.share.primary) }, startsDescending: true
        ) { row, _ in Cells.count(row.share.primary) },
    ]
}
