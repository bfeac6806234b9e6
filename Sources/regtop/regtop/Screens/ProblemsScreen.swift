import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The problems of the pool, the most severe ones first. Opens their places and repairs marked
/// ones.
final class ProblemsScreen: Screen, TargetScreen {
    private let store: OpenStore
    private let view: TableView<ProblemRow>
    private var report: FsckReport?
    /// True while a check runs.
    private var isChecking = false
    /// True if the user stopped the last check.
    private var isStopped = false
    /// The number of problems that were repaired since the last complete check.
    private var repaired = 0
    /// The store's generation that is shown; nil before the first time.
    private var generation: Int?
    /// Ends when the last deep check, of this screen or of an earlier one, has closed its
    /// checkpoint.
    private static var turn = AsyncStream<Never> { $0.finish() }
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(
            Table(columns: ProblemRow.columns, searchText: { $0.searchText }), canMark: true)
        view.hasDetailsBeside = false
        view.empty = "Checking the pool …"
        view.clipKind = { row in
            row.problem.path != nil ? .path : row.problem.object != nil ? .object : .name
        }
        view.clip = { $0.problem.place }
        view.others = { row in
            [
                (row.problem.object ?? row.problem.blob?.chunk(0)).map { CopyItem(.object, $0.description) }
            ].compactMap(\.self)
        }
    }

    var title: TitleBar {
        var details = view.summary
        for severity in ProblemSeverity.allCases {
            let count = view.table.rows.count { $0.problem.severity == severity }
            if count > 0 {
                details.append(Line("\(HumanText.count(count)) \(severity.word(count))", ProblemRow.style(severity)))
            }
        }
        if let flight = report?.checked.inFlight, flight > 0 {
            details.append(Line("\(HumanText.count(flight)) recent, skipped", .dim))
        }
        if let taken = report?.checked.taken, taken > 0 {
            details.append(Line("\(HumanText.count(taken)) hashed earlier", .dim))
        }
        if isStopped || report?.isComplete == false { details.append(Line("incomplete", .warning)) }
        return TitleBar(title: "Problems", details: details)
    }

    /// The table and, below it, the meaning of the problem under the cursor.
    func lines(_ size: Size) -> [Line] {
        guard size.rows >= 10, let problem = view.table.selected?.problem else { return view.lines(size) }
        var text = problem.detail
        if let repair = problem.repair { text += " Repair: \(repair.id)." }
        // Shows the whole text, because the table cuts it.
        let words =
            Line.wrapped(VisibleText.of(problem.place), to: size.columns, .dim)
            + Line.wrapped(VisibleText.of(text), to: size.columns)
        return view.lines(size, details: words, rows: min(7, size.rows / 3) + 1)
    }

    func remove(done targets: Set<String>, by action: PlanAction) {
        guard action == .repair else { return }
        repaired += targets.count
        view.table.remove { $0.problem.targetName.map(targets.contains) ?? false }
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["fsck"] + store.words }

    func appear() -> Effect { generation == store.generation ? .none : check(deep: false) }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Shows the place of the problem",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { open($0.problem) } ?? .none },
            Command(
                name: "repair", keys: [.character("R")], hint: "repair",
                help: "Repairs the marked problems, or the one under the cursor, after a question", group: .change,
                isChange: true, isEnabled: { [unowned self] in !targets.isEmpty }
            ) { [unowned self] in changeFlow.repair(targets, hidden: view.table.hiddenMarks, warning: unfinished) },
            Command(
                name: "mark-kind", keys: [.character("K")], help: "Marks all problems of the kind under the cursor",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                markKind()
                return .none
            },
            Command(name: "hash", keys: [.character("H")], help: "Checks again, including the content of every blob") {
                [unowned self] in check(deep: true)
            },
            Command(name: "refresh", keys: [.character("r")], help: "Checks again") { [unowned self] in
                check(deep: false)
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.problem.json },
        ] + changeFlow.undoCommands + view.commands

    private func open(_ problem: Problem) -> Effect {
        if let path = problem.path {
            if problem.blob != nil { return .go(BlobScreen(store, .path(path))) }
            switch problem.kind {
            // The place of something missing is its parent.
            case .missingBlob, .missingRevision, .missingLayerLink, .missingDirectory, .badLink:
                return .go(TreeScreen(store, path.parent))
            default: return .go(TreeScreen(store, path))
            }
        }
        return problem.object.map { .go(ObjectScreen(store, $0)) }
            ?? .say(.info("This problem concerns the whole pool."))
    }

    /// The problems to repair, by identity.
    private var targets: [Problem] {
        view.targets.map(\.problem).filter { $0.repair != nil }
    }

    /// The sentence in a question that is asked before all problems are found; nil after a check.
    private var unfinished: String? {
        guard isChecking || isStopped || report?.isComplete == false else { return nil }
        let found = HumanText.count(view.table.rows.count, "problem")
        return isChecking
            ? "The scan still runs: \(found) found so far. What it finds later is not in this repair."
            : "The scan did not end: \(found) found. There may be others, which are not in this repair."
    }

    /// The message of the check after a repair: the number of problems that are left, and why.
    private var afterRepair: String {
        let left = view.table.rows.map(\.problem)
        guard !left.isEmpty else { return "Repaired \(HumanText.count(repaired)); no problem is left." }
        let reasons = Dictionary(grouping: left, by: \.remedy).sorted { $0.key < $1.key }
            .map { "\(HumanText.count($1.count)) \($0.words(key: store.settings.key))" }
        return
            "Repaired \(HumanText.count(repaired)); \(HumanText.count(left.count)) left: \(reasons.joined(separator: ", "))."
    }

    private func markKind() {
        guard let kind = view.table.selected?.problem.kind else { return }
        view.table.mark { $0.problem.kind == kind }
    }

    private func check(deep: Bool) -> Effect {
        generation = store.generation
        report = nil
        isStopped = false
        isChecking = true
        view.empty = "Checking the pool …"
        let session = store.session
        let before = deep ? Self.turn : nil
        let (turn, over) = AsyncStream<Never>.makeStream()
        if deep { Self.turn = turn }
        var found: [Problem] = []
        return .ask(
            .stream(Slot(self, "fsck"), "checking the pool") { (reporter: Reporter<FsckPart>) in
                defer { over.finish() }
                // The checkpoint lets this check skip blobs that an interrupted one has hashed.
                if let before { for await _ in before {} }
                let checkpoint = deep ? try await HashCheckpoint.open(of: session) : nil
                var options = FsckOptions(clock: session.clock)
                options.deep = deep
                options.memory = checkpoint
                let fsck = Fsck(registry: session.registry, options: options)
                let report = await fsck.run(progress: { reporter.progress(TaskProgress($0)) }) {
                    reporter.emit(.found($0))
                }
                await checkpoint?.end(isComplete: report.isComplete)
                reporter.emit(.report(report))
            } fold: { [unowned self] parts in
                for part in parts {
                    switch part {
                    case .found(let problems): found += problems
                    case .report(let report):
                        self.report = report
                        found = report.problems
                    }
                }
                view.table.replace(found.sorted().map(ProblemRow.init))
            } end: { [unowned self] ending in
                isChecking = false
                switch ending {
                case .finished:
                    view.empty = "No problems."
                    guard let stopped = report?.stopped else {
                        defer { repaired = 0 }
                        guard repaired == 0 else { return .say(.info(afterRepair)) }
                        let problems = HumanText.count(found.count, "problem")
                        return deep ? .say(.info("The content of every blob was read: \(problems).")) : .none
                    }
                    view.empty = "The check is incomplete; r checks again."
                    return .say(.failure("The check is incomplete: \(stopped)"))
                case .cancelled:
                    isStopped = true
                    view.empty = "The check was stopped; r checks again\(deep ? ", H goes on hashing" : "")."
                    return .none
                case .failed(let error): return .failure(error)
                }
            })
    }
}

/// The work that a problem waits for.
private nonisolated enum Remedy: Int, Comparable {
    case repair, collection, push, none

    static func < (left: Remedy, right: Remedy) -> Bool { left.rawValue < right.rawValue }

    /// - Parameter key: Returns the key of a command.
    func words(key: (String) -> String) -> String {
        switch self {
        case .repair: "can be repaired (\(key("repair")))"
        case .collection: "for a collection (:collection)"
        case .push: "without a repair (see their texts)"
        case .none: "without a repair"
        }
    }
}

extension Problem {
    fileprivate nonisolated var remedy: Remedy {
        if repair != nil { return .repair }
        return switch kind {
        case .orphanBlob: .collection
        case .missingChunk, .shortChunk, .longChunk, .missingSize, .badSize, .digestMismatch, .missingBlob,
            .badManifest,
            .missingRevision, .badLink:
            .push
        default: .none
        }
    }
}

/// A partial result of a check.
private nonisolated enum FsckPart: Sendable {
    case found([Problem])
    case report(FsckReport)
}

/// A problem in a table.
nonisolated struct ProblemRow: Sendable, Identifiable {
    /// Identifies a problem. The detail tells invalid entries of one directory apart.
    struct ID: Hashable, Sendable {
        let kind: ProblemKind
        let place: String
        let detail: String
    }

    let problem: Problem

    var id: ID { ID(kind: problem.kind, place: problem.place, detail: problem.detail) }

    /// The place in short: without the directories that every path of its kind has.
    var place: String {
        guard let path = problem.path, path.isBelow(RegistryPaths.standardRoot) else { return problem.place }
        let parts = Array(path.components.dropFirst(RegistryPaths.standardRoot.components.count))
        if parts.count == 5, parts[0] == "blobs", parts[4] == "data" { return "\(parts[1]):\(parts[3])" }
        return parts.dropFirst().filter { $0 != "_manifests" && $0 != "_layers" }.joined(separator: "/")
    }

    /// The name of the repair; empty for none.
    var repair: String { problem.repair?.id ?? "" }

    var searchText: String {
        "\(problem.kind.rawValue) \(problem.severity.rawValue) \(problem.place) \(repair) \(problem.detail)"
    }

    static let columns: [Column<ProblemRow>] = [
        Column(
            id: "kind", title: "KIND", minimum: 12, ideal: 19, isSearched: true,
            order: .text { $0.problem.kind.rawValue }
        ) { row, _ in Line(row.problem.kind.rawValue, .key) },
        Column(
            id: "severity", title: "SEVERITY", minimum: 8, ideal: 8, priority: 2, isSearched: true,
            order: .number { row in ProblemSeverity.allCases.firstIndex(of: row.problem.severity).map { Int64($0) } }
        ) { row, _ in
            Line(row.problem.severity.rawValue, style(row.problem.severity))
        },
        Column(
            id: "place", title: "PLACE", trimming: .middle, minimum: 20, ideal: 70, isSearched: true,
            order: .text { $0.problem.place }
        ) { row, _ in Line(VisibleText.of(row.place)) },
        Column(
            id: "repair", title: "REPAIR", minimum: 15, ideal: 15, priority: 1, isSearched: true,
            order: .text { $0.repair }
        ) {
            row, _ in
            row.repair.isEmpty ? Cells.unknown : Line(row.repair, row.problem.repair?.isSafe == true ? .good : .normal)
        },
        Column(id: "detail", title: "MEANING", minimum: 30, priority: 2, isExtra: true, isSearched: true) {
            row, _ in
            Cells.note(row.problem.detail)
        },
    ]

    static func style(_ severity: ProblemSeverity) -> Style {
        switch severity {
        case .error: .bad
        case .waste: .warning
        case .info: .dim
        }
    }
}
