extension JSONValue {
    /// The value as JSON text: on one line, or with one value a line and indented by four spaces, as `ceph` does it. Always valid
    /// JSON and valid UTF-8, and without a character that a terminal would obey: those are escaped, whatever a pool holds.
    nonisolated func text(pretty: Bool = false) -> String {
        var text = ""
        write(to: &text, indent: pretty ? 0 : nil)
        return text
    }

    /// `indent`: the depth, or nil for one line.
    nonisolated private func write(to text: inout String, indent: Int?) {
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

    nonisolated private static func write<Element>(
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

    nonisolated private static func newLine(_ depth: Int?, to text: inout String) {
        guard let depth else { return }
        text += "\n"
        for _ in 0..<depth { text += "    " }
    }

    nonisolated private static func write(_ value: String, to text: inout String) {
        text += "\""
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            text += value
        } else {
            for scalar in value.unicodeScalars { write(scalar, to: &text) }
        }
        text += "\""
    }

    nonisolated private static func write(_ scalar: Unicode.Scalar, to text: inout String) {
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

    /// True for what moves a cursor, turns a line around or hides.
    nonisolated private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }
}
