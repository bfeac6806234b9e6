import AdminCore
import ConsoleKit
import Presentation
import SafeText
import Foundation

/// The unfinished uploads of the registry.
final class UploadsScreen: Screen, TargetScreen {
    private let store: OpenStore
    private let view: TableView<UploadRow>
    private var generation: Int?
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(
            Table(
                columns: UploadRow.columns, searchText: { $0.searchText }, fields: [.name, .size, .age, .modified],
                clock: store.session.clock, values: { $0.value(of: $1) }), canMark: true)
        view.empty = "Listing uploads …"
        view.others = { row in
            let path = try? store.session.registry.paths.uploads(row.upload.repository).appending(row.upload.id)
            return [CopyItem(.name, row.upload.id)] + (path.map { store.copies(of: $0) } ?? [])
        }
    }

    var title: TitleBar { TitleBar(title: "Uploads", details: view.summary) }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func remove(done targets: Set<String>, by action: PlanAction) {
        guard action == .purge else { return }
        view.table.remove { targets.contains($0.upload.targetName) }
    }

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
                name: "open", keys: [.enter, .right, .character("l")], hint: "files",
                help: "Shows the files of the upload",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                guard let upload = view.table.selected?.upload,
                    let path = try? store.session.registry.paths.uploads(upload.repository).appending(upload.id)
                else { return .none }
                return .go(TreeScreen(store, path))
            },
            Command(
                name: "delete", keys: [.character("d"), .delete], hint: "delete",
                help: "Deletes the marked uploads, or the one under the cursor, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in changeFlow.purge(targets, hidden: view.table.hiddenMarks) },
            Command(name: "refresh", keys: [.character("r")], help: "Lists the uploads again") { [unowned self] in
                refresh()
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.upload.json },
        ] + changeFlow.undoCommands + view.commands

    private var targets: [UploadSummary] { view.targets.map(\.upload) }

    private func refresh() -> Effect {
        generation = store.generation
        let (registry, clock) = (store.session.registry, store.session.clock)
        return .ask(
            .stream(Slot(self, "uploads"), "listing uploads") { (reporter: Reporter<[UploadRow]>) in
                let uploads = try await registry.uploads { reporter.progress(TaskProgress($0)) }
                let now = clock.now
                reporter.emit(uploads.map { UploadRow(upload: $0, age: $0.age(at: now)) })
            } fold: { [unowned self] parts in
                view.empty = "No unfinished uploads."
                view.table.replace(parts.last ?? [])
            } end: { [unowned self] ending in
                if case .failed(let error) = ending {
                    view.empty = "The uploads could not be read; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
                return .none
            })
    }
}

/// An unfinished upload.
nonisolated struct UploadRow: Sendable, Identifiable {
    struct Identity: Hashable, Sendable {
        let repository: RepositoryName
        let upload: String
    }

    let upload: UploadSummary
    /// The age at the time of the listing.
    let age: String?

    var id: Identity { Identity(repository: upload.repository, upload: upload.id) }

    /// The text in which the words of a filter are looked for.
    var searchText: String { "\(upload.repository) \(upload.id)" }

    /// The value of a field for filters.
    func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(upload.repository.string)
        case .size: .number(upload.size)
        case .modified: upload.lastKnown.map { .time($0) }
        default: nil
        }
    }

    static let columns: [Column<UploadRow>] = [
        Column(
            id: "repository", title: "REPOSITORY", trimming: .middle, minimum: 14, ideal: 36, isName: true,
            isSearched: true,
            order: .text { $0.upload.repository.string }
        ) { row, _ in Line(row.upload.repository.string) },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
            order: .number { Cells.order($0.upload.size) }, startsDescending: true
        ) { row, width in Cells.size(row.upload.size, width) },
        Column(
            id: "age", title: "AGE", alignment: .right, minimum: 6, ideal: 6, priority: 2,
            order: .number { Cells.order($0.upload.lastKnown).map { -$0 } }, startsDescending: true
        ) { row, _ in row.age.map { Line($0) } ?? Cells.unknown },
        Column(
            id: "started", title: "STARTED", minimum: 10, ideal: 19, priority: 3,
            order: .number { Cells.order($0.upload.lastKnown) }, startsDescending: true
        ) { row, width in Cells.date(row.upload.lastKnown, width) },
        Column(id: "id", title: "ID", minimum: 12, ideal: 36, priority: 4, isSearched: true) { row, _ in
            Line(row.upload.id + (row.upload.isStray ? " (a file, not an upload)" : ""), .dim)
        },
    ]
}
