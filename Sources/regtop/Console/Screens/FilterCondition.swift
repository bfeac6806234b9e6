import Foundation

/// A word of a filter that compares: `age>180d`, `size<=1G`, `tags=0`. Ages in s, m, h, d, w, y; sizes in K, M, G, T of 1024.
nonisolated struct FilterCondition: Sendable, Equatable {
    enum Comparison: String, Sendable {
        case less = "<"
        case atMost = "<="
        case equal = "="
        case atLeast = ">="
        case greater = ">"
    }

    let field: String
    let comparison: Comparison
    /// Bytes, seconds or a plain number.
    let value: UInt64

    /// nil for a word that compares nothing.
    init?(_ word: String) {
        guard let start = word.firstIndex(where: { "<>=".contains($0) }), start > word.startIndex else { return nil }
        let end = word[start...].firstIndex { !"<>=".contains($0) } ?? word.endIndex
        guard let comparison = Comparison(rawValue: String(word[start..<end])),
            let value = Self.value(word[end...], isAge: word[..<start] == "age")
        else { return nil }
        field = String(word[..<start])
        self.comparison = comparison
        self.value = value
    }

    private static func value(_ text: Substring, isAge: Bool) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits) else { return nil }
        let units: [String: UInt64] =
            isAge
            ? ["s": 1, "m": 60, "h": 3600, "": 86_400, "d": 86_400, "w": 604_800, "y": 31_557_600]
            : ["": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]
        guard let unit = units[text.dropFirst(digits.count).lowercased()] else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : value
    }

    /// What is not known fulfils nothing.
    func holds(_ number: UInt64?) -> Bool {
        guard let number else { return false }
        return switch comparison {
        case .less: number < value
        case .atMost: number <= value
        case .equal: number == value
        case .atLeast: number >= value
        case .greater: number > value
        }
    }

    func holds(age date: Date?) -> Bool {
        holds(date.map { UInt64(max(0, -$0.timeIntervalSinceNow)) })
    }
}
