import AdminCore

/// A file as the store has it: its chunks, drawn to scale and in a table, where they lie, and who needs it.
final class BlobScreen: Screen {
    private let store: OpenStore
    private let subject: BlobSubject
    private let view: TableView<ChunkRow>
    private var report: BlobReport?

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
            Cells.state(report.state.rawValue),
            Line("\(HumanText.count(layout.head.sizeOrLength)) bytes"),
            Line(HumanText.count(layout.chunks.count, "chunk") + " of " + HumanText.bytes(layout.chunkSize)),
        ]
        if let modified = layout.head.modified { details.append(Line(HumanText.second(modified), .dim)) }
        if !view.table.filter.isEmpty { details += view.selection }
        // A digest is told by its beginning, and the facts behind it matter more than its end.
        return TitleBar(
            title: "Blob " + (name.hasPrefix("sha256:") ? String(name.prefix(19)) + "…" : name), details: details)
    }

    func lines(_ size: Size) -> [Line] {
        guard let report else { return view.lines(size) }
        var top: [Line] = []
        if size.rows >= 12 {
            top.append(Line("digest ", .dim) + Line(report.digest?.string ?? "none: no blob of the registry"))
            top.append((Line("path   ", .dim) + Line(report.path.string)).truncated(to: size.columns, .middle))
        }
        if let wrong = wrong(report) { top += Line.wrapped(wrong, to: size.columns, .bad) }
        if size.rows >= 8 { top += ChunkMap(report.layout).lines(columns: size.columns) }
        if size.rows >= 14 { top.append(Line()) }
        top = Array(top.prefix(max(0, size.rows - 2)))
        return top + view.lines(Size(rows: size.rows - top.count, columns: size.columns))
    }

    /// What is wrong, in a sentence.
    private func wrong(_ report: BlobReport) -> String? {
        guard report.state == .damaged else { return nil }
        switch report.layout.head.state {
        case .missing: return "Chunk 0 is gone, and the file's size with it: what an interrupted deletion leaves."
        case .badSize: return "Chunk 0 carries no valid size."
        case .empty: return "All chunks are gone."
        case .sound, .short, .long: break
        }
        let lost = report.layout.holes.reduce(0) { $0 + $1.length }
        let kinds = Set(report.layout.chunks.map(\.state)).subtracting([.ok]).map(\.rawValue).sorted()
        let chunks = "with chunks that are \(kinds.joined(separator: " and "))"
        if lost == 0 { return "Every byte is where it should be, \(chunks)." }
        let hope = kinds.contains("long") ? "; a resumed upload puts them past the end of the chunk before" : ""
        return "\(HumanText.count(lost)) bytes are not where they should be, \(chunks)\(hope)."
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["chunks", name] + store.words }

    func appear() -> Effect { report == nil ? refresh() : .none }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "object", help: "Shows the chunk's object",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { .go(ObjectScreen(store, $0.chunk.object)) } ?? .none },
            Command(
                name: "why", keys: [.character("w")], hint: "who needs it",
                help: "Lists the tags and manifests that need this blob; reads all repositories",
                isEnabled: { [unowned self] in report?.digest != nil }
            ) { [unowned self] in report?.digest.map { .go(UsesScreen(store, $0)) } ?? .none },
            store.verifyCommand("Verifies the blob", isEnabled: { [unowned self] in report?.digest != nil }) {
                [unowned self] in report?.digest.map { [.blob($0)] } ?? []
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads it anew") { [unowned self] in
                .all([refresh(), store.askStatus])
            },
        ] + view.commands

    private func refresh() -> Effect {
        let inspector = BlobInspector(registry: store.session.registry)
        let subject = subject
        return .ask(
            .value(Slot(self, "chunks"), "reading the chunks") {
                try await inspector.report(on: subject)
            } then: { [unowned self] result in
                switch result {
                case .success(let report):
                    show(report)
                    return .none
                case .failure(let error):
                    view.table.replace([])
                    report = nil
                    view.empty = "There is nothing to be shown; r tries again."
                    return .failure(error)
                }
            })
    }

    private func show(_ report: BlobReport) {
        self.report = report
        let rows = zip(report.layout.chunks, report.placements).map { ChunkRow(chunk: $0, placement: $1) }
        view.table.columns = ChunkRow.columns(places: rows.contains { $0.placement != nil })
        view.empty = "There is no chunk."
        view.table.replace(rows)
    }
}
