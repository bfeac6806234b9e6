import SafeText

/// JSON objects as CSV (RFC 4180): a line of keys, then a line for each object.
///
/// Texts are as visible as in tables. A spreadsheet takes a cell that begins with `=`, `+`, `-` or
/// `@` for a formula, and anybody who may push chooses names. So an apostrophe precedes such a
/// text. Numbers are written as they are.
package enum CSVText {
    /// Returns the text of rows.
    ///
    /// - Parameter rows: Objects; the columns are their keys in the order in which they occur.
    package static func of(_ rows: [JSONValue]) -> String {
        var keys: [String] = []
        var known: Set<String> = []
        for case .object(let members) in rows {
            for member in members where known.insert(member.key).inserted { keys.append(member.key) }
        }
        var text = line(keys)
        for case .object(let members) in rows {
            let values = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
            text += line(keys.map { cell(values[$0] ?? .null) })
        }
        return text
    }

    private static func line(_ cells: [String]) -> String {
        cells.map(quoted).joined(separator: ",") + "\r\n"
    }

    /// Lists of plain values are joined by blanks; other lists and objects are JSON.
    private static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: return ""
        case .bool, .number, .unsigned: return value.text()
        case .string(let text): return harmless(VisibleText.of(text))
        case .object: return value.text()
        case .array(let values):
            let isPlain = values.allSatisfy { value in
                switch value {
                case .array, .object: false
                case .null, .bool, .number, .unsigned, .string: true
                }
            }
            return isPlain ? harmless(values.map(cell).joined(separator: " ")) : value.text()
        }
    }

    /// The characters with which a formula begins, in Western and in Eastern width.
    private static let formulas: Set<Character> = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]

    private static func harmless(_ text: String) -> String {
        text.first.map(formulas.contains) == true ? "'" + text : text
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }
}
