import AdminCore
import ConsoleKit
import SafeText

/// One object of the store: its place, its xattrs, its omap and its first bytes.
final class ObjectScreen: Screen {
    private nonisolated struct Content: Sendable {
        let state: ObjectState?
        let placement: Placement?
    }

    /// The limits of the bytes and keys that are shown.
    private nonisolated static let byteLimit: UInt64 = 4096
    private nonisolated static let keyLimit = 500

    private let store: OpenStore
    private let object: ObjectID
    private var content: Content?
    private lazy var view = TextView { [unowned self] columns in page(columns) }

    init(_ store: OpenStore, _ object: ObjectID) {
        self.store = store
        self.object = object
    }

    var title: TitleBar {
        guard let content else { return TitleBar(title: "Object \(object)") }
        let details = content.state.map { state in
            [
                Line("\(HumanText.count(state.size)) bytes"),
                Line("\(keys(state)), \(HumanText.count(state.xattrs.count, "xattr"))"),
            ]
        }
        return TitleBar(title: "Object \(object)", details: details ?? [Line("does not exist", .bad)])
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    var copies: [CopyItem] { [CopyItem(.object, object.description)] }

    func appear() -> Effect { content == nil ? refresh() : .none }

    private(set) lazy var commands: [Command] =
        [
            Command(name: "refresh", keys: [.character("r")], hint: "refresh", help: "Reads the object again") {
                [unowned self] in .all([refresh(), store.askStatus])
            }
        ] + view.commands

    private func refresh() -> Effect {
        let objects = store.session.objects
        let object = object
        return .ask(
            .value(Slot(self, "object"), "reading the object") {
                async let placement = objects.placement(of: object)
                let state = try await objects.read(
                    ReadOperation(
                        omap: .page(after: nil, limit: Self.keyLimit), xattrs: true, data: 0..<Self.byteLimit),
                    of: object)
                return Content(state: state, placement: try await placement)
            } then: { [unowned self] result in
                switch result {
                case .success(let content):
                    self.content = content
                    return .none
                case .failure(let error): return .failure(error)
                }
            })
    }

    // MARK: The page

    private func keys(_ state: ObjectState) -> String {
        state.hasMore ? "more than \(HumanText.count(state.omap.count)) keys" : HumanText.count(state.omap.count, "key")
    }

    private func page(_ columns: Int) -> [Line] {
        guard let content else { return [Line("Reading the object …", .dim)] }
        var lines: [Line] = []
        func fact(_ name: String, _ value: Line) {
            lines.append(Line(name, .dim).fitted(to: 17) + value)
        }
        fact("name", Line(object.name.description))
        if !object.namespace.isEmpty { fact("namespace", Line(object.namespace)) }
        if let placement = content.placement {
            fact("placement group", Line(placement.placementGroup))
            fact(
                "OSDs",
                Line(placement.osds.map(String.init).joined(separator: " ")) + Line("  the first is the primary", .dim))
        } else {
            fact("placement", Line("none: this store is not a cluster", .dim))
        }
        guard let state = content.state else {
            return lines + [Line(), Line("This object does not exist.", .bad)]
        }
        fact("size", Line("\(HumanText.count(state.size)) bytes"))
        fact("modified", Line(HumanText.second(state.modified)))
        fact("version", Line(HumanText.count(state.version)))
        return lines + xattrs(state) + omap(state) + data(state, columns)
    }

    private func xattrs(_ state: ObjectState) -> [Line] {
        [Line(), Line("XATTRS", .columnTitle)]
            + (state.xattrs.isEmpty ? [Line("none", .dim)] : [])
            + state.xattrs.sorted { $0.key < $1.key }.map { name, value in
                Line(name.description, .key) + Line("  " + HexDump.short(value))
            }
    }

    private func omap(_ state: ObjectState) -> [Line] {
        [Line(), Line("OMAP", .columnTitle) + Line("  " + keys(state), .dim)]
            + state.omap.map { entry in
                let value =
                    entry.value.isEmpty ? Line("  (empty: a directory)", .dim) : Line("  " + HexDump.short(entry.value))
                return Line(entry.key.description, .key) + value
            }
            + (state.hasMore ? [Line("…", .dim)] : [])
    }

    private func data(_ state: ObjectState, _ columns: Int) -> [Line] {
        let count = HumanText.count(state.data.count)
        let title =
            state.data.isEmpty
            ? "no data" : state.size > UInt64(state.data.count) ? "the first \(count) bytes" : "all \(count) bytes"
        return [Line(), Line("DATA", .columnTitle) + Line("  " + title, .dim)]
            + HexDump.lines(state.data, columns: columns)
    }
}

/// Bytes in the format of `hexdump -C`.
nonisolated enum HexDump {
    /// Returns lines of 16 bytes, or of 8 or 4 bytes if there is less room.
    static func lines(_ bytes: [UInt8], columns: Int) -> [Line] {
        let width = columns >= 76 ? 16 : columns >= 44 ? 8 : 4
        return stride(from: 0, to: bytes.count, by: width).map { start in
            let part = bytes[start..<min(bytes.count, start + width)]
            let text = part.map { (0x20..<0x7f).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
            return Line(HexText.of(start, digits: 8), .dim) + Line.blank(2)
                + Line(digits(part)).fitted(to: width * 3 + 1) + Line(text, .dim)
        }
    }

    /// Returns a few bytes in one row: as text if they are printable, as digits otherwise.
    static func short(_ bytes: [UInt8], atMost limit: Int = 64) -> String {
        let shown = bytes.prefix(limit)
        let isText = !shown.isEmpty && shown.allSatisfy { (0x20..<0x7f).contains($0) }
        return (isText ? String(decoding: shown, as: UTF8.self) : digits(shown)) + (bytes.count > limit ? " …" : "")
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { HexText.of($0, digits: 2) }.joined(separator: " ")
    }
}
