import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The log of changes, the latest first.
final class LogScreen: Screen {
    /// The number of changes that are shown.
    private static let most = 1000

    private let store: OpenStore
    private let view: TableView<LogRow>
    private var generation: Int?
    /// The sentence that tells of omitted entries; nil if there are none.
    private var earlier: String?

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: LogRow.columns, searchText: { $0.searchText }))
        view.clip = { VisibleText.of($0.entry.targets.joined(separator: ", ")) }
        view.hasDetailsBeside = false
        view.empty = "Reading the log …"
    }

    var title: TitleBar { TitleBar(title: "Log", details: view.summary + (earlier.map { [Line($0, .dim)] } ?? [])) }

    /// The table and, if there is room, the targets and the outcome of the change under the cursor.
    func lines(_ size: Size) -> [Line] {
        guard size.rows >= 10, let entry = view.table.selected?.entry else { return view.lines(size) }
        let more = entry.targetCount - entry.targets.count
        let targets = entry.targets.joined(separator: ", ") + (more > 0 ? ", and \(HumanText.count(more)) more" : "")
        let words =
            Line.wrapped("\(entry.action): \(LogText.outcome(entry))", to: size.columns)
            + Line.wrapped(targets, to: size.columns, .dim)
        return view.lines(size, details: words, rows: min(7, size.rows / 3))
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["log"] + store.words }

    func appear() -> Effect {
        guard generation != store.generation else { return .none }
        return refresh()
    }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Shows all targets of the change, with their results",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { .go(LogEntryScreen(store, $0.entry)) } ?? .none },
            Command(name: "refresh", keys: [.character("r")], hint: "refresh", help: "Reads the log again") {
                [unowned self] in refresh()
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.entry.json },
        ] + ChangeFlow(store: store, screen: self).undoCommands + view.commands

    private func refresh() -> Effect {
        generation = store.generation
        let log = AuditLogReader(storage: store.session.storage)
        let clock = store.session.clock
        return .ask(
            .value(Slot(self, "log"), "reading the log") {
                var entries = try await log.latest(Self.most, now: clock.now)
                let earlier = try await log.removeEarlier(from: &entries)
                return (entries, earlier)
            } then: { [unowned self] result in
                switch result {
                case .success((let entries, let earlier)):
                    self.earlier = earlier
                    view.empty = "No changes yet."
                    view.table.replace(entries.map(LogRow.init))
                    return .none
                case .failure(let error):
                    view.empty = "The log could not be read; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }
}

/// One change of the log, with all of its targets and their results.
final class LogEntryScreen: Screen {
    private let store: OpenStore
    private let entry: AuditEntry
    private let view: TextView

    init(_ store: OpenStore, _ entry: AuditEntry) {
        self.store = store
        self.entry = entry
        view = TextView { Self.lines(entry, columns: max(1, $0)) }
    }

    var title: TitleBar {
        TitleBar(
            title: "Change of \(HumanText.second(entry.begun))",
            details: [Line(entry.action), Line(HumanText.count(entry.targetCount, "target"))])
    }

    var twin: [String]? { ["log"] + store.words }

    private(set) lazy var commands: [Command] =
        view.commands + ChangeFlow(store: store, screen: self).undoCommands

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    private static func lines(_ entry: AuditEntry, columns: Int) -> [Line] {
        func fact(_ name: String, _ value: String) -> [Line] {
            Line.wrapped(value, to: max(1, columns - 10)).enumerated().map { number, row in
                Line(number == 0 ? name : "", .dim).fitted(to: 10) + row
            }
        }
        let results = Dictionary(entry.results.map { ($0.target, $0) }) { first, _ in first }
        let targets = entry.targets.flatMap { target -> [Line] in
            let result = results[target]
            let word = result?.outcome ?? ""
            let rest = [result?.error, result?.trash.map { "in the trash as \($0)" }].compactMap(\.self)
            return Line.wrapped(target, to: columns, .title).map { $0 }
                + (word.isEmpty && rest.isEmpty
                    ? []
                    : Line.wrapped(([word] + rest).joined(separator: ": "), to: max(1, columns - 2)).map {
                        Line.blank(2) + $0
                    })
        }
        let more = entry.targetCount - entry.targets.count
        return fact("change", entry.action) + fact("begun", HumanText.second(entry.begun))
            + fact("ended", entry.ended.map(HumanText.second) ?? "not finished") + fact("by", LogText.who(entry))
            + fact("outcome", LogText.outcome(entry)) + [Line()] + targets
            + (more > 0 ? [Line("and \(HumanText.count(more)) more, which the log does not name", .dim)] : [])
    }
}

/// A change in the log.
nonisolated struct LogRow: Sendable, Identifiable {
    let entry: AuditEntry

    var id: String { entry.id }

    /// The text in which the words of a filter are looked for.
    var searchText: String {
        "\(entry.action) \(LogText.who(entry)) \(entry.targets.joined(separator: " ")) \(LogText.outcome(entry))"
    }

    static let columns: [Column<LogRow>] = [
        Column(
            id: "begun", title: "WHEN", minimum: 10, ideal: 19, order: .number { Cells.order($0.entry.begun) },
            startsDescending: true
        ) { row, width in Cells.date(row.entry.begun, width) },
        Column(id: "action", title: "CHANGE", minimum: 7, ideal: 8, priority: 1, order: .text { $0.entry.action }) {
            row, _ in Line(row.entry.action)
        },
        Column(id: "targets", title: "TARGETS", trimming: .middle, minimum: 14, ideal: 36, isSearched: true) { row, _ in
            Line(LogText.what(row.entry))
        },
        Column(id: "who", title: "BY", minimum: 8, ideal: 20, priority: 3, isSearched: true) { row, _ in
            Line(LogText.who(row.entry))
        },
        Column(id: "outcome", title: "OUTCOME", minimum: 8, priority: 2, isSearched: true) { row, _ in
            let isDone = row.entry.outcomes.keys.allSatisfy { $0 == ChangeResult.Outcome.done.rawValue }
            return Line(
                LogText.outcome(row.entry), row.entry.ended == nil ? .warning : isDone ? .good : .bad)
        },
    ]
}
