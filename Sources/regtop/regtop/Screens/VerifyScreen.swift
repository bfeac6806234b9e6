import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// A verification: reads the chosen rows in full, one after the other, and compares every blob with
/// its digest. It goes on after the user leaves the screen; its results stay until the next one.
final class VerifyScreen: Screen {
    private let store: OpenStore
    private let view: TableView<VerifyRow>
    private var isBegun = false
    private var slot: Slot { Slot(self, "verify") }

    init(_ store: OpenStore, _ subjects: [VerifySubject]) {
        self.store = store
        view = TableView(
            Table(
                columns: VerifyRow.columns,
                searchText: { "\($0.id) \($0.state.rawValue) \($0.problems.joined(separator: " "))" }))
        view.clipKind = { row in if case .blob = row.id { .digest } else { .name } }
        view.hasDetailsBeside = false
        view.empty = "Nothing verified yet. Press v on a repository, tag, manifest or blob."
        view.table.replace(subjects.map { VerifyRow(id: $0) })
    }

    var title: TitleBar {
        let rows = view.table.rows
        let counts = [VerifyRow.State.ok, .damaged, .unread, .stopped].compactMap { state -> Line? in
            let count = rows.count { $0.state == state }
            return count == 0 ? nil : Line("\(HumanText.count(count)) \(state.rawValue)", state.style)
        }
        let bytes = rows.reduce(0) { $0 + ($1.found?.bytes ?? 0) }
        let read = bytes > 0 ? [Line("\(HumanText.bytes(bytes)) read", .dim)] : []
        return TitleBar(title: "Verification", details: view.summary + counts + read)
    }

    /// The table and, below it, the problems of the row under the cursor.
    func lines(_ size: Size) -> [Line] {
        guard size.rows >= 5, let problems = view.table.selected?.problems, !problems.isEmpty else {
            return view.lines(size)
        }
        let texts = size.columns < 80 ? problems.map { Cells.note($0).text } : problems
        let below = ([Line()] + texts.flatMap { Line.wrapped($0, to: size.columns, .bad) }).prefix(size.rows / 2)
        let table = view.lines(Size(rows: size.rows - below.count, columns: size.columns))
        let gap = max(0, size.rows - below.count - table.count)
        return table + Array(repeating: Line(), count: gap) + below
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    /// No command verifies a blob by itself.
    var twin: [String]? {
        let names = view.table.rows.compactMap { row -> String? in
            if case .reference(let reference) = row.id { reference.description } else { nil }
        }
        return names.isEmpty ? nil : ["verify"] + names + store.words
    }

    func appear() -> Effect {
        guard !isBegun, !view.table.rows.isEmpty else { return .none }
        return begin()
    }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open", help: "Shows the verified row",
                isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in view.table.selected.map { .go(screen($0.id)) } ?? .none },
            Command(
                name: "refresh", keys: [.character("r")], hint: "again", help: "Reads everything again",
                isEnabled: { [unowned self] in !view.table.rows.isEmpty }
            ) { [unowned self] in begin() },
            view.writeCommand(on: { [unowned self] in self }, isRead: { $0.found != nil || $0.failure != nil }) {
                $0.json
            },
        ] + view.commands

    private func screen(_ subject: VerifySubject) -> any Screen {
        switch subject {
        case .blob(let digest): BlobScreen(store, .digest(digest))
        case .reference(let reference):
            if reference.selector == .repository {
                RepositoryScreen(store, reference.repository)
            } else {
                ManifestScreen(store, reference)
            }
        }
    }

    // MARK: Reading

    private func begin() -> Effect {
        isBegun = true
        store.verification = self
        let subjects = view.table.rows.map(\.id)
        view.table.replace(subjects.map { VerifyRow(id: $0) })
        let verifier = Verifier(registry: store.session.registry)
        var query = Query.stream(slot, "verifying") { (reporter: Reporter<VerifyRow>) in
            try await Self.verify(subjects, verifier, reporter)
        } fold: { [unowned self] rows in
            view.table.update(rows)
        } end: { [unowned self] ending in
            finish(ending)
        }
        query.outlivesItsScreen = true
        return .ask(query)
    }

    /// Verifies the rows one after the other; shared blobs are read once.
    private nonisolated static func verify(
        _ subjects: [VerifySubject], _ verifier: Verifier, _ reporter: Reporter<VerifyRow>
    ) async throws {
        let began = ContinuousClock.now
        var before: UInt64 = 0
        for (number, subject) in subjects.enumerated() {
            reporter.emit(VerifyRow(id: subject, state: .reading))
            let place =
                subjects.count == 1 ? [] : ["\(HumanText.count(number + 1)) of \(HumanText.count(subjects.count))"]
            let handler: ProgressHandler = { [before] work in
                let all = TaskProgress(done: before + work.completed, unit: TaskProgress.bytes)
                let rate = all.rate(after: ContinuousClock.now - began)
                let note = (place + [rate].compactMap(\.self)).joined(separator: ", ")
                reporter.progress(
                    TaskProgress(done: work.completed, total: work.total, unit: TaskProgress.bytes, note: note))
            }
            do {
                let found =
                    switch subject {
                    case .reference(let reference): try await verifier.verify([reference], progress: handler)
                    case .blob(let digest): try await verifier.verify(blob: digest, progress: handler)
                    }
                guard found.isComplete else { throw CancellationError() }
                before += found.bytes
                reporter.emit(VerifyRow(id: subject, state: found.isSound ? .ok : .damaged, found: found))
            } catch let error as StoreError where error.kind.concernsEverything {
                throw error.kind == .cancelled ? CancellationError() : error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                reporter.emit(VerifyRow(id: subject, state: .unread, failure: ErrorSentence.of(error)))
            }
        }
    }

    private func finish(_ ending: Ending) -> Effect {
        let left = view.table.rows.filter { $0.state == .reading || $0.state == .waiting }
        view.table.update(left.map { VerifyRow(id: $0.id, state: .stopped) })
        view.table.settle()
        let damaged = view.table.rows.count { $0.state == .damaged }
        switch ending {
        case .finished where damaged > 0:
            return .say(.failure("\(HumanText.count(damaged)) of \(HumanText.count(view.table.rows.count)) damaged."))
        case .finished, .cancelled: return .none
        case .failed(let error): return .failure(error)
        }
    }
}

extension OpenStore {
    /// The command that verifies, for every screen with something to verify.
    ///
    /// - Parameter subjects: Returns the marked rows, or the row under the cursor.
    func verifyCommand(
        _ help: String, isEnabled: @escaping () -> Bool, _ subjects: @escaping () -> [VerifySubject]
    ) -> Command {
        Command(
            name: "verify", keys: [.character("v")], help: help + ": reads all data and compares it with the digests",
            isEnabled: isEnabled
        ) { [unowned self] in
            let subjects = subjects()
            return subjects.isEmpty
                ? .say(.info("None of these rows can be verified.")) : .go(VerifyScreen(self, subjects))
        }
    }
}

/// The subject of a verification: a reference, or a blob by itself.
nonisolated enum VerifySubject: Hashable, Sendable, CustomStringConvertible {
    case reference(ImageReference)
    case blob(Digest)

    var description: String {
        switch self {
        case .reference(let reference): reference.description
        case .blob(let digest): digest.string
        }
    }
}

/// A row of a verification with its result.
nonisolated struct VerifyRow: Sendable, Identifiable {
    enum State: String, Sendable {
        case waiting, reading, ok, damaged
        /// Not complete, because of an error or of Esc.
        case unread, stopped

        var style: Style {
            switch self {
            case .waiting: .dim
            case .reading: .normal
            case .ok: .good
            case .stopped: .warning
            case .damaged, .unread: .bad
            }
        }
    }

    let id: VerifySubject
    var state = State.waiting
    var found: Verification?
    /// The error that ended the verification of the row.
    var failure: String?

    /// The error and the problems, a sentence each.
    var problems: [String] { (failure.map { [$0] } ?? []) + (found?.findings.map(\.problem) ?? []) }

    /// The row with the keys of `verify`.
    var json: JSONValue {
        [
            "target": .text(id), "state": .string(state.rawValue), "manifests": .count(found?.manifests),
            "blobs": .count(found?.blobs), "bytes": .bytes(found?.bytes), "complete": .bool(found?.isComplete ?? false),
            "findings": .array(found?.findings.map(\.json) ?? []), "error": .text(failure),
        ]
    }

    static let columns: [Column<VerifyRow>] = [
        Column(
            id: "name", title: "NAME", trimming: .middle, minimum: 14, ideal: 44, isSearched: true,
            order: .text { $0.id.description }
        ) { row, _ in Line(row.id.description) },
        Column(
            id: "manifests", title: "MANIFESTS", alignment: .right, minimum: 9, ideal: 9, priority: 4,
            order: .number { $0.found.map { Int64($0.manifests) } }, startsDescending: true
        ) { row, _ in Cells.count(row.found?.manifests) },
        Column(
            id: "blobs", title: "BLOBS", alignment: .right, minimum: 7, ideal: 7, priority: 3,
            order: .number { $0.found.map { Int64($0.blobs) } }, startsDescending: true
        ) { row, _ in Cells.count(row.found?.blobs) },
        Column(
            id: "read", title: "READ", alignment: .right, minimum: 9, ideal: 9, priority: 1,
            order: .number { Cells.order($0.found?.bytes) }, startsDescending: true
        ) { row, width in Cells.size(row.found?.bytes, width) },
        Column(id: "state", title: "STATE", minimum: 8, ideal: 8, isSearched: true, order: .text { $0.state.rawValue })
        {
            row, _ in Line(row.state.rawValue, row.state.style)
        },
        Column(
            id: "problem", title: "PROBLEM", minimum: 24, priority: 5, isExtra: true, isSearched: true,
            details: { $0.problems }
        ) { row, _ in Cells.note(row.problems.first ?? "") },
    ]
}
