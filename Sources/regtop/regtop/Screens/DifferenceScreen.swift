import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The differences between an earlier state, a snapshot, and the store that is open. The
/// repositories that grew most come first, then the names that came, went, moved or changed.
final class DifferenceScreen: Screen {
    private let store: OpenStore
    private let file: String
    private let view: TableView<DifferenceRow>
    private let scale = Scale()
    private var details: [Line] = []
    /// The generation of the store that is shown; nil before the first reading.
    private var generation: Int?

    init(_ store: OpenStore, since file: String) {
        self.store = store
        self.file = file
        view = TableView(Table(columns: DifferenceRow.columns(scale), searchText: { $0.name }))
        view.clip = { $0.plainName }
        view.empty = "Reading both states …"
    }

    var title: TitleBar {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return TitleBar(title: "Since \(VisibleText.of(name))", details: details + view.selection)
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["diff", file] + store.words }

    func appear() -> Effect { generation == nil ? refresh() : .none }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open", help: "Opens the repository",
                isEnabled: { [unowned self] in view.table.selected?.repository != nil }
            ) { [unowned self] in
                view.table.selected?.repository.map { .go(RepositoryScreen(store, $0)) } ?? .none
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads both states again") { [unowned self] in
                refresh()
            },
        ] + view.commands

    private func refresh() -> Effect {
        generation = store.generation
        let (session, file) = (store.session, file)
        return .ask(
            .stream(Slot(self, "difference"), "comparing") { (reporter: Reporter<ShownDifference>) in
                reporter.emit(
                    try await ShownDifference.read(since: file, to: session) { reporter.progress(TaskProgress($0)) })
            } fold: { [unowned self] in
                if let shown = $0.last { show(shown) }
            } end: { [unowned self] ending in
                switch ending {
                case .finished:
                    view.empty = "No difference."
                    return .none
                case .cancelled:
                    view.empty = "Stopped; \(store.settings.key("refresh")) starts again."
                    return .none
                case .failed(let error):
                    generation = nil
                    view.empty = "The states could not be compared; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }

    private func show(_ shown: ShownDifference) {
        let change = Int64(clamping: shown.after.contents.size) - Int64(clamping: shown.before.contents.size)
        details = [
            Line(change == 0 ? "same size" : DifferenceRow.signed(change), change > 0 ? .warning : .normal),
            shown.before.taken.map { Line(HumanText.second($0), .dim) },
        ].compactMap(\.self)
        let growth = shown.difference.growth.map { DifferenceRow(growth: $0) }
        scale.take(growth.map(\.change.magnitude))
        view.table.replace(growth + shown.lines.map { DifferenceRow(text: $0) })
    }
}

/// A repository that grew or shrank, or a name that came, went, moved or changed.
nonisolated struct DifferenceRow: Sendable, Identifiable {
    /// The repository that exists now; nil for other rows.
    let repository: RepositoryName?
    let name: String
    /// The name without its former name.
    let plainName: String
    let change: Int64
    let before: UInt64?
    let after: UInt64?
    /// True for a row with sizes.
    let isGrowth: Bool

    var id: String { "\(isGrowth) \(name)" }

    init(growth row: RegistryDifference.Growth) {
        repository = row.after == nil ? nil : row.name
        plainName = row.name.string
        name = row.formerName.map { "\(row.name) (was \($0))" } ?? row.name.string
        (change, before, after) = (row.change, row.before, row.after)
        isGrowth = true
    }

    init(text: String) {
        (repository, name, plainName, change, before, after) = (nil, text, text, 0, nil, nil)
        isGrowth = false
    }

    /// A change of bytes with its sign.
    static func signed(_ change: Int64) -> String { (change < 0 ? "-" : "+") + HumanText.bytes(change.magnitude) }

    static func columns(_ scale: Scale) -> [Column<DifferenceRow>] {
        @Sendable func size(_ row: DifferenceRow, _ bytes: UInt64?) -> Line {
            row.isGrowth ? Cells.size(bytes) : Line("")
        }
        return [
            Column(
                id: "change", title: "CHANGE", alignment: .right, minimum: 10, ideal: 10, order: .number { $0.change },
                startsDescending: true
            ) { row, _ in
                row.isGrowth ? Line(signed(row.change), row.change > 0 ? .warning : .good) : Line("")
            },
            Column(id: "bar", title: "", minimum: 8, ideal: 24, priority: 3) { row, width in
                scale.bar(row.change.magnitude, unique: row.change < 0 ? 0 : nil, columns: width)
            },
            Column(
                id: "before", title: "BEFORE", alignment: .right, minimum: 9, ideal: 9, priority: 2,
                order: .number { Cells.order($0.before) }, startsDescending: true
            ) { row, _ in size(row, row.before) },
            Column(
                id: "after", title: "AFTER", alignment: .right, minimum: 9, ideal: 9, priority: 1,
                order: .number { Cells.order($0.after) }, startsDescending: true
            ) { row, _ in size(row, row.after) },
            Column(
                id: "name", title: "NAME", trimming: .middle, minimum: 14, isName: true, isSearched: true,
                order: .text { $0.name }
            ) { row, _ in Line(row.name) },
        ]
    }
}
