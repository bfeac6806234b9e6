import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// A directory of the storage driver's tree: the entries of its omap, damaged ones included.
final class TreeScreen: Screen {
    private let store: OpenStore
    private let path: StoragePath
    private let view: TableView<DirectoryRow>
    private var queue: WorkQueue<BlobIdentifier>?
    private var generation: Int?
    private lazy var freshness = Freshness(store, self)

    init(_ store: OpenStore, _ path: StoragePath) {
        self.store = store
        self.path = path
        view = TableView(
            Table(
                columns: DirectoryRow.columns, searchText: { "\($0.entry.key) \($0.state) \($0.note)" },
                fields: [.name, .size, .age, .modified, .state], clock: store.session.clock,
                values: { $0.value(of: $1) }))
        view.empty = "Reading the directory …"
        view.others = { row in
            let child = row.entry.name.flatMap { try? path.appending($0) }
            guard row.isDirectory else {
                return row.blob.map { [CopyItem(.object, $0.chunk(0).description)] } ?? []
            }
            return child.map { [CopyItem(.object, StorageReader.directory($0).description)] } ?? []
        }
        view.clipKind = { _ in .path }
        view.clip = { row in (try? path.appending(row.entry.key.description))?.string ?? row.entry.key.description }
    }

    var title: TitleBar { TitleBar(title: "Tree \(path)", details: view.summary) }

    func lines(_ size: Size) -> [Line] {
        let lines = view.lines(size)
        queue?.hurry(view.inSight.filter { $0.head == nil }.compactMap(\.blob))
        return lines
    }

    func escape() -> Bool { view.escape() }

    func look() -> Effect { freshness.look(at: [path]) { [unowned self] in view.isOutdated = true } }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["ls", path.string] + store.words }

    func appear() -> Effect {
        generation == store.generation ? .none : refresh()
    }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Opens the directory, or shows the chunks of the file",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in open() },
            Command(
                name: "object", keys: [.character("o")], hint: "object",
                help: "Shows the object of the directory under the cursor, or of this directory"
            ) { [unowned self] in
                let selected = view.table.selected.flatMap { $0.isDirectory ? $0.entry.name : nil }
                let directory = selected.flatMap { try? path.appending($0) } ?? path
                return .go(ObjectScreen(store, StorageReader.directory(directory)))
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads the directory again") { [unowned self] in
                .all([refresh(), store.askStatus])
            },
            view.writeCommand(on: { [unowned self] in self }, isRead: { $0.blob == nil || $0.head != nil }) {
                [path] row in TreeRow(row.entry, row.head, in: path).json
            },
        ] + view.commands

    private func open() -> Effect {
        guard let entry = view.table.selected?.entry else { return .none }
        if case .invalid(let why) = entry.kind {
            return .say(.failure("\(VisibleText.of(bytes: entry.key.bytes)) cannot be opened: \(why)."))
        }
        guard let name = entry.name, let child = try? path.appending(name) else { return .none }
        if case .directory = entry.kind { return .go(TreeScreen(store, child)) }
        return .go(BlobScreen(store, .path(child)))
    }

    private func refresh() -> Effect {
        generation = store.generation
        view.isOutdated = false
        freshness.forget()
        let storage = store.session.storage
        let path = path
        return .ask(
            .value(Slot(self, "entries"), "listing \(path)") {
                try await storage.entries(path)
            } then: { [unowned self] result in
                switch result {
                case .success(let entries):
                    view.empty =
                        entries == nil
                        ? "This directory has no object and no entries." : "This directory is empty."
                    let known = Dictionary(uniqueKeysWithValues: view.table.rows.map { ($0.entry, $0) })
                    view.table.replace((entries ?? []).map { known[$0] ?? DirectoryRow(entry: $0) })
                    return .all([scan(), look()])
                case .failure(let error):
                    view.empty = "The directory could not be read; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }

    /// Reads the sizes and dates of the files, the visible ones first.
    private func scan() -> Effect {
        let files = view.table.rows.filter { $0.blob != nil }
        guard !files.isEmpty else { return .none }
        let rows = Dictionary(grouping: files, by: \.blob)
        let queue = WorkQueue(files.compactMap(\.blob))
        self.queue = queue
        let storage = store.session.storage
        return .ask(
            .scan(Slot(self, "scan"), "reading sizes", unit: "files", queue) { blob in
                try await storage.head(of: blob)
            } fold: { [unowned self] findings in
                view.table.update(
                    findings.flatMap { finding in
                        (rows[finding.key] ?? []).map { row in
                            switch finding.result {
                            case .success(let head): DirectoryRow(entry: row.entry, head: head)
                            case .failure(let error): DirectoryRow(entry: row.entry, failure: ErrorSentence.of(error))
                            }
                        }
                    })
            } end: { [unowned self] ending in
                self.queue = nil
                view.table.settle()
                if case .failed(let error) = ending { return .failure(error) }
                return .none
            })
    }
}

/// An entry of a directory's omap.
nonisolated struct DirectoryRow: Sendable, Identifiable {
    let entry: DirectoryEntry
    var head: FileHead?
    /// The reason why the file could not be read.
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
        if case .invalid(let why) = entry.kind { return why + ": cannot be opened" }
        return failure ?? blob?.string ?? ""
    }

    /// The value of a field for filters.
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
            id: "modified", title: "MODIFIED", minimum: 10, ideal: 19, priority: 3,
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
