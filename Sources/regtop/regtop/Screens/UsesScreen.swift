import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The tags and manifests that need a blob.
final class UsesScreen: Screen {
    private nonisolated struct Row: Sendable, Identifiable {
        let use: BlobUse

        var id: String { "\(use.repository):\(use.tag ?? "")@\(use.digest)" }

        static let columns: [Column<Row>] = [
            Column(
                id: "repository", title: "REPOSITORY", trimming: .middle, minimum: 16, ideal: 44, isName: true,
                isSearched: true,
                order: .text { $0.use.repository.string }
            ) { row, _ in Line(row.use.repository.string) },
            Column(
                id: "tag", title: "TAG", trimming: .middle, minimum: 12, ideal: 32, isSearched: true,
                order: .text { $0.use.tag ?? "" }
            ) { row, _ in row.use.tag.map { Line($0) } ?? Line("(no tag)", .dim) },
            Column(id: "digest", title: "MANIFEST", minimum: 15, ideal: 71, priority: 1, isSearched: true) {
                row, width in
                Cells.digest(row.use.digest, width)
            },
        ]
    }

    private let store: OpenStore
    private let digest: Digest
    private let view: TableView<Row>
    private var isRead = false

    init(_ store: OpenStore, _ digest: Digest) {
        self.store = store
        self.digest = digest
        view = TableView(Table(columns: Row.columns, searchText: { $0.id }))
        view.empty = "Reading all repositories …"
        view.clip = { row in
            let name = row.use.repository
            return row.use.tag.map { "\(name):\($0)" } ?? "\(name)@\(row.use.digest)"
        }
        view.others = { [CopyItem(.digest, $0.use.digest.string)] }
    }

    var title: TitleBar {
        TitleBar(title: "Who needs \(digest.string.prefix(19))…", details: isRead ? view.summary : [])
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["why", digest.string] + store.words }

    func appear() -> Effect { isRead ? .none : refresh() }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open", help: "Shows the manifest",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                guard let use = view.table.selected?.use,
                    let reference = ImageReference(use.repository, use.tag.map { .tag($0) } ?? .digest(use.digest))
                else { return .none }
                return .go(ManifestScreen(store, reference))
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads everything again") { [unowned self] in
                refresh()
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.use.jsonWithPath },
        ] + view.commands

    private func refresh() -> Effect {
        isRead = false
        let registry = store.session.registry
        let digest = digest
        return .ask(
            .stream(Slot(self, "uses"), "reading all repositories") { (reporter: Reporter<[BlobUse]>) in
                reporter.emit(
                    try await BlobInspector(registry: registry).uses(of: digest) {
                        reporter.progress(TaskProgress($0))
                    })
            } fold: { [unowned self] parts in
                view.table.replace(parts.flatMap(\.self).map(Row.init))
            } end: { [unowned self] ending in
                switch ending {
                case .finished:
                    isRead = true
                    view.empty = "No manifest of any repository needs this blob."
                    return .none
                case .cancelled:
                    view.empty =
                        "Stopped before all repositories were read; \(store.settings.key("refresh")) reads again."
                    return .none
                case .failed(let error):
                    view.empty = "The repositories could not be read; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }
}
