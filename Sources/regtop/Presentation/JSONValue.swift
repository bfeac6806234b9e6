import SafeText
package import Foundation

/// A JSON value. Its objects keep their keys in the order of the documentation.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Int64)
    case unsigned(UInt64)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A key with its value.
    package struct Member: Sendable, Equatable {
        package let key: String
        package let value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// An object with one more key; unchanged if the value is nil.
    package func adding(_ key: String, _ value: JSONValue?) -> JSONValue {
        guard let value, case .object(let members) = self else { return self }
        return .object(members + [Member(key: key, value: value)])
    }

    /// A text, or null.
    package static func text(_ value: (some CustomStringConvertible)?) -> JSONValue {
        value.map { .string($0.description) } ?? .null
    }

    /// A number, or null.
    package static func bytes(_ value: UInt64?) -> JSONValue {
        value.map { .unsigned($0) } ?? .null
    }

    /// A number.
    package static func count(_ value: Int?) -> JSONValue {
        value.map { .number(Int64($0)) } ?? .null
    }

    /// RFC 3339 in UTC, or null.
    package static func time(_ value: Date?) -> JSONValue {
        value.map { .string(TimeText.rfc3339($0)) } ?? .null
    }

    // MARK: - Text

    /// The value as JSON text, valid in UTF-8. Characters that a terminal would obey are escaped.
    ///
    /// - Parameter pretty: True for one value on each line, indented by four spaces as in `ceph`.
    package func text(pretty: Bool = false) -> String {
        var text = ""
        write(to: &text, indent: pretty ? 0 : nil)
        return text
    }

    /// - Parameter indent: The depth; nil for one line.
    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let value): text += String(value)
        case .unsigned(let value): text += String(value)
        case .string(let value): JSONValue.write(value, to: &text)
        case .array(let values):
            JSONValue.write(values, between: ("[", "]"), to: &text, indent: indent) { value, text, inner in
                value.write(to: &text, indent: inner)
            }
        case .object(let members):
            JSONValue.write(members, between: ("{", "}"), to: &text, indent: indent) { member, text, inner in
                JSONValue.write(member.key, to: &text)
                text += inner == nil ? ":" : ": "
                member.value.write(to: &text, indent: inner)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], between marks: (String, String), to text: inout String, indent: Int?,
        _ body: (Element, inout String, Int?) -> Void
    ) {
        text += marks.0
        let inner = indent.map { $0 + 1 }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            newLine(inner, to: &text)
            body(element, &text, inner)
        }
        if !elements.isEmpty { newLine(indent, to: &text) }
        text += marks.1
    }

    private static func newLine(_ depth: Int?, to text: inout String) {
        guard let depth else { return }
        text += "\n"
        for _ in 0..<depth { text += "    " }
    }

    private static func write(_ value: String, to text: inout String) {
        text += "\""
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            text += value
        } else {
            for scalar in value.unicodeScalars { write(scalar, to: &text) }
        }
        text += "\""
    }

    private static func write(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        default:
            guard isObeyed(scalar) else {
                text.unicodeScalars.append(scalar)
                return
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
    }

    /// True for characters that move the cursor, reverse the text or hide.
    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(key: $0.0, value: $0.1) })
    }

    package init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }

    package init(stringLiteral value: String) {
        self = .string(value)
    }
}
