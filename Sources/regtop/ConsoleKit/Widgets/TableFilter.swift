import AdminCore
import Foundation

/// The text of a filter, understood (`AdminCore.Filter`): words are looked for in the rows' text, whatever its case, and fields are compared.
nonisolated struct TableFilter<Row: Sendable>: Sendable {
    /// What a row has in a field; nil if nothing, or if it is not known yet.
    typealias Values = @Sendable (_ row: Row, _ field: FilterField) -> FilterValue?

    /// As it was typed.
    let text: String
    /// Why it is none; nil if it is one. What is none lets everything through.
    let problem: FilterProblem?
    private let filter: Filter
    private let folded: [String: [UInt8]]
    /// What ages are counted from.
    private let now: Date

    /// The filter that lets everything through.
    init() {
        self.init("", now: .distantPast)
    }

    /// `now`: what ages are counted from.
    init(_ text: String, now: Date) {
        self.text = text
        self.now = now
        do {
            filter = try Filter(text)
            problem = nil
        } catch {
            filter = Filter()
            problem = error as? FilterProblem
        }
        folded = Dictionary(filter.words.map { ($0, $0.utf8.map(Line.folded)) }) { first, _ in first }
    }

    /// The words, for highlighting.
    var words: [String] { filter.words.filter { !$0.isEmpty } }

    var isEmpty: Bool { filter.isEmpty && problem == nil }

    /// `haystack` is the row's text, folded.
    func matches(_ row: Row, haystack: [UInt8], _ values: @escaping Values) -> Bool {
        filter.matches(FilteredRow(row: row, values: values), now: now) { word in
            Self.contains(haystack, folded[word] ?? word.utf8.map(Line.folded))
        }
    }

    /// Whether whatever this filter lets through, the other one did too, so that only its rows need another look.
    func narrows(_ other: TableFilter) -> Bool {
        problem == nil && other.problem == nil && filter.isPlain && other.filter.isPlain && text.hasPrefix(other.text)
    }

    private struct FilteredRow: Filterable {
        let row: Row
        let values: Values
        /// Not asked for: the table has it folded already.
        var filterText: String { "" }

        func value(of field: FilterField) -> FilterValue? { values(row, field) }
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
