public import Foundation

/// A condition on rows: `age>180d and tags<3`, `size>1G not name~^team/`, `state=damaged or
/// untagged`.
///
/// A comparison has a field, an operator and a value. The operators are `=`, `!=`, `<`, `<=`, `>`
/// and `>=`; texts have `=`, `!=`, and `~` and `!~` for regular expressions. `not`, `and`, `or` and
/// parentheses combine terms; two terms without a word between them must both hold. A word, plain
/// or quoted, matches if the text of a row contains it, in any case. `untagged` and `damaged` are
/// plain words: the state of a row is a part of its text.
///
/// A filter is a value. Parsing `description` returns an equal filter.
public struct Filter: Hashable, Sendable {
    /// An operator between a field and a value.
    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case equal = "="
        case unequal = "!="
        case less = "<"
        case atMost = "<="
        case greater = ">"
        case atLeast = ">="
        case matches = "~"
        case doesNotMatch = "!~"
    }

    /// A part of a filter.
    public indirect enum Term: Hashable, Sendable {
        /// The text of a row contains this one, in any case.
        case word(String)
        /// A comparison.
        case comparison(FilterField, Comparison, FilterOperand)
        case not(Term)
        case and(Term, Term)
        case or(Term, Term)
    }

    /// The condition; nil matches every row.
    public let term: Term?

    /// Creates a filter that matches every row.
    public init() {
        term = nil
    }

    /// Creates a filter of one term.
    public init(_ term: Term) {
        self.term = term
    }

    /// Parses a filter. A blank text matches every row.
    ///
    /// - Parameters:
    ///   - text: the filter as it is typed.
    ///   - fields: the fields that the rows have.
    /// - Throws: `FilterProblem`.
    public init(_ text: String, fields: [FilterField] = FilterField.allCases) throws {
        var parser = try FilterParser(text, fields: fields)
        term = try parser.parse()
    }

    /// True if the filter matches every row.
    public var isEmpty: Bool { term == nil }

    /// Returns whether a row matches.
    ///
    /// - Parameters:
    ///   - row: the row.
    ///   - now: the moment from which ages are counted.
    public func matches(_ row: some Filterable, now: Date) -> Bool {
        matches(row, now: now) { word in
            word.isEmpty || row.filterText.range(of: word, options: .caseInsensitive) != nil
        }
    }

    /// Returns whether a row matches, for callers that find words faster than by a search in
    /// `filterText`.
    ///
    /// - Parameters:
    ///   - row: the row; its `filterText` is not asked for.
    ///   - now: the moment from which ages are counted.
    ///   - contains: returns whether the text of the row contains a word.
    public func matches(_ row: some Filterable, now: Date, containing contains: (String) -> Bool) -> Bool {
        term.map { $0.holds(for: row, now: now, contains) } ?? true
    }

    /// True if the filter consists of plain words only, all of which must be in the text of a row.
    public var isPlain: Bool { term?.isPlain ?? true }

    /// The plain words, for highlighting; without those after a `not`.
    public var words: [String] { term?.words ?? [] }

    /// The fields of the comparisons.
    public var fields: Set<FilterField> { term?.fields ?? [] }
}

/// The value in a comparison.
public enum FilterOperand: Hashable, Sendable {
    /// Bytes, seconds, or a plain number.
    case number(UInt64)
    /// A moment, in whole seconds.
    case time(Date)
    /// A text; its case does not count.
    case text(String)
    /// A regular expression, found anywhere in a text.
    case pattern(FilterPattern)
    /// A digest, whole or shortened.
    case digest(DigestPrefix)
}

/// The reason why a text is not a filter.
public struct FilterProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place, in characters from 1.
    public let column: Int
    /// The mistake, and the expected text; one clause without a capital and a full stop.
    public let reason: String

    /// `age needs a duration such as 180d, not "fast" (column 5)`.
    public var description: String { "\(reason) (column \(column))" }
}

extension Filter.Term {
    /// Deepest accepted nesting of terms.
    static let depthLimit = 64

    func holds(for row: some Filterable, now: Date, _ contains: (String) -> Bool) -> Bool {
        switch self {
        case .word(let word): contains(word)
        case .comparison(let field, let comparison, let operand):
            comparison.holds(row.operandValue(of: field, now: now), operand)
        case .not(let term): !term.holds(for: row, now: now, contains)
        case .and(let left, let right):
            left.holds(for: row, now: now, contains) && right.holds(for: row, now: now, contains)
        case .or(let left, let right):
            left.holds(for: row, now: now, contains) || right.holds(for: row, now: now, contains)
        }
    }

    fileprivate var isPlain: Bool {
        switch self {
        case .word: true
        case .and(let left, let right): left.isPlain && right.isPlain
        case .comparison, .not, .or: false
        }
    }

    fileprivate var words: [String] {
        switch self {
        case .word(let word): [word]
        case .comparison, .not: []
        case .and(let left, let right), .or(let left, let right): left.words + right.words
        }
    }

    fileprivate var fields: Set<FilterField> {
        switch self {
        case .word: []
        case .comparison(let field, _, _): [field]
        case .not(let term): term.fields
        case .and(let left, let right), .or(let left, let right): left.fields.union(right.fields)
        }
    }
}

extension Filterable {
    fileprivate func operandValue(of field: FilterField, now: Date) -> FilterValue? {
        guard field == .age else { return value(of: field) }
        guard case .time(let date)? = value(of: .modified) else { return nil }
        return .number(UInt64(max(0, now.timeIntervalSince(date))))
    }
}

extension Filter.Comparison {
    /// An unknown value fulfils no comparison, not even `!=` and `!~`.
    func holds(_ value: FilterValue?, _ operand: FilterOperand) -> Bool {
        switch (value, operand) {
        case (.number(let value), .number(let operand)): orders(value, operand)
        case (.time(let value), .time(let operand)): orders(value, operand)
        case (.text(let value), _): holds(value, operand)
        case (.texts(let values), _):
            switch self {
            case .unequal, .doesNotMatch: !values.isEmpty && values.allSatisfy { holds($0, operand) }
            default: values.contains { holds($0, operand) }
            }
        default: false
        }
    }

    private func holds(_ value: String, _ operand: FilterOperand) -> Bool {
        switch (self, operand) {
        case (.equal, .text(let text)): value.compare(text, options: .caseInsensitive) == .orderedSame
        case (.unequal, .text(let text)): value.compare(text, options: .caseInsensitive) != .orderedSame
        case (.equal, .digest(let prefix)): prefix.matches(text: value)
        case (.unequal, .digest(let prefix)): !prefix.matches(text: value)
        case (.matches, .pattern(let pattern)): pattern.matches(value)
        case (.doesNotMatch, .pattern(let pattern)): !pattern.matches(value)
        default: false
        }
    }

    private func orders<Value: Comparable>(_ value: Value, _ operand: Value) -> Bool {
        switch self {
        case .equal: value == operand
        case .unequal: value != operand
        case .less: value < operand
        case .atMost: value <= operand
        case .greater: value > operand
        case .atLeast: value >= operand
        case .matches, .doesNotMatch: false
        }
    }
}

extension Filter: CustomStringConvertible {
    /// The filter as a text. Parsing it returns an equal filter.
    public var description: String { term?.text(inside: .or) ?? "" }
}

extension Filter.Term {
    /// The precedence of a term.
    fileprivate enum Binding: Int {
        case or, and, not
    }

    fileprivate func text(inside outer: Binding) -> String {
        let (own, text): (Binding, String) =
            switch self {
            case .word(let word): (.not, FilterToken.isPlain(word) ? word : FilterToken.quoted(word))
            case .comparison(let field, let comparison, let operand):
                (.not, field.rawValue + comparison.rawValue + field.text(operand))
            case .not(let term): (.not, "not " + term.text(inside: .not))
            // Both are left-associative.
            case .and(let left, let right): (.and, left.text(inside: .and) + " and " + right.text(inside: .not))
            case .or(let left, let right): (.or, left.text(inside: .or) + " or " + right.text(inside: .and))
            }
        return own.rawValue < outer.rawValue ? "(\(text))" : text
    }
}

extension FilterField {
    fileprivate func text(_ operand: FilterOperand) -> String {
        switch operand {
        case .number(let number):
            switch kind {
            case .bytes: return Quantity.text(bytes: number)
            case .duration: return Quantity.text(seconds: Double(number))
            case .number, .time, .text: return String(number)
            }
        case .time(let date): return date.formatted(Date.ISO8601FormatStyle(timeZone: .gmt))
        case .text(let text): return FilterToken.quoted(text)
        case .digest(let prefix): return FilterToken.quoted(prefix.text)
        case .pattern(let pattern): return FilterToken.quoted(pattern.text)
        }
    }
}
