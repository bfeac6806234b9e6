import ObjectStore
import Algorithms
import Foundation

/// One line of a dump: an object, with or without its data.
struct DumpLine: Hashable, Sendable {
    var object: ObjectID
    var size: UInt64
    var xattrs: [ByteString: [UInt8]] = [:]
    var omap: [ByteString: [UInt8]] = [:]
    /// `size` bytes; nil in a dump without data.
    var data: [UInt8]?
    /// The modification time, if the dump has times.
    var modified: Date?

    /// The line for an object.
    init(_ object: ObjectID, _ state: ObjectState, data: Bool, times: Bool) {
        self.object = object
        size = state.size
        xattrs = state.xattrs
        omap = Dictionary(state.omap.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        self.data = data ? state.data : nil
        modified = times ? state.modified : nil
    }

    init(_ object: ObjectID, size: UInt64) {
        self.object = object
        self.size = size
    }

    /// The formats of times in a dump.
    static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    static let wholeSecondsStyle = Date.ISO8601FormatStyle()

    // MARK: - JSON

    /// The line with its end. The same object always leads to the same bytes (ascending keys, only
    /// ASCII, as Python's `json.dumps(…, sort_keys=True)` writes them), so dumps can be compared
    /// line by line.
    func encoded() -> [UInt8] {
        var json = DumpEncoder(capacity: (data?.count ?? 0) / 3 * 4 + 256)
        if let data { json.key("data", base64: data) }
        if let modified { json.key("mtime", text: Self.text(modified)) }
        if object.name.string != nil {
            json.key("name", text: object.name.bytes)
        } else {
            json.key("nameBase64", base64: object.name.bytes)
        }
        if !object.namespace.isEmpty { json.key("namespace", text: Array(object.namespace.utf8)) }
        json.key("omap", texts: omap)
        json.key("size", number: size)
        json.key("xattrs", texts: xattrs)
        return json.finish()
    }

    private static func text(_ date: Date) -> [UInt8] {
        // A date is a binary fraction, and may lie slightly below its millisecond; the format style
        // rounds down.
        let milliseconds = ((date.timeIntervalSince1970 * 1_000_000).rounded() / 1000).rounded(.down)
        let isWhole = milliseconds.truncatingRemainder(dividingBy: 1000) == 0
        let shown = Date(timeIntervalSince1970: milliseconds / 1000 + 0.0001)
        return Array(shown.formatted(isWhole ? wholeSecondsStyle : timeStyle).utf8)
    }

    /// Decodes a line. Throws `DumpScanner.Problem`, also for unknown keys.
    init(decoding bytes: [UInt8]) throws {
        var scanner = DumpScanner(bytes)
        var name: [UInt8]?
        var namespace = ""
        var size: UInt64?
        self.init(ObjectID(""), size: 0)
        try scanner.object { key, scanner in
            switch String(decoding: key, as: UTF8.self) {
            case "name", "nameBase64":
                guard name == nil else { throw DumpScanner.Problem(reason: "the object has two names") }
                name = key.count == 4 ? try scanner.text() : try scanner.base64()
            case "namespace": namespace = String(decoding: try scanner.text(), as: UTF8.self)
            case "size": size = try scanner.number()
            case "data": data = try scanner.base64()
            case "mtime": modified = try Self.time(scanner.text())
            case "omap": try Self.read(&omap, from: &scanner) { $0 }
            case "omapBase64": try Self.read(&omap, from: &scanner, name: Self.decodedName)
            case "xattrs": try Self.read(&xattrs, from: &scanner) { $0 }
            case "xattrsBase64": try Self.read(&xattrs, from: &scanner, name: Self.decodedName)
            default: throw DumpScanner.Problem(reason: "the key \(ByteString(bytes: key)) is unknown")
            }
        }
        try scanner.end()
        guard let name else { throw DumpScanner.Problem(reason: "the object has no name") }
        guard let size else { throw DumpScanner.Problem(reason: "the object has no size") }
        object = ObjectID(ByteString(bytes: name), namespace: namespace)
        self.size = size
        if let reason = object.violation { throw DumpScanner.Problem(reason: reason) }
        if let data, UInt64(data.count) != size {
            throw DumpScanner.Problem(
                reason: "the data of \(object) has \(data.count) bytes, and its size says \(size)")
        }
        if size > StoreLimits.object {
            throw DumpScanner.Problem(reason: "\(object) has \(size) bytes; the limit is \(StoreLimits.object)")
        }
    }

    private static func read(
        _ entries: inout [ByteString: [UInt8]], from scanner: inout DumpScanner, name: ([UInt8]) throws -> [UInt8]
    ) throws {
        try scanner.object { key, scanner in
            let name = ByteString(bytes: try name(key))
            guard entries.updateValue(try scanner.base64(), forKey: name) == nil else {
                throw DumpScanner.Problem(reason: "the key \(name) is there twice")
            }
        }
    }

    private static func decodedName(_ key: [UInt8]) throws -> [UInt8] {
        guard let data = Data(base64Encoded: Data(key)) else {
            throw DumpScanner.Problem(reason: "a key is not base64")
        }
        return [UInt8](data)
    }

    private static func time(_ text: [UInt8]) throws -> Date {
        let text = String(decoding: text, as: UTF8.self)
        if let date = (try? timeStyle.parse(text)) ?? (try? wholeSecondsStyle.parse(text)) { return date }
        throw DumpScanner.Problem(reason: "mtime is not a time of RFC 3339")
    }

    // MARK: - Objects

    /// Bytes in one operation, unless a single key has more, and bytes in one mutation.
    private static let payload = 8 << 20
    private static let part = 4 << 20

    /// The operations that create the object: one, or several for a large object. The first one
    /// requires that the object does not exist.
    func operations() -> [WriteOperation] {
        var operations: [WriteOperation] = []
        var mutations: [WriteOperation.Mutation] = [.create]
        var bytes = 0
        func flush() {
            operations.append(
                WriteOperation(
                    guards: [operations.isEmpty ? .doesNotExist : .exists], mutations, modified: modified))
            mutations = []
            bytes = 0
        }
        func add(_ mutation: WriteOperation.Mutation, _ count: Int) {
            if bytes > 0 && bytes + count > Self.payload { flush() }
            mutations.append(mutation)
            bytes += count
        }
        for (name, value) in xattrs.sorted(by: { $0.key < $1.key }) {
            add(.setXattr(name: name, value: value), value.count)
        }
        for (entries, count) in omapParts() {
            add(.setOmap(entries), count)
        }
        if let data {
            for part in data.chunks(ofCount: Self.part) {
                add(.write(Array(part), at: UInt64(part.startIndex)), part.count)
            }
        } else if size == StoreLimits.object {
            // A truncation cannot extend to this size, but a write can.
            add(.write([0], at: size - 1), 1)
        } else if size > 0 {
            add(.truncate(size), 0)
        }
        if !mutations.isEmpty { flush() }
        return operations
    }

    /// The omap in parts of at most 1024 keys and about `part` bytes.
    private func omapParts() -> [(entries: [ByteString: [UInt8]], bytes: Int)] {
        var parts: [(entries: [ByteString: [UInt8]], bytes: Int)] = []
        for (key, value) in omap.sorted(by: { $0.key < $1.key }) {
            let count = key.count + value.count
            if let last = parts.last, last.entries.count < 1024, last.bytes + count <= Self.part {
                parts[parts.count - 1].entries[key] = value
                parts[parts.count - 1].bytes += count
            } else {
                parts.append(([key: value], count))
            }
        }
        return parts
    }
}
