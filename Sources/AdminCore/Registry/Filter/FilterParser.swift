import Foundation

/// Parses filters. `or` binds loosest, then `and` and juxtaposition, then `not`.
struct FilterParser {
    private let tokens: [FilterToken]
    private let end: Int
    /// The fields that the rows have.
    private let fields: [FilterField]
    private var position = 0
    private var depth = 0

    init(_ text: String, fields: [FilterField]) throws(FilterProblem) {
        self.fields = fields
        var lexer = FilterLexer(text)
        tokens = try lexer.tokens()
        end = text.count + 1
    }

    /// Returns the term of the whole text; nil for a blank text.
    mutating func parse() throws(FilterProblem) -> Filter.Term? {
        if tokens.isEmpty { return nil }
        let term = try alternatives()
        guard position == tokens.count else { throw problem("\")\" has no \"(\"") }
        return term
    }

    private var next: FilterToken? { position < tokens.count ? tokens[position] : nil }

    private func problem(_ reason: String) -> FilterProblem {
        FilterProblem(column: next?.column ?? end, reason: reason)
    }

    private mutating func alternatives() throws(FilterProblem) -> Filter.Term {
        var term = try conjunction()
        while next?.kind == .or {
            position += 1
            term = .or(term, try conjunction())
        }
        return term
    }

    private mutating func conjunction() throws(FilterProblem) -> Filter.Term {
        var term = try factor()
        while let token = next, token.kind != .or, token.kind != .close {
            if token.kind == .and { position += 1 }
            term = .and(term, try factor())
        }
        return term
    }

    private mutating func factor() throws(FilterProblem) -> Filter.Term {
        guard let token = next else {
            let last = tokens.last?.kind.text ?? ""
            throw problem("unfinished filter: something must follow \"\(last)\"")
        }
        guard depth < Filter.Term.depthLimit else {
            throw problem("the filter nests more than \(Filter.Term.depthLimit) levels deep")
        }
        depth += 1
        defer { depth -= 1 }
        switch token.kind {
        case .not:
            position += 1
            return .not(try factor())
        case .open:
            position += 1
            let term = try alternatives()
            guard next?.kind == .close else {
                throw problem("missing \")\" for the \"(\" in column \(token.column)")
            }
            position += 1
            return term
        case .word(let word, let isQuoted):
            position += 1
            guard case .comparison(let comparison)? = next?.kind else {
                return .word(try plain(word, isQuoted: isQuoted, at: token.column))
            }
            guard !isQuoted, let field = FilterField(named: word) else {
                throw FilterProblem(column: token.column, reason: "unknown field \"\(word)\"; \(known)")
            }
            guard fields.contains(field) else {
                throw FilterProblem(column: token.column, reason: "these rows have no field \"\(word)\"; \(known)")
            }
            return try compare(field, comparison)
        case .comparison(let comparison):
            throw problem("a field must stand before \"\(comparison.rawValue)\", as in age>180d")
        case .close, .and, .or, .value:
            throw problem("something must stand before \"\(token.kind.text)\"")
        }
    }

    private var known: String {
        fields.isEmpty ? "write words only" : "fields: \(fields.map(\.rawValue).joined(separator: ", "))"
    }

    /// A word to look for. Beside a comparison, a misspelt `and` would silently hide rows.
    private func plain(_ word: String, isQuoted: Bool, at column: Int) throws(FilterProblem) -> String {
        let hasComparison = tokens.contains { if case .comparison = $0.kind { true } else { false } }
        guard !isQuoted, hasComparison, let keyword = FilterToken.keywordMeant(by: word) else { return word }
        throw FilterProblem(
            column: column,
            reason:
                "unknown word \"\(word)\"; write \(keyword), or \(FilterToken.quoted(word)) in quotes to look for it")
    }

    private mutating func compare(
        _ field: FilterField, _ comparison: Filter.Comparison
    ) throws(FilterProblem) -> Filter.Term {
        let isForTexts = [.equal, .unequal, .matches, .doesNotMatch].contains(comparison)
        let isForNumbers = ![.matches, .doesNotMatch].contains(comparison)
        guard field.kind == .text ? isForTexts : isForNumbers else {
            let allowed = field.kind == .text ? "=, !=, ~ or !~" : "=, !=, <, <=, > or >="
            throw problem("\(field.rawValue) is compared by \(allowed), not by \(comparison.rawValue)")
        }
        position += 1
        guard let token = next, case .value(let text) = token.kind, !text.isEmpty || field.kind == .text else {
            throw problem("\(field.rawValue) needs \(field.example)")
        }
        position += 1
        return .comparison(field, comparison, try operand(text, for: field, comparison, at: token.column))
    }

    private func operand(
        _ text: String, for field: FilterField, _ comparison: Filter.Comparison, at column: Int
    ) throws(FilterProblem) -> FilterOperand {
        let found: FilterOperand? =
            switch field.kind {
            case .bytes: Quantity.bytes(text).map { .number($0) }
            case .duration: Quantity.seconds(text).flatMap { UInt64(exactly: $0.rounded(.down)) }.map { .number($0) }
            case .number: UInt64(text).map { .number($0) }
            case .time: moment(text).map { .time($0) }
            case .text:
                if comparison == .matches || comparison == .doesNotMatch {
                    .pattern(try pattern(text, at: column))
                } else if field == .state, !FilterField.states.contains(text.lowercased()) {
                    throw FilterProblem(
                        column: column,
                        reason: "unknown state \"\(text)\"; states: "
                            + FilterField.states.prefix(4).joined(separator: ", ") + ", …")
                } else if field == .digest {
                    DigestPrefix(text).map { .digest($0) }
                } else {
                    .text(text)
                }
            }
        guard let found else {
            throw FilterProblem(column: column, reason: "\(field.rawValue) needs \(field.example), not \"\(text)\"")
        }
        return found
    }

    /// A day, `2015-01-31`, which means its beginning in UTC, or RFC 3339; nil if the text is
    /// neither.
    private func moment(_ text: String) -> Date? {
        let date = Timestamp.parse(text) ?? Timestamp.parse(text + "T00:00:00Z")
        return date.map { Date(timeIntervalSince1970: $0.timeIntervalSince1970.rounded(.down)) }
    }

    private func pattern(_ text: String, at column: Int) throws(FilterProblem) -> FilterPattern {
        do {
            return try FilterPattern(text)
        } catch {
            throw FilterProblem(column: column + error.offset, reason: error.reason)
        }
    }
}

extension FilterField {
    /// The expected value with an example, for messages.
    fileprivate var example: String {
        switch kind {
        case .bytes: "a size such as 500M"
        case .number: "a number such as 3"
        case .duration: "a duration such as 180d"
        case .time: "a day or a time such as 2015-01-31"
        case .text where self == .digest: "\(DigestPrefix.shortest) or more digits of a digest such as sha256:d7753236"
        case .text: "a text such as \(rawValue)=x, or \(rawValue)~^x for a regular expression"
        }
    }
}
