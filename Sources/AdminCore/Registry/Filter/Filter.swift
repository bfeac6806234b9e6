public import Foundation

/// What rows are wanted, in words: `age>180d and tags<3`, `size>1G not name~^team/`, `state=damaged or untagged`.
///
/// Comparisons of fields with `=`, `!=`, `<`, `<=`, `>`, `>=`, and of texts with `~` and `!~` for regular expressions; `not`, `and`, `or`,
/// parentheses; one beside another means both. A plain word is looked for in the row's text, whatever its case, and so is a quoted one.
/// `untagged` and `damaged` and the like are plain words, and found because a row's state is a part of its text.
///
/// A value: parsing and evaluating have no side effects. Printing one (`description`) and parsing that gives an equal one.
public struct Filter: Hashable, Sendable {
    /// How a field is compared with a value.
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

    /// One part of a filter.
    public indirect enum Term: Hashable, Sendable {
        /// A text that is looked for in the row's text, whatever its case.
        case word(String)
        /// A comparison.
        case comparison(FilterField, Comparison, FilterOperand)
        case not(Term)
        case and(Term, Term)
        case or(Term, Term)
    }

    /// The filter; nil lets everything through.
    public let term: Term?

    /// The filter that lets everything through.
    public init() {
        term = nil
    }

    /// A filter of this term.
    public init(_ term: Term) {
        self.term = term
    }

    /// The filter that the text says; a text of blanks lets everything through. Throws `FilterProblem`.
    public init(_ text: String) throws {
        var parser = try FilterParser(text)
        term = try parser.parse()
    }

    /// True if it lets everything through.
    public var isEmpty: Bool { term == nil }

    /// Whether a row passes. `now` is what ages are counted from.
    public func matches(_ row: some Filterable, now: Date) -> Bool {
        matches(row, now: now) { word in
            word.isEmpty || row.filterText.range(of: word, options: .caseInsensitive) != nil
        }
    }

    /// The same for whoever can look for a word faster than by going through `filterText`: `contains` says whether the row has a word.
    public func matches(_ row: some Filterable, now: Date, containing contains: (String) -> Bool) -> Bool {
        term.map { $0.holds(for: row, now: now, contains) } ?? true
    }

    /// True if it consists of words that all have to be there, and of nothing else.
    public var isPlain: Bool { term?.isPlain ?? true }

    /// The plain words that rows are looked through for, for whoever highlights them; not those behind a `not`.
    public var words: [String] { term?.words ?? [] }

    /// The fields that are compared.
    public var fields: Set<FilterField> { term?.fields ?? [] }
}

/// What a field is compared with.
public enum FilterOperand: Hashable, Sendable {
    /// Bytes, seconds, or a plain number.
    case number(UInt64)
    /// A moment, in whole seconds.
    case time(Date)
    /// A text to be equal to, whatever its case.
    case text(String)
    /// A regular expression to be found.
    case pattern(FilterPattern)
    /// A digest, whole or shortened.
    case digest(DigestPrefix)
}

/// Why a text is no filter.
public struct FilterProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, in characters from 1.
    public let column: Int
    /// What is wrong there, and what was expected.
    public let reason: String

    /// `column 5: …`.
    public var description: String { "column \(column): \(reason)" }
}

extension Filter.Term {
    /// Terms may nest no deeper: a filter is written by hand.
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
    /// What is not known fulfils nothing, `!=` and `!~` included.
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
