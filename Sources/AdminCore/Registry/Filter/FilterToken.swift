/// A token of a filter.
struct FilterToken: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case open, close
        case and, or, not
        case word(String, isQuoted: Bool)
        case comparison(Filter.Comparison)
        /// The text after an operator.
        case value(String)

        /// The token as it is written, for messages.
        var text: String {
            switch self {
            case .open: "("
            case .close: ")"
            case .and: "and"
            case .or: "or"
            case .not: "not"
            case .word(let text, _), .value(let text): text
            case .comparison(let comparison): comparison.rawValue
            }
        }
    }

    let kind: Kind
    /// The place of its first character, from 1.
    let column: Int

    /// Longest accepted filter, in characters.
    static let lengthLimit = 4096

    /// Returns whether the lexer reads an unquoted text as one plain word.
    static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && keyword(text) == nil && keywordMeant(by: text) == nil
            && text.allSatisfy { !$0.isWhitespace && !"()\"'=<>!~".contains($0) }
    }

    /// Returns a text in quotes; a backslash escapes quotes and backslashes.
    static func quoted(_ text: String) -> String {
        "\"" + text.map { "\\\"".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
    }

    /// The keyword of which a word is a misspelling: one letter too many, missing or twice, or two
    /// letters exchanged. nil for every other word.
    static func keywordMeant(by word: String) -> String? {
        switch word {
        case "&", "&&": return "and"
        case "|", "||": return "or"
        default: break
        }
        let letters = Array(word.lowercased())
        return ["and", "or", "not"].first { keyword in
            let right = Array(keyword)
            guard letters != right, letters.count > 1, Set(letters).isSubset(of: Set(right)) else { return false }
            func without(_ word: [Character]) -> [[Character]] {
                word.indices.map { index in Array(word[..<index] + word[(index + 1)...]) }
            }
            return without(letters).contains(right) || without(right).contains(letters)
                || letters.count == right.count && letters.sorted() == right.sorted()
        }
    }

    static func keyword(_ text: String) -> Kind? {
        switch text.lowercased() {
        case "and": .and
        case "or": .or
        case "not": .not
        default: nil
        }
    }
}
