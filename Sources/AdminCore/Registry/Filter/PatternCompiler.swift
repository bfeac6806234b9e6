/// Compiles a regular expression into a program. The length of the text bounds the recursion.
struct PatternCompiler {
    private let characters: [Character]
    private var position = 0
    private var depth = 0

    /// Deepest accepted nesting of groups.
    private static let depthLimit = 20

    init(_ text: String) {
        characters = Array(text)
    }

    mutating func compile() throws(PatternProblem) -> PatternProgram {
        let steps = try alternatives()
        guard position == characters.count else { throw problem("\")\" has no \"(\"") }
        return PatternProgram(steps: steps + [.found])
    }

    private func problem(_ reason: String) -> PatternProblem { PatternProblem(offset: position, reason: reason) }

    private var next: Character? { position < characters.count ? characters[position] : nil }

    private mutating func alternatives() throws(PatternProblem) -> [PatternProgram.Step] {
        var steps = try sequence()
        while next == "|" {
            position += 1
            let other = try sequence()
            steps =
                [.split(1, steps.count + 2)] + PatternCompiler.moved(steps, by: 1) + [
                    .jump(steps.count + 2 + other.count)
                ]
                + PatternCompiler.moved(other, by: steps.count + 2)
        }
        return steps
    }

    private mutating func sequence() throws(PatternProblem) -> [PatternProgram.Step] {
        var steps: [PatternProgram.Step] = []
        while let character = next, character != "|", character != ")" {
            steps += PatternCompiler.moved(try repeated(), by: steps.count)
        }
        return steps
    }

    private mutating func repeated() throws(PatternProblem) -> [PatternProgram.Step] {
        var steps = try atom()
        while let sign = next, "*+?".contains(sign) {
            position += 1
            let count = steps.count
            switch sign {
            case "*": steps = [.split(1, count + 2)] + PatternCompiler.moved(steps, by: 1) + [.jump(0)]
            case "+": steps += [.split(0, count + 1)]
            default: steps = [.split(1, count + 1)] + PatternCompiler.moved(steps, by: 1)
            }
        }
        return steps
    }

    private mutating func atom() throws(PatternProblem) -> [PatternProgram.Step] {
        guard let character = next else { return [] }
        switch character {
        case "*", "+", "?": throw problem("\"\(character)\" has nothing to repeat")
        case "(":
            guard depth < PatternCompiler.depthLimit else {
                throw problem("groups nest more than \(PatternCompiler.depthLimit) levels deep")
            }
            position += 1
            depth += 1
            let steps = try alternatives()
            depth -= 1
            guard next == ")" else { throw problem("missing \")\"") }
            position += 1
            return steps
        case "[":
            position += 1
            return [.one(try set())]
        case "{": throw problem("counts in braces are not supported; write \\{ for a brace")
        case "\\":
            position += 1
            return [.one(try escaped())]
        default:
            position += 1
            return switch character {
            case ".": [.one(.any)]
            case "^": [.start]
            case "$": [.end]
            default: character.lowercased().unicodeScalars.map { .one(PatternSet(ranges: [$0.value...$0.value])) }
            }
        }
    }

    private mutating func escaped() throws(PatternProblem) -> PatternSet {
        guard let character = next else { throw problem("a character must follow \"\\\"") }
        position += 1
        switch character {
        case "d": return .digits
        case "D": return PatternSet.digits.inverted
        case "w": return .letters
        case "W": return PatternSet.letters.inverted
        case "s": return .blanks
        case "S": return PatternSet.blanks.inverted
        default:
            guard character.isPunctuation || character.isSymbol || character == " " else {
                position -= 1
                throw problem("\"\\\(character)\" is not supported")
            }
            return PatternSet(character)
        }
    }

    private mutating func set() throws(PatternProblem) -> PatternSet {
        var result = PatternSet(ranges: [])
        if next == "^" {
            position += 1
            result.isInverted = true
        }
        var isFirst = true
        while let character = next, isFirst || character != "]" {
            isFirst = false
            position += 1
            if character == "\\" {
                let inner = try escaped()
                guard !inner.isInverted else { throw problem("\\D, \\W and \\S are not supported in brackets") }
                result.ranges += inner.ranges
                continue
            }
            let low = PatternSet(character).ranges.first?.lowerBound ?? 0
            guard next == "-", position + 1 < characters.count, characters[position + 1] != "]" else {
                result.ranges.append(low...low)
                continue
            }
            position += 1
            let high = PatternSet(characters[position]).ranges.first?.lowerBound ?? 0
            guard low <= high else { throw problem("the range goes from higher to lower") }
            position += 1
            result.ranges.append(low...high)
        }
        guard next == "]" else { throw problem("missing \"]\"") }
        position += 1
        return result
    }

    /// Returns the steps with their targets shifted by `offset`.
    private static func moved(_ steps: [PatternProgram.Step], by offset: Int) -> [PatternProgram.Step] {
        steps.map { step in
            switch step {
            case .split(let one, let other): .split(one + offset, other + offset)
            case .jump(let target): .jump(target + offset)
            default: step
            }
        }
    }
}
