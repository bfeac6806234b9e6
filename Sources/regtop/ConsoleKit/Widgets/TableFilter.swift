/// The text of a table's filter, as the program understands it. The table looks for the words in
/// the text of its rows; the program decides what the text means.
package nonisolated struct TableFilter<Row: Sendable>: Sendable {
    /// Returns whether a row passes. `contains` tells whether the text of the row has a word, in
    /// any case.
    package typealias Test = @Sendable (_ row: Row, _ contains: (_ word: String) -> Bool) -> Bool

    /// The text as it was typed.
    let text: String
    /// The words to look for and to highlight.
    let words: [String]
    /// The reason why the text is not a filter; nil if it is one. A text that is not a filter lets
    /// every row through.
    let problem: String?
    /// True if the filter consists of words that all have to occur. A longer text then lets fewer
    /// rows through.
    let isPlain: Bool
    /// nil lets every row through.
    private let test: Test?
    private let folded: [String: [UInt8]]

    /// The filter that lets every row through.
    init() {
        self.init("", words: [], isPlain: true, test: nil)
    }

    package init(_ text: String, words: [String], isPlain: Bool, test: Test?) {
        (self.text, self.isPlain, self.test, problem) = (text, isPlain, test, nil)
        self.words = words.filter { !$0.isEmpty }
        folded = Dictionary(words.map { ($0, $0.utf8.map(Line.folded)) }) { first, _ in first }
    }

    /// A text that is not a filter, for this reason.
    package init(_ text: String, problem: String) {
        (self.text, self.problem) = (text, problem)
        (words, isPlain, test, folded) = ([], false, nil, [:])
    }

    package var isEmpty: Bool { test == nil && problem == nil }

    /// - Parameter text: The text of the row, folded.
    func matches(_ row: Row, text: ArraySlice<UInt8>) -> Bool {
        test?(row) { word in Self.contains(text, folded[word] ?? word.utf8.map(Line.folded)) } ?? true
    }

    /// True if the other filter lets every row through that this one does, so that only the rows of
    /// the other one need another look.
    func narrows(_ other: TableFilter) -> Bool {
        problem == nil && other.problem == nil && isPlain && other.isPlain && text.hasPrefix(other.text)
    }

    private static func contains(_ haystack: ArraySlice<UInt8>, _ needle: [UInt8]) -> Bool {
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
