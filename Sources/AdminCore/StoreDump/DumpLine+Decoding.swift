import Foundation

extension DumpLine {
    /// The object that stands in a line. Throws `DumpScanner.Problem`: nothing is guessed, unknown keys are none of ours.
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
            throw DumpScanner.Problem(reason: "\(object) has \(size) bytes, and \(StoreLimits.object) are possible")
        }
    }

    private static func read(
        _ entries: inout [ByteString: [UInt8]], from scanner: inout DumpScanner, name: ([UInt8]) throws -> [UInt8]
    ) throws {
        try scanner.object { key, scanner in
            let name = ByteString(bytes: try name(key))
            guard entries.updateValue(try scanner.base64(), forKey: name) == nil else {
                throw DumpScanner.Problem(reason: "the key \(name) stands there twice")
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
}
