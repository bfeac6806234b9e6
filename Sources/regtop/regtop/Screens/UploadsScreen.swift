import AdminCore
import Foundation

/// All unfinished uploads of the registry.
final class UploadsScreen: Screen {
    private let store: OpenStore
    private let view: TableView<UploadRow>
    private var generation: Int?
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: UploadRow.columns, searchText: { $0.searchText }), canMark: true)
        view.empty = "Looking for uploads …"
    }

    var title: TitleBar { TitleBar(title: "Uploads", details: view.summary) }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["uploads"] + store.words }

    func appear() -> Effect {
        guard generation != store.generation else { return .none }
        return refresh()
    }

    // MARK: Commands

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "files", help: "Shows the upload's files",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                guard let upload = view.table.selected?.upload,
                    let path = try? store.session.registry.paths.uploads(upload.repository).appending(upload.id)
                else { return .none }
                return .go(TreeScreen(store, path))
            },
            Command(
                name: "delete", keys: [.character("d"), .delete], hint: "delete",
                help: "Removes the marked uploads, or the one under the cursor, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in changeFlow.purge(targets, hidden: view.table.hiddenMarks) },
            changeFlow.undoCommand,
            Command(name: "refresh", keys: [.character("r")], help: "Reads everything anew") { [unowned self] in
                refresh()
            },
        ] + view.commands

    private var targets: [UploadSummary] { view.targets.map(\.upload) }

    private func refresh() -> Effect {
        generation = store.generation
        let (registry, clock) = (store.session.registry, store.session.clock)
        return .ask(
            .stream(Slot(self, "uploads"), "looking for uploads") { (reporter: Reporter<[UploadRow]>) in
                let uploads = try await registry.uploads { reporter.progress(TaskProgress($0)) }
                let now = clock.now
                reporter.emit(uploads.map { UploadRow(upload: $0, age: $0.age(at: now)) })
            } fold: { [unowned self] parts in
                view.empty = "There is no unfinished upload."
                view.table.replace(parts.last ?? [])
            } end: { [unowned self] ending in
                if case .failed(let error) = ending {
                    view.empty = "The uploads could not be read; r tries again."
                    return .failure(error)
                }
                return .none
            })
    }
}
