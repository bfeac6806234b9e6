/// Splits a filter into tokens.
struct FilterLexer {
    private let characters: [Character]
    private var position = 0

    init(_ text: String) {
        characters = Array(text)
    }

    mutating func tokens() throws(FilterProblem) -> [FilterToken] {
        guard characters.count <= FilterToken.lengthLimit else {
            throw FilterProblem(
                column: FilterToken.lengthLimit + 1,
                reason: "the filter is longer than \(FilterToken.lengthLimit) characters")
        }
        var tokens: [FilterToken] = []
        skipBlanks()
        while position < characters.count {
            tokens.append(try next(after: tokens.last?.kind))
            skipBlanks()
        }
        return tokens
    }

    private mutating func skipBlanks() {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
    }

    private mutating func next(after last: FilterToken.Kind?) throws(FilterProblem) -> FilterToken {
        let column = position + 1
        let character = characters[position]
        if case .comparison(let comparison)? = last {
            let isPattern = comparison == .matches || comparison == .doesNotMatch
            let text = "\"'".contains(character) ? try quotation() : bareValue(isPattern: isPattern)
            return FilterToken(kind: .value(text), column: column)
        }
        if let comparison = comparison() {
            position += comparison.rawValue.count
            return FilterToken(kind: .comparison(comparison), column: column)
        }
        switch character {
        case "(", ")":
            position += 1
            return FilterToken(kind: character == "(" ? .open : .close, column: column)
        case "\"", "'": return FilterToken(kind: .word(try quotation(), isQuoted: true), column: column)
        case "!":
            throw FilterProblem(column: column, reason: "\"!\" must be part of != or !~; \"not\" negates")
        default:
            let start = position
            while position < characters.count, isWordCharacter(characters[position]) { position += 1 }
            let word = String(characters[start..<position])
            return FilterToken(kind: FilterToken.keyword(word) ?? .word(word, isQuoted: false), column: column)
        }
    }

    private func isWordCharacter(_ character: Character) -> Bool {
        !character.isWhitespace && !"()\"'=<>!~".contains(character)
    }

    /// Returns the longest operator at the current position.
    private func comparison() -> Filter.Comparison? {
        for length in [2, 1] where position + length <= characters.count {
            if let found = Filter.Comparison(rawValue: String(characters[position..<position + length])) {
                return found
            }
        }
        return nil
    }

    /// Returns the text up to a blank or a parenthesis. Balanced parentheses belong to a regular
    /// expression.
    private mutating func bareValue(isPattern: Bool) -> String {
        let start = position
        var depth = 0
        while position < characters.count, !characters[position].isWhitespace {
            if !isPattern, "()".contains(characters[position]) { break }
            if isPattern, characters[position] == "\\" {
                position = min(position + 2, characters.count)
                continue
            }
            if characters[position] == "(" { depth += 1 }
            if characters[position] == ")" {
                if depth == 0 { break }
                depth -= 1
            }
            position += 1
        }
        return String(characters[start..<position])
    }

    private mutating func quotation() throws(FilterProblem) -> String {
        let (start, quote) = (position, characters[position])
        position += 1
        var text = ""
        while position < characters.count, characters[position] != quote {
            if characters[position] == "\\", position + 1 < characters.count,
                "\\\"'".contains(characters[position + 1])
            {
                position += 1
            }
            text.append(characters[position])
            position += 1
        }
        guard position < characters.count else {
            throw FilterProblem(column: start + 1, reason: "missing closing quotation mark")
        }
        position += 1
        return text
    }
}
