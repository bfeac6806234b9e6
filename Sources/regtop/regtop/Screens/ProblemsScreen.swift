import AdminCore

/// What is damaged: grouped by kind, what matters most first; opens the place, and repairs what is marked.
final class ProblemsScreen: Screen {
    private let store: OpenStore
    private let view: TableView<ProblemRow>
    private var report: FsckReport?
    /// True if the last look was stopped.
    private var isStopped = false
    /// The store's generation that is shown; nil before the first time.
    private var generation: Int?
    /// Ends when the deep look that was begun last, here or on a screen that has gone, has closed its notes.
    private static var turn = AsyncStream<Never> { $0.finish() }
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
                details.append(Line("\(HumanText.count(count)) \(severity.word(count))", ProblemRow.style(severity)))
            }
        }
        if let flight = report?.checked.inFlight, flight > 0 {
            details.append(Line("\(HumanText.count(flight)) in flight", .dim))
        }
        if let taken = report?.checked.taken, taken > 0 {
            details.append(Line("\(HumanText.count(taken)) hashed before", .dim))
        }
        if isStopped || report?.isComplete == false { details.append(Line("not complete", .warning)) }
        return TitleBar(title: "Problems", details: details)
    }

    /// The table, and below it what the problem under the cursor means.
    func lines(_ size: Size) -> [Line] {
        guard size.rows >= 10, let problem = view.table.selected?.problem else { return view.lines(size) }
        var text = problem.detail
        if let repair = problem.repair { text += " Repair: \(repair.id)." }
        // The whole of what the table cuts.
        let words =
            Line.wrapped(VisibleText.of(problem.place), to: size.columns, .dim)
            + Line.wrapped(VisibleText.of(text), to: size.columns)
        return view.lines(size, details: words, rows: min(7, size.rows / 3) + 1)
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
        isStopped = false
        view.empty = "Looking for damage …"
        let session = store.session
        let before = deep ? Self.turn : nil
        let (turn, over) = AsyncStream<Never>.makeStream()
        if deep { Self.turn = turn }
        var found: [Problem] = []
        return .ask(
            .stream(Slot(self, "fsck"), "looking for damage") { (reporter: Reporter<FsckPart>) in
                defer { over.finish() }
                // What was hashed before a look was stopped is not hashed again.
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
                switch ending {
                case .finished:
                    view.empty = "Nothing is damaged."
                    guard let stopped = report?.stopped else { return .none }
                    view.empty = "Not everything was looked at; r looks again."
                    return .say(.failure("Not everything was looked at: \(stopped)"))
                case .cancelled:
                    isStopped = true
                    view.empty =
                        "Stopped before everything was looked at; r looks again\(deep ? ", H goes on hashing" : "")."
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
