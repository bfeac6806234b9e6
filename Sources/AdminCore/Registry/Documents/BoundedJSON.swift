import Foundation

/// Decodes JSON from a pool, which is hostile in its size, its depth and its values.
package enum BoundedJSON {
    /// No document of a registry nests deeper. A deeper document would only use up the stack.
    static let depthLimit = 64

    /// Decodes a document. The caller has bounded its size.
    ///
    /// - Throws: `ManifestProblem`.
    static func decode<Document: Decodable>(_ type: Document.Type, from bytes: [UInt8]) throws -> Document {
        guard isShallow(bytes) else { throw ManifestProblem("is nested too deeply") }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw ManifestProblem("is not JSON")
        } catch DecodingError.keyNotFound(let key, _) {
            throw ManifestProblem("lacks the field “\(key.stringValue)”")
        } catch DecodingError.typeMismatch(_, let context) {
            throw ManifestProblem("has a wrong value in \(place(context))")
        } catch DecodingError.valueNotFound(_, let context) {
            throw ManifestProblem("has no value in \(place(context))")
        } catch DecodingError.dataCorrupted(let context) {
            throw ManifestProblem("has an impossible value in \(place(context))")
        }
    }

    /// The path of the field that could not be decoded. It is made of names from this program: only
    /// fields that it reads can fail.
    private static func place(_ context: DecodingError.Context) -> String {
        let keys = context.codingPath.filter { $0.intValue == nil }.map(\.stringValue)
        return keys.isEmpty ? "its outermost part" : "“\(keys.joined(separator: "."))”"
    }

    /// True if brackets outside of strings nest no deeper than the limit. One scan without
    /// recursion.
    package static func isShallow(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > depthLimit { return false }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
        return true
    }
}
