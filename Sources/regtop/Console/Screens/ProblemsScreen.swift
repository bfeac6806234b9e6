import AdminCore

/// What is damaged: grouped by kind, what matters most first; opens the place, and repairs what is marked.
final class ProblemsScreen: Screen {
    private let store: OpenStore
    private let view: TableView<ProblemRow>
    private var report: FsckReport?
    /// The store's generation that is shown; nil before the first time.
    private var generation: Int?
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(
            Table(columns: ProblemRow.columns, searchText: { $0.searchText }), canMark: true)
        view.empty = "Looking for damage …"
    }

    var title: TitleBar {
        var details = view.summary
        for severity in ProblemSeverity.allCases {
            let count = view.table.rows.count { $0.problem.severity == severity }
            if count > 0 {
                details.append(Line("\(HumanText.count(count)) \(severity.rawValue)", ProblemRow.style(severity)))
            }
        }
        if let flight = report?.checked.inFlight, flight > 0 {
            details.append(Line("\(HumanText.count(flight)) in flight", .dim))
        }
        if let taken = report?.checked.taken, taken > 0 {
            details.append(Line("\(HumanText.count(taken)) hashed before", .dim))
        }
        if let report, !report.isComplete { details.append(Line("not complete", .warning)) }
        return TitleBar(title: "Problems", details: details)
    }

    /// The table, and below it what the problem under the cursor means.
    func lines(_ size: Size) -> [Line] {
        guard size.rows >= 10, let problem = view.table.selected?.problem else { return view.lines(size) }
        var text = problem.detail
        if let repair = problem.repair { text += " Repair: \(repair.id)." }
        let below = [Line()] + Line.wrapped(VisibleText.of(text), to: size.columns).prefix(3)
        let table = view.lines(Size(rows: size.rows - below.count, columns: size.columns))
        let gap = max(0, size.rows - below.count - table.count)
        return table + Array(repeating: Line(), count: gap) + below
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["fsck"] + store.words }

    func appear() -> Effect { generation == store.generation ? .none : look(deep: false) }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open", help: "Shows the damaged place",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { open($0.problem) } ?? .none },
            Command(
                name: "repair", keys: [.character("R")], hint: "repair",
                help: "Repairs the marked problems, or the one under the cursor, after a question", group: .change,
                isChange: true, isEnabled: { [unowned self] in !targets.isEmpty }
            ) { [unowned self] in repair() },
            Command(
                name: "mark-kind", keys: [.character("K")], help: "Marks every problem of the kind under the cursor",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                markKind()
                return .none
            },
            Command(name: "hash", keys: [.character("H")], help: "Looks again, and hashes every blob besides") {
                [unowned self] in look(deep: true)
            },
            Command(name: "refresh", keys: [.character("r")], help: "Looks again") { [unowned self] in
                look(deep: false)
            },
        ] + view.commands

    private func open(_ problem: Problem) -> Effect {
        if let path = problem.path {
            if problem.blob != nil { return .go(BlobScreen(store, .path(path))) }
            switch problem.kind {
            // What is missing is looked for where it should be.
            case .missingBlob, .missingRevision, .missingLayerLink, .missingDirectory, .badLink:
                return .go(TreeScreen(store, path.parent))
            default: return .go(TreeScreen(store, path))
            }
        }
        return problem.object.map { .go(ObjectScreen(store, $0)) }
            ?? .say(.info("It concerns the whole pool."))
    }

    /// What a repair is about: by identity, never by row.
    private var targets: [Problem] {
        let marked = view.table.markedRows
        let rows = marked.isEmpty ? view.table.selected.map { [$0] } ?? [] : marked
        return rows.map(\.problem).filter { $0.repair != nil }
    }

    private func repair() -> Effect {
        let (planner, targets) = (store.session.planner, targets)
        return changeFlow.plan(
            "planning \(HumanText.count(targets.count, "repair"))", hidden: view.table.hiddenMarks
        ) { _ in
            try await planner.repairs(ofAll: targets)
        }
    }

    private func markKind() {
        guard let kind = view.table.selected?.problem.kind else { return }
        view.table.mark { $0.problem.kind == kind }
    }

    private func look(deep: Bool) -> Effect {
        generation = store.generation
        report = nil
        view.empty = "Looking for damage …"
        let session = store.session
        var found: [Problem] = []
        return .ask(
            .stream(Slot(self, "fsck"), "looking for damage") { (reporter: Reporter<FsckPart>) in
                // What was hashed before a look was stopped is not hashed again.
                let checkpoint = deep ? try await HashCheckpoint.open(of: session) : nil
                var options = FsckOptions()
                options.deep = deep
                options.memory = checkpoint
                let fsck = Fsck(registry: session.registry, options: options)
                let report = await fsck.run(progress: { reporter.progress(Progress($0)) }) {
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
                switch ending {
                case .finished:
                    view.empty = "Nothing is damaged."
                    guard let stopped = report?.stopped else { return .none }
                    view.empty = "Not everything was looked at; r looks again."
                    return .say(.failure("Not everything was looked at: \(stopped)"))
                case .cancelled:
                    view.empty = "Stopped before everything was looked at; r looks again."
                    return .none
                case .failed(let error): return .failure(error)
                }
            })
    }
}

/// What a look reports while it goes on, and at its end.
private nonisolated enum FsckPart: Sendable {
    case found([Problem])
    case report(FsckReport)
}
