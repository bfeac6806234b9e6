import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The chunks of a file: drawn to scale, and in a table with their places.
final class BlobScreen: Screen {
    private let store: OpenStore
    private let subject: BlobSubject
    private let view: TableView<ChunkRow>
    private var report: BlobReport?
    /// The judgement of `fsck`; nil before it, and if the file has no problem.
    private var problem: Problem?
    private var isJudged = false
    private var generation: Int?

    init(_ store: OpenStore, _ subject: BlobSubject) {
        self.store = store
        self.subject = subject
        view = TableView(
            Table(
                columns: ChunkRow.columns(places: true),
                searchText: { row in
                    let osds = row.placement?.osds.map(String.init).joined(separator: " ") ?? ""
                    return
                        "\(row.chunk.object) \(row.chunk.state.rawValue) \(row.placement?.placementGroup ?? "") \(osds)"
                }))
        view.empty = "Reading the chunks …"
        view.clip = { $0.chunk.object.description }
    }

    private var name: String {
        switch subject {
        case .digest(let digest): digest.string
        case .path(let path): report?.digest?.string ?? path.string
        case .reference(let reference): reference.description
        }
    }

    var title: TitleBar {
        guard let report else { return TitleBar(title: "Blob " + name) }
        let layout = report.layout
        var details = [
            Cells.state(state(report)),
            Line("\(HumanText.count(layout.head.sizeOrLength)) bytes"),
            Line(HumanText.count(layout.chunks.count, "chunk") + " of " + HumanText.bytes(layout.chunkSize)),
        ]
        if let modified = layout.head.modified { details.append(Line(HumanText.second(modified), .dim)) }
        if !view.table.filter.isEmpty { details += view.selection }
        // The beginning identifies a digest; the facts after it matter more than its end.
        return TitleBar(
            title: "Blob " + (name.hasPrefix("sha256:") ? String(name.prefix(19)) + "…" : name), details: details)
    }

    func lines(_ size: Size) -> [Line] {
        guard let report else { return view.lines(size) }
        var top: [Line] = []
        if size.rows >= 12 {
            top.append(Line("digest ", .dim) + Line(report.digest?.string ?? "none: not a blob of the registry"))
            top.append((Line("path   ", .dim) + Line(report.path.string)).truncated(to: size.columns, .middle))
        }
        if let damage = damage(report) {
            top += Line.wrapped(damage.text, to: size.columns, damage.spans.first?.style ?? .bad)
        }
        if size.rows >= 8 { top += ChunkMap(report.layout).lines(columns: size.columns) }
        if size.rows >= 14 { top.append(Line()) }
        top = Array(top.prefix(max(0, size.rows - 2)))
        return top + view.lines(Size(rows: size.rows - top.count, columns: size.columns))
    }

    /// The state as `fsck` judges it; by the lengths of the chunks until then.
    private func state(_ report: BlobReport) -> String {
        isJudged ? BlobReport.State(judged: problem).rawValue : report.state.rawValue
    }

    /// The damage as `fsck` tells it; by the lengths of the chunks until then. nil if there is
    /// none.
    private func damage(_ report: BlobReport) -> Line? {
        guard isJudged else { return suspicion(report).map { Line($0, .bad) } }
        return problem.map { problem in
            let repair = problem.repair.map { " R repairs this: \($0.id)." } ?? ""
            return Line(VisibleText.of(problem.detail + repair), problem.severity == .error ? .bad : .warning)
        }
    }

    private func suspicion(_ report: BlobReport) -> String? {
        guard report.state != .ok else { return nil }
        switch report.layout.head.state {
        case .missing: return "Chunk 0 is gone, and the size of the file with it: an interrupted deletion leaves this."
        case .badSize: return "Chunk 0 has no valid size."
        case .empty: return "All chunks are gone."
        case .sound, .short, .long: break
        }
        let lost = report.layout.holes.reduce(0) { $0 + $1.length }
        let long = report.layout.chunks.first { $0.state == .long }
        if lost == 0, let long {
            let surplus = HumanText.bytes((long.length ?? 0) - long.expected)
            return "Lengths fit, but chunk \(long.index) is \(surplus) too long: the order of its bytes is suspect; "
                + "v verifies."
        }
        let kinds = Set(report.layout.chunks.map(\.state)).subtracting([.ok]).map(\.rawValue).sorted()
        let chunks = "chunks are \(kinds.joined(separator: " and "))"
        if lost == 0 { return "Every byte is in its place, but \(chunks)." }
        let hope = long == nil ? "" : "; a resumed upload puts them behind the end of the previous chunk"
        return "\(HumanText.count(lost)) bytes are not in their place, \(chunks)\(hope)."
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var copies: [CopyItem] {
        let chunk = view.table.selected.map { [CopyItem(.object, $0.chunk.object.description)] } ?? []
        let digest = report?.digest.map { [CopyItem(.digest, $0.string)] } ?? []
        return digest + (report.map { [CopyItem(.path, $0.path.string)] } ?? []) + chunk
    }

    var twin: [String]? { ["chunks", name] + store.words }

    func appear() -> Effect { generation == store.generation ? .none : refresh() }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "object", help: "Shows the chunk's object",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { .go(ObjectScreen(store, $0.chunk.object)) } ?? .none },
            Command(
                name: "why", keys: [.character("w")], hint: "who needs it",
                help: "Lists the tags and manifests that need this blob (reads all repositories)",
                isEnabled: { [unowned self] in report?.digest != nil }
            ) { [unowned self] in report?.digest.map { .go(UsesScreen(store, $0)) } ?? .none },
            store.verifyCommand("Verifies the blob", isEnabled: { [unowned self] in report?.digest != nil }) {
                [unowned self] in report?.digest.map { [.blob($0)] } ?? []
            },
            Command(
                name: "repair", keys: [.character("R")], hint: "repair",
                help: "Repairs the file, after a question", group: .change, isChange: true,
                isEnabled: { [unowned self] in problem?.repair != nil },
                reason: { [unowned self] in noRepair }
            ) { [unowned self] in
                problem.map { ChangeFlow(store: store, screen: self).repair([$0]) } ?? .none
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads the chunks again") { [unowned self] in
                .all([refresh(), store.askStatus])
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.chunk.json(at: $0.placement) },
        ] + ChangeFlow(store: store, screen: self).undoCommands + view.commands

    /// The reason why no repair is offered.
    private var noRepair: String {
        guard isJudged else { return "The content is still being judged." }
        return problem == nil
            ? "fsck finds no damage here." : "No repair brings back what is lost; the text above says what to do."
    }

    private func refresh() -> Effect {
        generation = store.generation
        let inspector = BlobInspector(registry: store.session.registry)
        let subject = subject
        return .ask(
            .value(Slot(self, "chunks"), "reading the chunks") {
                try await inspector.report(on: subject)
            } then: { [unowned self] result in
                switch result {
                case .success(let report):
                    show(report)
                    return .ask(judgement(of: report))
                case .failure(let error):
                    view.table.replace([])
                    (report, problem, isJudged) = (nil, nil, false)
                    view.empty = "The chunks could not be read; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }

    /// Judges the file as `fsck` does. This may read the whole content.
    private func judgement(of report: BlobReport) -> Query {
        let inspector = BlobInspector(registry: store.session.registry)
        return .value(Slot(self, "judgement"), "judging the content") {
            try await inspector.problem(of: report)
        } then: { [unowned self] result in
            guard case .success(let found) = result else { return .none }
            (problem, isJudged) = (found, true)
            return .none
        }
    }

    private func show(_ report: BlobReport) {
        self.report = report
        (problem, isJudged) = (nil, false)
        let rows = zip(report.layout.chunks, report.placements).map { ChunkRow(chunk: $0, placement: $1) }
        view.table.columns = ChunkRow.columns(places: rows.contains { $0.placement != nil })
        view.empty = "The file has no chunks."
        view.table.replace(rows)
    }
}

/// A chunk of a file and its place in the cluster.
nonisolated struct ChunkRow: Sendable, Identifiable {
    let chunk: ChunkLayout.Chunk
    let placement: Placement?

    var id: Int { chunk.index }

    /// - Parameter places: Whether the store has placement groups and OSDs.
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
                order: .text { $0.chunk.state.rawValue }, details: { Cells.meaning(of: $0.chunk.state.rawValue) }
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
