import AdminCore
import Foundation

/// Giving space back: what lies in the quarantine, since when, what the next step would do and what is in its way; runs that step.
final class CollectionScreen: Screen {
    private let store: OpenStore
    private let view: TableView<CollectionRow>
    private var options = CollectionOptions()
    private var status: QuarantineStatus?
    /// By the last mark; nil before one, and after a change.
    private var plan: CollectionPlan?
    /// The store's generation that is shown; nil before the first time.
    private var generation: Int?
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: CollectionRow.columns, searchText: { $0.searchText }))
        view.empty = "Looking into the quarantine …"
    }

    var title: TitleBar {
        var details: [Line] = []
        if let status {
            details.append(Line("\(HumanText.bytes(status.bytes)) in the quarantine"))
            if status.dueBytes > 0 { details.append(Line("\(HumanText.bytes(status.dueBytes)) due", .good)) }
            if let next = status.nextFreeAfter, next > status.asOf {
                details.append(Line("due from \(HumanText.second(next)) on", .dim))
            }
        }
        return TitleBar(title: "Collection", details: details + view.selection)
    }

    // MARK: Drawing

    /// What the last mark says, the rules of the next one, and the table.
    func lines(_ size: Size) -> [Line] {
        var top = (verdict + (plan?.obstacles ?? status?.obstacles ?? []).map { Line("in the way: \($0)", .bad) })
            .flatMap {
                Line.wrapped($0.text, to: size.columns, $0.spans.first?.style ?? .normal)
            }
        if size.rows >= 12 { top += Line.wrapped("Rules " + rules, to: size.columns, .dim) }
        top = Array(top.prefix(max(0, size.rows - 3)))
        if size.rows >= 14 { top.append(Line()) }
        return top + view.lines(Size(rows: size.rows - top.count, columns: size.columns))
    }

    private var verdict: [Line] {
        guard let plan else {
            return [Line("M finds out what is needed and what the next step would do; it changes nothing.")]
        }
        func sum(_ work: CollectionPlan.Part.Work) -> UInt64 {
            plan.parts.filter { $0.work == work }.reduce(0) { $0 + $1.bytes }
        }
        let at = HumanText.second(plan.markBegan).suffix(8)
        let back = sum(.restore) > 0 ? ", brings back \(HumanText.bytes(sum(.restore)))" : ""
        let freed = sum(.free) + sum(.trim) + sum(.finish)
        let bet = plan.options.caches == .offline ? "" : ", if the registries' caches allow it"
        let frees = freed > 0 ? HumanText.bytes(freed) + bet : "nothing"
        return [
            Line(
                "Marked at \(at). The next step frees \(frees)\(back), and takes \(HumanText.bytes(sum(.quarantine) + sum(.note) + sum(.watch))) "
                    + "into the quarantine.", plan.obstacles.isEmpty ? .good : .warning)
        ]
    }

    private var rules: String {
        func time(_ seconds: TimeInterval) -> String { HumanText.duration(.seconds(seconds)) }
        return [
            ":grace \(time(options.grace))", ":delay \(time(options.delay))", ":max-share \(Int(options.maxShare)) %",
            ":untagged \(options.untagged ? "yes" : "no")",
            ":uploads-older-than \(options.uploadsOlderThan.map(time) ?? "no")",
        ].joined(separator: " · ")
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? { ["gc", "--dry-run"] + optionWords + store.words }

    private var optionWords: [String] {
        let usual = CollectionOptions()
        func seconds(_ flag: String, _ value: TimeInterval?, _ usual: TimeInterval?) -> [String] {
            value == usual ? [] : value.map { [flag, Quantity.text(seconds: $0)] } ?? []
        }
        return seconds("--grace", options.grace, usual.grace) + seconds("--delay", options.delay, usual.delay)
            + (options.maxShare == usual.maxShare ? [] : ["--max-share", "\(Int(options.maxShare))"])
            + (options.untagged ? ["--untagged"] : [])
            + seconds("--uploads-older-than", options.uploadsOlderThan, nil)
    }

    // MARK: Commands

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "mark", keys: [.character("M")], hint: "mark",
                help: "Finds out what is needed, and so what the next step would do; changes nothing"
            ) { [unowned self] in .ask(markQuery) },
            Command(
                name: "run", keys: [.character("x")], hint: "run the next step",
                help: "Asks what the registries remember, marks anew, shows the plan, and runs it after a yes",
                group: .change, isChange: true
            ) { [unowned self] in run() },
            rule("grace", "What was written or referred to within this time is left alone: \":grace 7d\"") {
                $0.grace = try Self.duration($1)
            },
            rule("delay", "What was taken is freed after this time, longer than any push: \":delay 48h\"") {
                $0.delay = try Self.duration($1)
            },
            rule("max-share", "The most that is taken or freed at once, in percent of all blobs: \":max-share 80\"") {
                guard let percent = Double($1), (0...100).contains(percent) else { throw RuleError() }
                $0.maxShare = percent
            },
            rule(
                "uploads-older-than",
                "Collects unfinished uploads as well: \":uploads-older-than 7d\"; \"0\" leaves them"
            ) {
                let age = try Self.duration($1)
                $0.uploadsOlderThan = age == 0 ? nil : age
            },
            Command(name: "untagged", keys: [], help: "Collects manifests without a tag as well, or leaves them again")
            {
                [unowned self] in
                options.untagged.toggle()
                return forget()
            },
            Command(name: "refresh", keys: [.character("r")], help: "Looks into the quarantine again") {
                [unowned self] in .all([refresh(), store.askStatus])
            },
        ] + view.commands

    private struct RuleError: Error {}

    private static func duration(_ text: String) throws -> TimeInterval {
        guard let seconds = Quantity.seconds(text) else { throw RuleError() }
        return seconds
    }

    /// A rule that is set by what is typed behind its name. What was marked by another rule is not shown any more.
    private func rule(
        _ name: String, _ help: String, _ set: @escaping (inout CollectionOptions, String) throws -> Void
    ) -> Command {
        let take: (String) -> Effect = { [unowned self] text in
            do {
                try set(&options, text)
                return forget()
            } catch {
                return .say(.failure("\"\(text)\" is nothing that \(name) can be."))
            }
        }
        return Command(
            name: name, keys: [], help: help, argument: .init(choices: { [] }, action: take)
        ) { .prompt(Prompt(label: "\(name): ") { take($0.trimmingCharacters(in: .whitespaces)) }) }
    }

    // MARK: Marking and running

    /// The rules, as if the registries' caches were known to be flushed: to be shown what could be freed. A run asks.
    private var asIfFlushed: CollectionOptions {
        var options = options
        options.caches = .flushed
        return options
    }

    private var markQuery: Query {
        let planner = store.session.planner
        let options = asIfFlushed
        return .stream(Slot(self, "mark"), "marking") { (reporter: Reporter<CollectionPlan>) in
            reporter.emit(try await planner.collection(options) { reporter.progress(TaskProgress($0)) })
        } fold: { [unowned self] parts in
            parts.last.map { show($0) }
        } end: { ending in
            if case .failed(let error) = ending { .failure(error) } else { .none }
        }
    }

    /// The mark of a run is its own: whatever moves references meanwhile voids it.
    private func run() -> Effect {
        guard let admin = store.session.admin else { return .say(.failure("This session is read-only.")) }
        let panel = ChoicePanel(
            title: "What do the registries remember?",
            options: Caches.all.map { .init(name: $0.name, meaning: $0.meaning) })
        return .choose(panel) { [unowned self] number in
            var options = options
            options.caches = Caches.all[number].caches
            return changeFlow.plan("marking") { [options] progress in
                try await admin.collection(options, progress: progress)
            } seen: { [unowned self] in
                show($0)
            }
        }
    }

    private func show(_ plan: CollectionPlan) {
        self.plan = plan
        arrange()
    }

    private func forget() -> Effect {
        plan = nil
        return refresh()
    }

    private func arrange() {
        view.table.replace(CollectionRow.rows(status, plan))
    }

    // MARK: Reading

    func appear() -> Effect { generation == store.generation ? .none : refresh() }

    private func refresh() -> Effect {
        if generation != store.generation { plan = nil }
        generation = store.generation
        let planner = store.session.planner
        let options = asIfFlushed
        return .ask(
            .stream(Slot(self, "quarantine"), "looking into the quarantine") { (reporter: Reporter<QuarantineStatus>) in
                reporter.emit(try await planner.quarantine(options) { reporter.progress(TaskProgress($0)) })
            } fold: { [unowned self] parts in
                status = parts.last
                view.empty = "The quarantine is empty."
                arrange()
            } end: { [unowned self] ending in
                guard case .failed(let error) = ending else { return .none }
                view.empty = "The quarantine could not be read; r tries again."
                return .failure(error)
            })
    }

    /// What can be known of the registries' caches; the cautious one first.
    private struct Caches {
        let caches: CollectionOptions.Caches
        let name: String
        let meaning: String

        static let all = [
            Caches(
                caches: .unknown, name: "I do not know",
                meaning: "Nothing is freed. What is needed again comes back, what is not needed goes to the quarantine."
            ),
            Caches(
                caches: .flushed, name: "nothing any more: all were restarted, or their caches flushed",
                meaning:
                    "Each of them, after the run that took what is due now, and at least the delay ago. What is due is freed."
            ),
            Caches(
                caches: .none, name: "nothing: none has a descriptor cache",
                meaning: "No blobdescriptor is configured anywhere, neither inmemory nor redis. What is due is freed."),
            Caches(
                caches: .offline, name: "nothing that matters: no registry is running",
                meaning:
                    "None writes, and no push that has begun will go on. There is no delay: this one run takes, marks again and frees."
            ),
        ]
    }
}
