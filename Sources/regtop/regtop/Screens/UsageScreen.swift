import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// Disk usage, the largest first: the repositories of the registry, the tags of a repository, the
/// blobs of a tag.
final class UsageScreen: Screen, TargetScreen {
    enum Level {
        case registry
        case repository(RepositoryName)
        case item(RepositoryUsage.Item, of: RepositoryName)
    }

    private let store: OpenStore
    private let level: Level
    private let view: TableView<UsageRow>
    private let scale = Scale()
    private var details: [Line] = []
    /// The bytes of all that is listed, shared blobs once; nil if they are not known.
    private var total: UInt64?
    /// The generation of the store that is shown; nil before the first reading.
    private var generation: Int?

    init(_ store: OpenStore, _ level: Level = .registry) {
        self.store = store
        self.level = level
        view = TableView(
            Table(
                columns: UsageRow.columns(scale), searchText: { $0.name }, fields: [.name, .size, .unique, .shared],
                clock: store.session.clock,
                values: { $0.value(of: $1) }), canMark: true)
        view.table.sort(by: "size", descending: true)
        if case .registry = level { view.table.grouping = UsageRow.grouping(scale) }
        view.regroup = { [unowned self] in
            scale.clear()
            scale.take(view.table.rows.map(\.size))
        }
        view.empty = "Reading the registry …"
        view.clip = { [unowned self] row in
            if case .blob(let digest, _) = row.subject { return digest.string }
            return reference(row)?.description ?? ""
        }
        view.clipKind = { row in if case .blob = row.subject { .digest } else { .name } }
        view.others = { row in
            let paths = store.session.registry.paths
            return switch row.subject {
            case .repository(let name): store.copies(of: paths.repository(name))
            case .item(let item): item.digest.map { [CopyItem(.digest, $0.string)] } ?? []
            case .blob(let digest, _): [CopyItem(.path, paths.blob(digest).string)]
            case .purpose: []
            }
        }
        if case .item(let item, _) = level { show(item.blobs.map { UsageRow($0) }) }
    }

    var title: TitleBar {
        let title =
            switch level {
            case .registry: "Usage"
            case .repository(let name): "Usage of \(name)"
            case .item(let item, let name):
                item.tag.map { "Usage of \(name):\($0)" } ?? "Usage of \(name)@\(item.digest?.string.prefix(19) ?? "")…"
            }
        let isOld = generation != nil && generation != store.generation
        let age =
            isOld ? [Line("older than the last change; \(store.settings.key("refresh")) reads again", .warning)] : []
        return TitleBar(title: title, details: details + whole + age + view.selection)
    }

    /// The space of the store as the header has it, and why it is not the sum of the blobs.
    private var whole: [Line] {
        guard case .registry = level, let status = store.status, let used = status.bytesUsed else { return [] }
        let bytes = HumanText.bytes(used)
        return [Line(status.backend == .rados ? "\(bytes) with replicas" : "packed into \(bytes)", .dim)]
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func remove(done targets: Set<String>, by action: PlanAction) {
        guard action == .remove else { return }
        view.table.remove { row in reference(row).map { targets.contains($0.description) } ?? false }
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    var twin: [String]? {
        switch level {
        case .registry: ["du"] + store.words
        case .repository(let name), .item(_, let name): ["du", name.string] + store.words
        }
    }

    /// Keeps an old result, because a new one takes a scan of the whole pool.
    func appear() -> Effect { generation == nil ? refresh() : .none }

    private(set) lazy var commands: [Command] =
        view.folderCommands + [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "deeper",
                help: "Shows the parts of the row",
                isEnabled: { [unowned self] in next != nil }
            ) { [unowned self] in next.map { .go($0) } ?? .none },
            Command(
                name: "delete", keys: [.character("d"), .delete], hint: "delete",
                help: "Deletes the marked repositories or tags, or the one under the cursor, after a question",
                group: .change, isChange: true, isEnabled: { [unowned self] in view.hasTargets }
            ) { [unowned self] in
                ChangeFlow(store: store, screen: self).remove(
                    view.targets.compactMap { reference($0) }, hidden: view.table.hiddenMarks)
            },
            Command(
                name: "why", keys: [.character("w")], hint: "who needs it",
                help: "Lists the tags and manifests that need the blob",
                isEnabled: { [unowned self] in selectedBlob != nil }
            ) { [unowned self] in selectedBlob.map { .go(UsesScreen(store, $0)) } ?? .none },
            Command(name: "refresh", keys: [.character("r")], help: "Reads everything again") { [unowned self] in
                refresh()
            },
            view.writeCommand(on: { [unowned self] in self }) { $0.json },
        ] + ChangeFlow(store: store, screen: self).undoCommands + view.commands

    private var selectedBlob: Digest? {
        guard case .blob(let digest, _)? = view.table.selected?.subject else { return nil }
        return digest
    }

    /// The repository, tag or manifest of a row, for a change.
    private func reference(_ row: UsageRow) -> ImageReference? {
        switch (row.subject, level) {
        case (.repository(let name), _): return ImageReference(name)
        case (.item(let item), .repository(let name)):
            let selector = item.tag.map { ImageReference.Selector.tag($0) } ?? item.digest.map { .digest($0) }
            return selector.flatMap { ImageReference(name, $0) }
        default: return nil
        }
    }

    private var next: (any Screen)? {
        switch (view.table.selected?.subject, level) {
        case (.purpose(let purpose)?, _):
            switch purpose {
            case .uploads: UploadsScreen(store)
            case .trash: TrashScreen(store)
            case .unreferenced, .quarantine: CollectionScreen(store)
            case .orphaned, .surplus, .foreign: ProblemsScreen(store)
            case .referenced, .links, .directories, .regtop: nil
            }
        case (.repository(let name)?, _): UsageScreen(store, .repository(name))
        case (.item(let item)?, .repository(let name)): UsageScreen(store, .item(item, of: name))
        case (.blob(let digest, _)?, _): BlobScreen(store, .digest(digest))
        default: nil
        }
    }

    // MARK: Reading

    private func refresh() -> Effect {
        generation = store.generation
        switch level {
        case .registry: return .ask(registryQuery)
        case .repository(let name): return .ask(repositoryQuery(name))
        case .item: return .none
        }
    }

    private var registryQuery: Query {
        let inspector = UsageInspector(registry: store.session.registry)
        return .stream(Slot(self, "usage"), "computing the usage") { (reporter: Reporter<Usage>) in
            reporter.emit(
                try await inspector.usage(pool: true) {
                    reporter.progress(TaskProgress($0))
                } partial: {
                    reporter.emit($0)
                })
        } fold: { [unowned self] parts in
            guard let usage = parts.last else { return }
            total = usage.size
            details = [
                Line("\(HumanText.bytes(usage.size)) in \(HumanText.count(usage.blobs, "blob"))"),
                usage.isComplete ? nil : Line("incomplete", .warning),
            ].compactMap(\.self)
            show(UsageRow.rows(usage))
        } end: { [unowned self] ending in
            finish(ending)
        }
    }

    private func repositoryQuery(_ name: RepositoryName) -> Query {
        let inspector = UsageInspector(registry: store.session.registry)
        return .stream(Slot(self, "usage"), "computing the usage") { (reporter: Reporter<RepositoryUsage>) in
            reporter.emit(
                try await inspector.detail(of: name) {
                    reporter.progress(TaskProgress($0))
                })
        } fold: { [unowned self] parts in
            guard let usage = parts.last else { return }
            total = usage.size
            details = [Line(HumanText.bytes(usage.size)), Line("\(HumanText.bytes(usage.unique)) unique", .dim)]
            show(usage.items.map { UsageRow($0) })
        } end: { [unowned self] ending in
            finish(ending)
        }
    }

    private func show(_ rows: [UsageRow]) {
        scale.take(rows.map(\.size))
        let others = rows.reduce(UInt64(0)) { sum, row in
            if case .purpose = row.subject { addingCapped(sum, row.size) } else { sum }
        }
        let all = total.map { addingCapped($0, others) } ?? rows.map(\.size).reduce(0, addingCapped)
        view.table.replace(
            rows.map { row in
                var row = row
                row.share = all > 0 ? Int((Double(row.size) / Double(all) * 100).rounded()) : nil
                return row
            })
    }

    private func finish(_ ending: Ending) -> Effect {
        switch ending {
        case .finished:
            view.empty = "Nothing uses space here."
            return .none
        case .cancelled:
            view.empty = "Stopped; \(store.settings.key("refresh")) starts again."
            return .none
        case .failed(StorageError.notFound):
            view.empty = "This repository does not exist any more."
            return .none
        case .failed(let error):
            generation = nil
            view.empty = "The usage could not be computed; \(store.settings.key("refresh")) tries again."
            return .failure(error)
        }
    }
}

/// A user of space: a repository, a purpose of objects, a tag or a blob.
nonisolated struct UsageRow: Sendable, Identifiable {
    enum Subject: Hashable, Sendable {
        case repository(RepositoryName)
        /// Objects that no repository references.
        case purpose(PoolUsage.Purpose)
        case item(RepositoryUsage.Item)
        case blob(Digest, isManifest: Bool)
    }

    let subject: Subject
    var size: UInt64
    /// The size of the part that nothing else needs; nil if it does not apply.
    var unique: UInt64?
    /// The percentage of the whole that is listed; nil if it is not known.
    var share: Int?
    /// The number of blobs of a repository, or of the objects of a purpose.
    var count: Int?

    /// The row with the keys of `du`.
    var json: JSONValue {
        switch subject {
        case .repository(let name):
            [
                "name": .text(name), "blobs": .count(count), "size": .unsigned(size), "unique": .bytes(unique),
                "shared": .bytes(shared),
            ]
        case .purpose(let purpose):
            [
                "name": .string(name), "purpose": .string(purpose.name), "objects": .count(count),
                "size": .unsigned(size),
            ]
        case .item(let item): item.json
        case .blob(let digest, let isManifest):
            [
                "digest": .text(digest), "manifest": .bool(isManifest), "size": .unsigned(size),
                "unique": .bytes(unique), "shared": .bytes(shared),
            ]
        }
    }

    var id: String {
        switch subject {
        case .repository(let name): "r \(name)"
        case .purpose(let purpose): "p \(purpose.name)"
        case .item(let item): "i \(item.tag ?? "")@\(item.digest?.string ?? "")"
        case .blob(let digest, _): "b \(digest)"
        }
    }

    var name: String {
        switch subject {
        case .repository(let name): name.string
        case .purpose(let purpose): "(\(purpose.name))"
        case .item(let item): item.tag ?? "(no tag) \(item.digest?.string ?? "")"
        case .blob(let digest, let isManifest): (isManifest ? "manifest " : "") + digest.string
        }
    }

    /// The folders of repositories, with the sums of the columns: blobs that several of them share
    /// count several times.
    static func grouping(_ scale: Scale) -> RowGrouping<UsageRow> {
        RowGrouping(
            name: { row in if case .repository(let name) = row.subject { name.string } else { nil } },
            empty: { path in
                RepositoryName(path).map { UsageRow(subject: .repository($0), size: 0, unique: nil) }
            },
            add: { sums, row in
                sums.size = addingCapped(sums.size, row.size)
                sums.unique = row.unique.map { addingCapped(sums.unique ?? 0, $0) } ?? sums.unique
                scale.take(CollectionOfOne(sums.size))
            })
    }

    var shared: UInt64? { unique.map { size - min($0, size) } }

    /// The value of a field for filters.
    func value(of field: FilterField) -> FilterValue? {
        switch field {
        case .name: .text(name)
        case .size: .number(size)
        case .unique: unique.map { .number($0) }
        case .shared: shared.map { .number($0) }
        default: nil
        }
    }

    static func columns(_ scale: Scale) -> [Column<UsageRow>] {
        [
            Column(
                id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9,
                order: .number { Cells.order($0.size) }, startsDescending: true
            ) { row, width in Cells.size(row.size, width) },
            // Takes its share of a wide screen.
            Column(id: "bar", title: "", minimum: 8, priority: 3) { row, width in
                scale.bar(row.size, unique: row.unique, columns: min(width, 80))
            },
            Column(id: "percent", title: "%", alignment: .right, minimum: 5, ideal: 5, priority: 4) { row, _ in
                Line(row.share.map { $0 == 0 && row.size > 0 ? "<1 %" : "\($0) %" } ?? "")
            },
            Column(
                id: "unique", title: "UNIQUE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
                order: .number { Cells.order($0.unique) }, startsDescending: true
            ) { row, width in Cells.size(row.unique, width) },
            Column(
                id: "shared", title: "SHARED", alignment: .right, minimum: 9, ideal: 9, priority: 2,
                order: .number { Cells.order($0.shared) }, startsDescending: true
            ) { row, width in Cells.size(row.shared, width) },
            Column(
                id: "name", title: "NAME", trimming: .middle, minimum: 14, isName: true, isSearched: true,
                order: .text { $0.name }
            ) { row, _ in
                if case .purpose = row.subject { Line(row.name, .dim) } else { Line(row.name) }
            },
            Column(
                id: "count", title: "COUNT", alignment: .right, minimum: 7, ideal: 7, isDetail: true,
                order: .number { $0.count.map { Int64($0) } }, startsDescending: true
            ) { row, _ in Cells.count(row.count) },
            Column(
                id: "meaning", title: "MEANING", minimum: 24, priority: 5, isExtra: true, isDetail: true
            ) { row, _ in
                if case .purpose(let purpose) = row.subject { Line(purpose.meaning) } else { Line() }
            },
        ]
    }
}

nonisolated extension PoolUsage.Purpose {
    /// One or two sentences for operators.
    fileprivate var meaning: String {
        switch self {
        case .referenced: "Blobs that a repository needs."
        case .links: "Links and the other small files of the registry's tree."
        case .trash: "Files in the trash, and blobs that only they need. To empty the trash makes these blobs unneeded."
        case .uploads: "Unfinished uploads. Some may still go on."
        case .quarantine: "Blobs that a collection has taken out of the registry, and frees after a delay."
        case .unreferenced: "Blobs that nothing needs. A collection frees them."
        case .orphaned: "Chunks that belong to no file that can be read. Problems (:problems) tells which can go."
        case .surplus:
            "Bytes behind the end of the chunks of a needed blob. They are of no use, or an interrupted upload "
                + "has put them into the wrong chunk. Problems (:problems) tells which, and a repair there gives them back."
        case .directories: "Directories. They have no data of their own."
        case .regtop: "The journal, the log and the records of regtop."
        case .foreign: "Objects of the pool that belong neither to the registry nor to regtop."
        }
    }
}

nonisolated extension UsageRow {
    init(_ repository: Usage.Repository) {
        self.init(
            subject: .repository(repository.name), size: repository.size, unique: repository.unique,
            count: repository.blobs)
    }

    init(_ item: RepositoryUsage.Item) {
        self.init(subject: .item(item), size: item.size, unique: item.unique)
    }

    init(_ blob: RepositoryUsage.Blob) {
        self.init(
            subject: .blob(blob.digest, isManifest: blob.isManifest), size: blob.size,
            unique: blob.isUnique ? blob.size : 0)
    }

    /// The rows of the whole pool. The rows of the repositories include their blobs.
    static func rows(_ usage: Usage) -> [UsageRow] {
        usage.repositories.map { UsageRow($0) }
            + PoolUsage.Purpose.allCases.filter { $0 != .referenced }.compactMap { purpose in
                guard let share = usage.pool?[purpose], share.bytes > 0 else { return nil }
                return UsageRow(subject: .purpose(purpose), size: share.bytes, unique: nil, count: share.objects)
            }
    }
}
