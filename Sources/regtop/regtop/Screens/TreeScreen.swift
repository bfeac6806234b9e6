import AdminCore

/// A directory of the storage driver's tree, raw: what its omap says, damaged entries included.
final class TreeScreen: Screen {
    private let store: OpenStore
    private let path: StoragePath
    private let view: TableView<DirectoryRow>
    private var queue: WorkQueue<BlobIdentifier>?
    private var generation: Int?

    init(_ store: OpenStore, _ path: StoragePath) {
        self.store = store
        self.path = path
        view = TableView(
            Table(
                columns: DirectoryRow.columns, searchText: { "\($0.entry.key) \($0.state) \($0.note)" },
                clock: store.session.clock, values: { $0.value(of: $1) }))
        view.empty = "Reading the directory …"
    }

    var title: TitleBar { TitleBar(title: "Tree \(path)", details: view.summary) }

    func lines(_ size: Size) -> [Line] {
        let lines = view.lines(size)
        queue?.hurry(view.inSight.filter { $0.head == nil }.compactMap(\.blob))
        return lines
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["ls", path.string] + store.words }

    func appear() -> Effect {
        generation == store.generation ? .none : refresh()
    }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Goes into the directory, or shows the file's chunks",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in open() },
            Command(
                name: "object", keys: [.character("o")], hint: "object",
                help: "Shows the object of the directory under the cursor, or of this one"
            ) { [unowned self] in
                let selected = view.table.selected.flatMap { $0.isDirectory ? $0.entry.name : nil }
                let directory = selected.flatMap { try? path.appending($0) } ?? path
                return .go(ObjectScreen(store, StorageReader.directory(directory)))
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads it anew") { [unowned self] in
                .all([refresh(), store.askStatus])
            },
        ] + view.commands

    private func open() -> Effect {
        guard let entry = view.table.selected?.entry else { return .none }
        if case .invalid(let why) = entry.kind {
            return .say(.failure("\(VisibleText.of(bytes: entry.key.bytes)) is never followed: \(why)."))
        }
        guard let name = entry.name, let child = try? path.appending(name) else { return .none }
        if case .directory = entry.kind { return .go(TreeScreen(store, child)) }
        return .go(BlobScreen(store, .path(child)))
    }

    private func refresh() -> Effect {
        generation = store.generation
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
                        ? "There is no object for this directory: nothing is in it." : "This directory is empty."
                    let known = Dictionary(uniqueKeysWithValues: view.table.rows.map { ($0.entry, $0) })
                    view.table.replace((entries ?? []).map { known[$0] ?? DirectoryRow(entry: $0) })
                    return scan()
                case .failure(let error):
                    view.empty = "The directory could not be read; r tries again."
                    return .failure(error)
                }
            })
    }

    /// The sizes and dates of the files, what is in sight first.
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
