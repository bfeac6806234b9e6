import Foundation

extension Filter: CustomStringConvertible {
    /// The filter as it is written. Parsing it gives an equal one.
    public var description: String { term?.text(inside: .or) ?? "" }
}

extension Filter.Term {
    /// How tightly a term holds together.
    enum Binding: Int {
        case or, and, not
    }

    func text(inside outer: Binding) -> String {
        let (own, text): (Binding, String) =
            switch self {
            case .word(let word): (.not, FilterToken.isPlain(word) ? word : FilterToken.quoted(word))
            case .comparison(let field, let comparison, let operand):
                (.not, field.rawValue + comparison.rawValue + field.text(operand))
            case .not(let term): (.not, "not " + term.text(inside: .not))
            // Both lean to the left.
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
