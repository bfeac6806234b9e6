/// The text of a filter, taken apart: every word must match. A word that the table's rules understand (`age>180d`) is a
/// condition; any other is looked for in the rows' text, whatever its case.
nonisolated struct TableFilter<Row: Sendable>: Sendable {
    /// Turns a word into a condition, or nil if it is an ordinary one.
    typealias Rule = @Sendable (_ word: String) -> (@Sendable (Row) -> Bool)?

    let text: String
    /// The ordinary words, for highlighting.
    let words: [String]
    private let folded: [[UInt8]]
    private let conditions: [@Sendable (Row) -> Bool]

    init(_ text: String = "", rule: Rule = { _ in nil }) {
        self.text = text
        var words: [String] = []
        var conditions: [@Sendable (Row) -> Bool] = []
        for word in text.split(separator: " ").map(String.init) {
            if let condition = rule(word) {
                conditions.append(condition)
            } else {
                words.append(word)
            }
        }
        self.words = words
        self.conditions = conditions
        folded = words.map { $0.utf8.map(Line.folded) }
    }

    var isEmpty: Bool { words.isEmpty && conditions.isEmpty }

    /// `haystack` is the row's text, folded.
    func matches(_ row: Row, haystack: [UInt8]) -> Bool {
        folded.allSatisfy { Self.contains(haystack, $0) } && conditions.allSatisfy { $0(row) }
    }

    /// Whether whatever this filter lets through, the other one did too, so that only its rows need another look.
    func narrows(_ other: TableFilter) -> Bool {
        conditions.isEmpty && other.conditions.isEmpty && text.hasPrefix(other.text)
    }

    private static func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
        guard let first = needle.first, needle.count <= haystack.count else { return needle.isEmpty }
        return haystack.withUnsafeBufferPointer { hay in
            needle.withUnsafeBufferPointer { wanted in
                var start = 0
                while start <= hay.count - wanted.count {
                    if hay[start] == first {
                        var offset = 1
                        while offset < wanted.count, hay[start + offset] == wanted[offset] { offset += 1 }
                        if offset == wanted.count { return true }
                    }
                    start += 1
                }
                return false
            }
        }
    }
}
