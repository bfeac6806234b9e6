import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The difference of two images: what each of them is, the settings that differ, and the layers
/// that one of them has, or both. Indexes are compared platform by platform.
final class ImageDifferenceScreen: Screen {
    private let store: OpenStore
    private let references: (first: ImageReference, second: ImageReference)
    private let view: TableView<ImageDifferenceRow>
    private var details: [Line] = []
    /// The generation of the store that is shown; nil before the first reading.
    private var generation: Int?

    init(_ store: OpenStore, _ first: ImageReference, _ second: ImageReference) {
        self.store = store
        references = (first, second)
        view = TableView(
            Table(
                columns: ImageDifferenceRow.columns,
                searchText: { "\($0.name) \($0.verdict.rawValue) \($0.first) \($0.second) \($0.command)" }))
        view.empty = "Reading both images …"
        view.clip = { $0.first.isEmpty ? $0.second : $0.first }
        view.clipKind = { $0.places.isEmpty ? .name : .digest }
        view.others = { [store] row in
            let values = row.places.isEmpty ? [CopyItem(.name, row.second)] : []
            return values + row.places.map { CopyItem(.digest, $0.digest.string) }
                + row.places.map { CopyItem(.path, store.session.registry.paths.blob($0.digest).string) }
        }
    }

    var title: TitleBar {
        let isOneRepository = references.first.repository == references.second.repository
        let second = Self.short(references.second, isAlone: isOneRepository)
        let first = Self.short(references.first, isAlone: isOneRepository)
        return TitleBar(title: "Compare \(first) with \(second)", details: details + view.selection)
    }

    /// - Parameter isAlone: Whether the repository is left out.
    private static func short(_ reference: ImageReference, isAlone: Bool) -> String {
        switch reference.selector {
        case .repository: reference.description
        case .tag(let tag): isAlone ? tag : reference.description
        case .digest(let digest): (isAlone ? "" : "\(reference.repository)@") + "\(digest.hex.prefix(12))…"
        }
    }

    /// The table and, if there is room, both values of the row under the cursor in full. Where the
    /// table has no room for them, they have a row each.
    func lines(_ size: Size) -> [Line] {
        let isNarrow = size.columns < 70
        guard size.rows >= (isNarrow ? 6 : 12), let row = view.table.selected else { return view.lines(size) }
        let rows = size.rows >= 12 ? 2 : 1
        return view.lines(
            size, details: row.details(columns: size.columns, rows: rows), rows: rows == 2 ? 6 : 3)
    }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    func appear() -> Effect { generation == store.generation ? .none : refresh() }

    private(set) lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open",
                help: "Shows the manifest or the blob; of two different ones, after a choice",
                isEnabled: { [unowned self] in !(view.table.selected?.places.isEmpty ?? true) },
                whenDisabled: "This row has no manifest and no blob."
            ) { [unowned self] in open() },
            Command(name: "refresh", keys: [.character("r")], help: "Reads both images again") { [unowned self] in
                refresh()
            },
        ] + view.commands

    private func open() -> Effect {
        guard let row = view.table.selected, let only = row.places.first else { return .none }
        guard row.places.count > 1 else { return .go(screen(only, of: row)) }
        let options = row.places.map { place in
            ChoicePanel.Option(
                name: place.isFirst ? "first" : "second",
                meaning: "\(place.isFirst ? references.first : references.second): \(place.digest)")
        }
        return .choose(ChoicePanel(title: "Open \(row.name)", options: options, declined: "Nothing was opened.")) {
            [unowned self] number in
            .go(screen(row.places[number], of: row))
        }
    }

    private func screen(_ place: ImageDifferenceRow.Place, of row: ImageDifferenceRow) -> any Screen {
        let repository = (place.isFirst ? references.first : references.second).repository
        guard row.isManifest, let reference = ImageReference(repository, .digest(place.digest)) else {
            return BlobScreen(store, .digest(place.digest))
        }
        return ManifestScreen(store, reference)
    }

    private func refresh() -> Effect {
        generation = store.generation
        let pass = store.session.registry.pass()
        let (first, second) = references
        @Sendable func side(_ reference: ImageReference) async throws -> ImageDifference.Side {
            let image = try await pass.image(reference, expanding: true)
            return ImageDifference.Side(image, try await pass.recipes(of: image))
        }
        return .ask(
            .value(Slot(self, "images"), "reading both images") {
                async let one = side(first)
                async let other = side(second)
                let difference = ImageDifference(try await one, try await other)
                return (difference, ImageDifferenceRow.rows(difference), Self.summary(difference))
            } then: { [unowned self] result in
                switch result {
                case .success((let difference, let rows, let summary)):
                    details = summary
                    view.table.replace(rows)
                    guard difference.areSettingsCut else { return .none }
                    return .say(.info("The configurations have more differences than are shown."))
                case .failure(StorageError.notFound):
                    details = []
                    view.table.replace([])
                    view.empty = "One of the two images does not exist any more."
                    return .none
                case .failure(let error):
                    view.empty = "The images could not be read; \(store.settings.key("refresh")) tries again."
                    return .failure(error)
                }
            })
    }

    private nonisolated static func summary(_ difference: ImageDifference) -> [Line] {
        if difference.isSame { return [Line("the same image", .good)] }
        let layers: [(ImageDifference.Owner, String)] = [
            (.both, "in common"), (.first, "only in the first"), (.second, "only in the second"),
        ]
        return layers.map { owner, place in
            let (count, bytes) = difference.layers(of: owner)
            guard count > 0 else { return Line("no layer \(place)") }
            return Line("\(HumanText.count(count, "layer")) \(place), \(HumanText.bytes(bytes))")
        }
    }
}

/// A fact, a setting or a layer of two images.
nonisolated struct ImageDifferenceRow: Sendable, Identifiable {
    enum Verdict: String, Sendable {
        case same
        case differs
        case first = "first only"
        case second = "second only"
        /// A configuration cannot be read.
        case unread
    }

    /// A manifest or a blob to open.
    struct Place: Sendable {
        let digest: Digest
        let isFirst: Bool
    }

    let id: Int
    /// The name, such as `layer 3`, `created` or `env PATH`.
    let name: String
    let verdict: Verdict
    /// 1 for a row below its platform.
    var depth = 0
    /// The values; empty for none.
    var first = ""
    var second = ""
    /// The size of a layer or of a platform, or the growth of the whole image.
    var size: UInt64?
    var growth: Int64?
    /// The command that made a layer.
    var command = ""
    /// The manifests or blobs of the row, each once.
    var places: [Place] = []
    /// True if `places` are manifests.
    var isManifest = false

    /// Returns all rows: the facts of both images, then for each platform the settings that differ
    /// and the layers, those in common last.
    static func rows(_ difference: ImageDifference) -> [ImageDifferenceRow] {
        var list = List()
        let (first, second) = (difference.first, difference.second)
        list.add("digest", first.digest, second.digest, isManifest: true)
        list.addFacts(first, second)
        list.add("platform", first.platforms.joined(separator: " "), second.platforms.joined(separator: " "))
        list.add("type", first.mediaType ?? "", second.mediaType ?? "", isKept: false)
        list.add("state", first.state.rawValue, second.state.rawValue, isKept: false)
        for part in difference.parts {
            if let platform = part.platform {
                list.add(platform: platform, part)
                if part.isSame || part.first == nil || part.second == nil { continue }
                list.depth = 1
            }
            list.addContent(of: part)
            list.depth = 0
        }
        return list.rows
    }

    /// The values in full, as far as there is room.
    ///
    /// - Parameter rows: The rows of each value.
    func details(columns: Int, rows: Int) -> [Line] {
        func fact(_ name: String, _ value: String) -> [Line] {
            guard !value.isEmpty else { return [] }
            let room = max(1, columns - 9)
            var lines = Array(Line(Cells.excerpt(value)).broken(to: room).prefix(rows + 1))
            if lines.count > rows {
                lines[rows - 1] = (lines[rows - 1] + Line(Line.ellipsis)).truncated(to: room)
                lines.removeLast()
            }
            return lines.enumerated().map { Line($0 == 0 ? name : "", .dim).fitted(to: 9) + $1 }
        }
        if first == second { return fact("both", first) + fact("by", command) }
        return fact("first", first) + fact("second", second) + fact("by", command)
    }

    private struct List {
        var rows: [ImageDifferenceRow] = []
        var depth = 0

        private mutating func add(
            _ name: String, _ verdict: Verdict, _ fill: (inout ImageDifferenceRow) -> Void
        ) {
            var row = ImageDifferenceRow(id: rows.count, name: name, verdict: verdict, depth: depth)
            fill(&row)
            rows.append(row)
        }

        private static func verdict(_ first: String, _ second: String) -> Verdict {
            first == second ? .same : second.isEmpty ? .first : first.isEmpty ? .second : .differs
        }

        /// - Parameter isKept: Whether there is a row for equal values, too.
        mutating func add(_ name: String, _ first: String, _ second: String, isKept: Bool = true) {
            guard isKept || first != second else { return }
            add(name, Self.verdict(first, second)) {
                ($0.first, $0.second) = (Cells.excerpt(first), Cells.excerpt(second))
            }
        }

        /// Adds a setting. An image may have it with an empty value.
        private mutating func add(_ setting: ImageDifference.Setting) {
            let verdict: Verdict =
                setting.first.isEmpty ? .second : setting.second.isEmpty ? .first : .differs
            let (first, second) = setting.values
            add(Cells.excerpt(setting.name.word), verdict) {
                $0.first = setting.first.isEmpty ? "" : Self.shown(first)
                $0.second = setting.second.isEmpty ? "" : Self.shown(second)
            }
        }

        private static func shown(_ value: String) -> String { value.isEmpty ? "\"\"" : Cells.excerpt(value) }

        mutating func add(_ name: String, _ first: Digest?, _ second: Digest?, isManifest: Bool) {
            guard first != nil || second != nil else { return }
            let (one, other) = (first?.string ?? "", second?.string ?? "")
            add(name, Self.verdict(one, other)) {
                ($0.first, $0.second, $0.isManifest) = (one, other, isManifest)
                $0.places = Self.places(first, second)
            }
        }

        private static func places(_ first: Digest?, _ second: Digest?) -> [Place] {
            [first.map { Place(digest: $0, isFirst: true) }, second.map { Place(digest: $0, isFirst: false) }]
                .compactMap(\.self).filter { $0.isFirst || $0.digest != first }
        }

        mutating func addFacts(_ first: ImageDetail, _ second: ImageDetail) {
            add("size", first.size == second.size ? .same : .differs) {
                ($0.first, $0.second) = (HumanText.bytes(first.size), HumanText.bytes(second.size))
                let growth = Int64(clamping: second.size) - Int64(clamping: first.size)
                $0.growth = growth == 0 ? nil : growth
            }
            add("created", Self.date(first), Self.date(second))
        }

        private static func date(_ image: ImageDetail) -> String {
            image.created.map(HumanText.second) ?? image.undated.map { "no date (“\($0)”)" } ?? ""
        }

        mutating func add(platform: String, _ part: ImageDifference.Part) {
            let (first, second) = (part.first?.digest?.string ?? "", part.second?.digest?.string ?? "")
            add(Cells.excerpt(platform), Self.verdict(first, second)) {
                ($0.first, $0.second, $0.isManifest) = (first, second, true)
                $0.places = Self.places(part.first?.digest, part.second?.digest)
                if part.isSame || part.first == nil || part.second == nil {
                    $0.size = (part.first ?? part.second)?.image?.size
                }
            }
        }

        mutating func addContent(of part: ImageDifference.Part) {
            if part.platform != nil, let first = part.first?.image, let second = part.second?.image {
                addFacts(first, second)
            }
            add("config", part.first?.image?.config?.digest, part.second?.image?.config?.digest, isManifest: false)
            if let settings = part.settings {
                for setting in settings {
                    add(setting)
                }
            } else {
                add("settings", .unread) {
                    ($0.first, $0.second) = (
                        part.first?.recipe == nil ? "not readable" : "",
                        part.second?.recipe == nil ? "not readable" : ""
                    )
                }
            }
            let commands = (Self.commands(of: part.first), Self.commands(of: part.second))
            for (owner, verdict) in [(ImageDifference.Owner.first, Verdict.first), (.second, .second), (.both, .same)] {
                for layer in part.layers where layer.owner == owner {
                    let own = owner == .second ? commands.1 : commands.0
                    add(layer, verdict, own[layer.number] ?? "")
                }
            }
        }

        private mutating func add(_ layer: ImageDifference.Layer, _ verdict: Verdict, _ command: String) {
            let digest = layer.blob.digest
            add("layer \(layer.number + 1)", verdict) {
                $0.first = layer.owner == .second ? "" : digest.string
                $0.second = layer.owner == .first ? "" : digest.string
                $0.size = layer.blob.state == .missing || layer.blob.state == .elsewhere ? nil : layer.blob.size
                $0.command = Cells.excerpt(command)
                $0.places = [Place(digest: digest, isFirst: layer.owner != .second)]
            }
        }

        /// The commands that made the layers, by the number of the layer.
        private static func commands(of member: ImageDifference.Member?) -> [Int: String] {
            guard let recipe = member?.recipe else { return [:] }
            let steps = recipe.history(layers: member?.image?.layers.count ?? 0).compactMap { step, layer in
                step.flatMap { step in layer.map { ($0, step.short) } }
            }
            return Dictionary(steps) { one, _ in one }
        }
    }

    static let columns: [Column<ImageDifferenceRow>] = [
        Column(
            id: "part", title: "PART", trimming: .middle, minimum: 12, ideal: 20, isSearched: true,
            order: .text { $0.name }
        ) { row, _ in Line(String(repeating: "  ", count: row.depth) + row.name) },
        Column(
            id: "difference", title: "DIFFERENCE", minimum: 11, ideal: 11, isSearched: true,
            order: .text { $0.verdict.rawValue }
        ) { row, _ in
            switch row.verdict {
            case .same: Line(row.verdict.rawValue, .dim)
            case .unread: Line(row.verdict.rawValue, .bad)
            case .differs, .first, .second: Line(row.verdict.rawValue, .warning)
            }
        },
        Column(
            id: "size", title: "SIZE", alignment: .right, minimum: 10, ideal: 10, priority: 1,
            order: .number { $0.growth ?? Cells.order($0.size) }, startsDescending: true
        ) { row, _ in
            row.growth.map { Line(DifferenceRow.signed($0)) } ?? row.size.map { Cells.size($0) } ?? Line("")
        },
        Column(id: "first", title: "FIRST", minimum: 14, priority: 2, isSearched: true) { row, _ in
            Line(row.first)
        },
        Column(id: "second", title: "SECOND", minimum: 14, priority: 3, isSearched: true) { row, _ in
            Line(row.second)
        },
        Column(
            id: "command", title: "COMMAND", minimum: 40, priority: 4, isExtra: true, isSearched: true
        ) { row, _ in Line(row.command, .dim) },
    ]
}

extension ImageDifference.Setting {
    /// Both values in one line each. If the parts of a list differ only in their ends, the lists
    /// are written as JSON.
    nonisolated fileprivate var values: (first: String, second: String) {
        let joined = (first.joined(separator: " "), second.joined(separator: " "))
        guard joined.0 == joined.1 else { return joined }
        func json(_ values: [String]) -> String {
            values.isEmpty ? "" : JSONValue.array(values.map { .string($0) }).text()
        }
        return (json(first), json(second))
    }
}

extension ImageDifference.Setting.Name {
    /// The name, as on the screen of a configuration.
    nonisolated fileprivate var word: String {
        switch self {
        case .entrypoint: "entrypoint"
        case .command: "command"
        case .user: "user"
        case .workingDirectory: "directory"
        case .ports: "ports"
        case .volumes: "volumes"
        case .stopSignal: "stop signal"
        case .author: "author"
        case .environment(let name): "env \(name)"
        case .label(let name): "label \(name)"
        }
    }
}
