import AdminCore
import ConsoleKit
import Presentation
import SafeText
import Foundation

/// The garbage collection: the holdings of the quarantine, and the next step with its effect and
/// its obstacles.
final class CollectionScreen: Screen {
    private let store: OpenStore
    private let view: TableView<CollectionRow>
    private var options = CollectionOptions()
    private var status: QuarantineStatus?
    /// The plan of the last mark; nil before a mark, and after a change.
    private var plan: CollectionPlan?
    /// Bytes that only the trash and unfinished uploads keep; nil before they are counted.
    private var held: (trash: UInt64, uploads: UInt64)?
    /// The store's generation that is shown; nil before the first time.
    private var generation: Int?
    private var changeFlow: ChangeFlow { ChangeFlow(store: store, screen: self) }

    init(_ store: OpenStore) {
        self.store = store
        view = TableView(Table(columns: CollectionRow.columns, searchText: { $0.searchText }))
        view.empty = "Reading the quarantine …"
    }

    var title: TitleBar {
        var details: [Line] = []
        if let status {
            details.append(Line("\(HumanText.bytes(status.bytes)) in the quarantine"))
            if status.dueBytes > 0 { details.append(Line("\(HumanText.bytes(status.dueBytes)) due", .good)) }
            if let next = status.nextFreeAfter, next > status.asOf {
                details.append(Line("due after \(HumanText.second(next))", .dim))
            }
        }
        return TitleBar(title: "Collection", details: details + view.selection)
    }

    // MARK: Drawing

    /// The result of the last mark, the options of the next one, and the table.
    func lines(_ size: Size) -> [Line] {
        let obstacles = (plan?.obstacles ?? status?.obstacles ?? []).map { Line("Blocked: \($0)", .bad) }
        var top = ([verdict] + [holdings].compactMap(\.self) + obstacles).flatMap {
            Line.wrapped($0.text, to: size.columns, $0.spans.first?.style ?? .normal)
        }
        if size.rows >= 12 { top += Line.wrapped("Options " + ruleText, to: size.columns, .dim) }
        if size.rows >= 18, plan == nil { top = Line.wrapped(Self.explanation, to: size.columns) + top }
        top = Array(top.prefix(max(0, size.rows - 3)))
        if size.rows >= 14 { top.append(Line()) }
        return top + view.lines(Size(rows: size.rows - top.count, columns: size.columns))
    }

    /// The idea of a collection, for an operator who runs one for the first time.
    private static let explanation =
        "A collection frees space in two steps, so that no push loses data. One step quarantines what nothing needs: it can come "
        + "back. A later step, after the delay, frees it. x runs the next step."

    private var verdict: Line {
        guard let plan else {
            return Line(
                "M looks for what nothing needs any more (a mark), and shows the next step; it changes nothing.")
        }
        func sum(_ work: CollectionPlan.Part.Work) -> UInt64 {
            plan.parts.filter { $0.work == work }.reduce(0) { $0 + $1.bytes }
        }
        let at = HumanText.minute(plan.markBegan)
        let taken = sum(.quarantine) + sum(.note) + sum(.watch)
        let freed = sum(.free) + sum(.trim) + sum(.finish)
        let condition = freed == 0 || plan.options.caches == .offline ? "" : " (if the registries' caches allow it)"
        let back = sum(.restore) > 0 ? ", bring back \(HumanText.bytes(sum(.restore)))" : ""
        return Line(
            "Marked at \(at). Next step: quarantine \(HumanText.bytes(taken)), free \(HumanText.bytes(freed))\(condition)\(back).",
            plan.obstacles.isEmpty ? .good : .warning)
    }

    /// What other things keep from the collection, with the commands that open them.
    private var holdings: Line? {
        guard let plan else { return nil }
        let parts = [
            (held?.trash ?? 0, "by the trash (:trash)"), (held?.uploads ?? 0, "by unfinished uploads (:uploads)"),
            (plan.youngBytes, "younger than \(HumanText.duration(.seconds(options.grace))) (:grace)"),
        ].filter { $0.0 > 0 }.map { "\(HumanText.bytes($0.0)) \($0.1)" }
        return parts.isEmpty ? nil : Line("Held back: \(parts.joined(separator: ", ")).")
    }

    private var ruleText: String {
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
                name: "mark-needed", keys: [.character("M")], hint: "mark",
                help: "Marks what is needed and shows what the next step would do; changes nothing"
            ) { [unowned self] in .ask(markQuery) },
            Command(
                name: "next-step", keys: [.character("x")], hint: "run the next step",
                help: "Asks about the caches of registries, marks again, shows the plan, and runs it after a yes",
                group: .change, isChange: true
            ) { [unowned self] in run() },
            rule("grace", "Keeps everything that was written or linked within this time: \":grace 7d\"") {
                $0.grace = try Self.duration($1)
            },
            rule("delay", "Frees quarantined data after this time, longer than any push: \":delay 48h\"") {
                $0.delay = try Self.duration($1)
            },
            rule("max-share", "Limits one step to this percentage of all blobs: \":max-share 80\"") {
                guard let percent = Double($1), (0...100).contains(percent) else { throw RuleError() }
                $0.maxShare = percent
            },
            rule(
                "uploads-older-than",
                "Collects unfinished uploads, too: \":uploads-older-than 7d\"; \"0\" keeps them"
            ) {
                let age = try Self.duration($1)
                $0.uploadsOlderThan = age == 0 ? nil : age
            },
            Command(name: "untagged", keys: [], help: "Collects manifests without a tag, too, or keeps them again") {
                [unowned self] in
                options.untagged.toggle()
                return forget()
            },
            Command(name: "refresh", keys: [.character("r")], help: "Reads the quarantine again") {
                [unowned self] in .all([refresh(), store.askStatus])
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.json },
        ] + changeFlow.undoCommands + view.commands

    private struct RuleError: Error {}

    private static func duration(_ text: String) throws -> TimeInterval {
        guard let seconds = Quantity.seconds(text) else { throw RuleError() }
        return seconds
    }

    /// A command that sets an option by its argument. The last mark is dropped, because it was made
    /// with other options.
    private func rule(
        _ name: String, _ help: String, _ set: @escaping (inout CollectionOptions, String) throws -> Void
    ) -> Command {
        let take: (String) -> Effect = { [unowned self] text in
            do {
                try set(&options, text)
                return forget()
            } catch {
                return .say(.failure("\"\(text)\" is not a value of \(name)."))
            }
        }
        return Command(
            name: name, keys: [], help: help, argument: .init(choices: { [] }, action: take)
        ) { .prompt(Prompt(label: "\(name): ") { take($0.trimmingCharacters(in: .whitespaces)) }) }
    }

    // MARK: Marking and running

    /// The options with flushed caches, so that the mark shows everything that could be freed. A
    /// run asks about the caches.
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
        } end: { [unowned self] ending in
            switch ending {
            case .finished: .ask(holdingsQuery)
            case .cancelled: .none
            case .failed(let error): .failure(error)
            }
        }
    }

    /// Counts the bytes that the trash and unfinished uploads keep.
    private var holdingsQuery: Query {
        let registry = store.session.registry
        // The content of these files belongs to blobs.
        let pairs = plan?.items(.mend) ?? []
        return .value(Slot(self, "held"), "counting what the trash and uploads keep") {
            let trash = try await TrashReader(registry: registry).sizedItems()
            let uploads = try await registry.uploads().map(\.size).reduce(0, addingCapped)
            let paired = try await concurrentMap(pairs, window: 64) {
                try await registry.storage.head(of: $0.blob).sizeOrLength
            }.reduce(0, addingCapped)
            return (trash.reduce(UInt64(0)) { $0 + ($1.reclaimable ?? 0) }, uploads - min(paired, uploads))
        } then: { [unowned self] result in
            held = try? result.get()
            return .none
        }
    }

    /// Asks and runs. Each run makes its own mark, because any move of references voids a mark.
    private func run() -> Effect {
        guard let admin = store.session.admin else { return .say(.failure("This session is read-only.")) }
        let panel = ChoicePanel(
            title: "Which is true of ALL registries that use this pool?",
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
        held = nil
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
            .stream(Slot(self, "quarantine"), "reading the quarantine") { (reporter: Reporter<QuarantineStatus>) in
                reporter.emit(try await planner.quarantine(options) { reporter.progress(TaskProgress($0)) })
            } fold: { [unowned self] parts in
                status = parts.last
                view.empty = "The quarantine is empty."
                arrange()
            } end: { [unowned self] ending in
                guard case .failed(let error) = ending else { return .none }
                view.empty = "The quarantine could not be read; \(store.settings.key("refresh")) tries again."
                return .failure(error)
            })
    }

    /// The answers about the caches of the registries, the cautious one first.
    private struct Caches {
        let caches: CollectionOptions.Caches
        let name: String
        let meaning: String

        static let all = [
            Caches(
                caches: .unknown, name: "I do not know: free nothing yet",
                meaning:
                    "Always safe. Quarantines what nothing needs, and brings back what is needed again. (A registry that still "
                    + "remembers a freed blob accepts pushes that lack it.)"),
            Caches(
                caches: .flushed, name: "They were restarted since the last step",
                meaning:
                    "Frees due blobs. Every registry must have been restarted, or its cache flushed, after the step that "
                    + "quarantined them, and at least the delay ago."),
            Caches(
                caches: .none, name: "None has a cache (no \"blobdescriptor\" in config.yml)",
                meaning:
                    "Frees due blobs. No registry may have a blobdescriptor in its configuration, neither inmemory nor redis."
            ),
            Caches(
                caches: .offline, name: "None is running: free everything now",
                meaning:
                    "No registry may be running, and no push may resume. Without a delay, this run quarantines, looks again "
                    + "and frees."),
        ]
    }
}

/// A holding of the quarantine, or one that the next step of the collection adds. The screen calls
/// it a batch.
nonisolated struct CollectionRow: Sendable, Identifiable {
    enum State: String, Sendable {
        /// The delay is not over.
        case waiting
        /// The holding can be freed if the caches of the registries allow it.
        case due
        /// The run that made the holding was interrupted: the next step sets its date.
        case undated
        /// The next step adds the holding.
        case new

        var style: Style {
            switch self {
            case .waiting: .normal
            case .due: .good
            case .undated: .warning
            case .new: .dim
            }
        }
    }

    let id: String
    /// The kind of its objects.
    var kind = ""
    var since: Date?
    /// The end of the delay; nil if it is not known yet.
    var due: Date?
    var count = 0
    var bytes: UInt64 = 0
    var state = State.new
    /// The work of the next step on the holding, by the last mark; nil before one.
    var next: [CollectionPlan.Part]?

    /// The things of the batch, in words.
    var name: String {
        if let kind = QuarantineStatus.Item.Kind(rawValue: kind) { return kind.things }
        guard let part = next?.first else { return id }
        switch part.work {
        case .mend: return "finished uploads"
        case .look, .finish: return "at the end"
        case .note: return QuarantineStatus.Item.Kind.chunks.things
        case .watch, .trim: return QuarantineStatus.Item.Kind.surplus.things
        case .quarantine, .date, .restore, .free:
            if part.emptiesDirectories { return QuarantineStatus.Item.Kind.uploads.things }
            let isLink = part.items.first?.origin.isBelow(RegistryPaths().repositories) ?? false
            return (isLink ? QuarantineStatus.Item.Kind.links : .blobs).things
        }
    }

    /// "free 1.2 MiB; bring back 8.0 KiB".
    var nextText: String {
        guard let next else { return "" }
        let done = next.map { part in
            if [.date, .mend, .look].contains(part.work) { return part.work.verb }
            return "\(part.work.verb) "
                + (part.bytes > 0 ? HumanText.bytes(part.bytes) : HumanText.count(part.items.count, "link"))
        }
        return done.isEmpty ? "kept" : done.joined(separator: "; ")
    }

    var searchText: String { "\(name) \(id) \(state.rawValue) \(nextText)" }

    var json: JSONValue {
        [
            "batch": .string(name), "kind": .text(kind.isEmpty ? nil : kind), "since": .time(since),
            "objects": .count(count), "bytes": .unsigned(bytes), "due": .time(due), "state": .string(state.rawValue),
            "next": .text(next == nil ? nil : nextText),
        ]
    }

    static let columns: [Column<CollectionRow>] = [
        Column(
            id: "batch", title: "BATCH", minimum: 16, ideal: 18, isSearched: true, order: .text { $0.name }
        ) { row, _ in Line(row.name, row.state == .new ? .dim : .normal) },
        Column(
            id: "id", title: "ID", trimming: .middle, minimum: 20, ideal: 28, priority: 5, isSearched: true,
            order: .text { $0.id }
        ) { row, _ in row.id.first?.isNumber == true ? Line(row.id, .dim) : Cells.unknown },
        Column(
            id: "since", title: "SINCE", minimum: 10, ideal: 19, priority: 3, order: .number { Cells.order($0.since) }
        ) { row, width in Cells.date(row.since, width) },
        Column(
            id: "objects", title: "OBJECTS", alignment: .right, minimum: 7, ideal: 7, priority: 4,
            order: .number { Int64($0.count) }, startsDescending: true
        ) { row, _ in Cells.count(row.count) },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
            order: .number { Cells.order($0.bytes) }, startsDescending: true
        ) { row, _ in row.bytes == 0 && row.state == .new ? Cells.unknown : Cells.size(row.bytes) },
        Column(id: "due", title: "DUE", minimum: 10, ideal: 19, priority: 2, order: .number { Cells.order($0.due) }) {
            row, width in Cells.date(row.due, width)
        },
        Column(id: "state", title: "STATE", minimum: 7, ideal: 7, isSearched: true, order: .text { $0.state.rawValue })
        {
            row, _ in Line(row.state.rawValue, row.state.style)
        },
        Column(id: "next", title: "NEXT STEP", minimum: 22, ideal: 44, priority: 1, isSearched: true) { row, _ in
            row.next == nil ? Cells.unknown : Line(row.nextText)
        },
    ]
}

extension CollectionRow {
    /// The holdings of the quarantine by name, and so by age, with the work of a plan on them; then
    /// the new holdings of the plan.
    static func rows(_ status: QuarantineStatus?, _ plan: CollectionPlan?) -> [CollectionRow] {
        var parts = plan?.parts ?? []
        func take(_ isMeant: (CollectionPlan.Part) -> Bool) -> [CollectionPlan.Part] {
            defer { parts.removeAll(where: isMeant) }
            return parts.filter(isMeant)
        }
        let rows = (status?.items ?? []).sorted { $0.id < $1.id }.map { item in
            let isDue = item.due.map { $0 <= (status?.asOf ?? .distantPast) }
            // The removal of surplus chunks is one part, whatever the dates of their records.
            let next =
                item.kind == .surplus ? take { $0.work == .trim && isDue == true } : take { $0.holding == item.id }
            return CollectionRow(
                id: item.id, kind: item.kind.rawValue, since: item.since, due: item.due, count: item.count,
                bytes: item.bytes, state: isDue.map { $0 ? .due : .waiting } ?? .undated, next: plan.map { _ in next })
        }
        // The work on all of them at the end has a row of its own.
        let new = Dictionary(grouping: parts) { [.finish, .look].contains($0.work) ? "at the end" : $0.holding }
            .sorted { $0.key < $1.key }
            .map { holding, parts in
                CollectionRow(
                    id: holding, count: parts.map(\.items.count).max() ?? 0, bytes: parts.map(\.bytes).max() ?? 0,
                    next: parts)
            }
        return rows + new
    }
}

extension CollectionPlan.Part.Work {
    /// The verb in the column of the next step.
    nonisolated fileprivate var verb: String {
        switch self {
        case .mend: "remove their entries"
        case .date: "set its date"
        case .restore: "bring back"
        case .free, .finish, .trim: "free"
        case .quarantine, .note, .watch: "quarantine"
        case .look: "look for late pushes"
        }
    }
}

extension QuarantineStatus.Item.Kind {
    /// The things of a batch, in words.
    nonisolated fileprivate var things: String {
        switch self {
        case .blobs: "unneeded blobs"
        case .links: "unneeded links"
        case .uploads: "old uploads"
        case .chunks: "orphan chunks"
        case .surplus: "surplus chunks"
        case .other: "various things"
        }
    }
}
