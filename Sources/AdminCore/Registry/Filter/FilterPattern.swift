/// A regular expression that a user wrote: small, and matched in a time that grows with the text and not beyond.
///
/// Letters and all that means nothing else; `.`, `[a-z]`, `[^…]`, `\d`, `\w`, `\s`, `\.` and the like; `*`, `+`, `?`; groups `(…|…)`; `^` and
/// `$`. It is found anywhere in the text unless `^` or `$` say otherwise, whatever the case. There is no way to write one that takes for
/// ever: all ways of matching are followed side by side (`PatternProgram`).
public struct FilterPattern: Hashable, Sendable {
    /// As it was written.
    public let text: String
    private let program: PatternProgram

    /// No longer one is taken.
    static let lengthLimit = 200
    /// Of a longer text only so much is looked at, in characters: names are shorter.
    static let textLimit = 4096

    /// The pattern that the text says. Throws `PatternProblem`.
    init(_ text: String) throws(PatternProblem) {
        guard text.count <= FilterPattern.lengthLimit else {
            throw PatternProblem(
                offset: FilterPattern.lengthLimit,
                reason: "a regular expression may have \(FilterPattern.lengthLimit) characters")
        }
        self.text = text
        var compiler = PatternCompiler(text)
        program = try compiler.compile()
    }

    /// Whether it is found in a text.
    public func matches(_ text: String) -> Bool {
        program.isFound(in: Array(text.lowercased().unicodeScalars.prefix(FilterPattern.textLimit)))
    }

    /// By what was written.
    public static func == (left: FilterPattern, right: FilterPattern) -> Bool { left.text == right.text }

    /// By what was written.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// Why a text is no regular expression.
struct PatternProblem: Error, Hashable, Sendable {
    /// Where, in characters from 0.
    let offset: Int
    let reason: String
}

/// A regular expression as steps of a machine that follows all ways at once (Thompson's construction): time is steps × text, memory is
/// steps.
struct PatternProgram: Sendable {
    enum Step: Sendable {
        /// One character of this set goes on.
        case one(PatternSet)
        /// Goes on at both.
        case split(Int, Int)
        case jump(Int)
        /// Goes on at the beginning, or the end, of the text only.
        case start, end
        case found
    }

    var steps: [Step] = []

    func isFound(in text: [Unicode.Scalar]) -> Bool {
        var current = Threads(steps.count)
        for position in 0...text.count {
            // A match may begin anywhere.
            if follow(0, position, text.count, &current) { return true }
            guard position < text.count else { break }
            var next = Threads(steps.count)
            for index in current.list {
                guard case .one(let set) = steps[index], set.contains(text[position]) else { continue }
                if follow(index + 1, position + 1, text.count, &next) { return true }
            }
            current = next
        }
        return false
    }

    private struct Threads {
        var list: [Int] = []
        var isThere: [Bool]

        init(_ count: Int) { isThere = Array(repeating: false, count: count) }
    }

    /// Adds a step and all that follows from it without a character. True if the match is complete.
    private func follow(_ first: Int, _ position: Int, _ count: Int, _ threads: inout Threads) -> Bool {
        var pending = [first]
        while let index = pending.popLast() {
            guard !threads.isThere[index] else { continue }
            threads.isThere[index] = true
            switch steps[index] {
            case .one: threads.list.append(index)
            case .split(let one, let other): pending += [other, one]
            case .jump(let target): pending.append(target)
            case .start: if position == 0 { pending.append(index + 1) }
            case .end: if position == count { pending.append(index + 1) }
            case .found: return true
            }
        }
        return false
    }
}

/// Some characters.
struct PatternSet: Hashable, Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var isInverted = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isInverted
    }

    static let any = PatternSet(ranges: [], isInverted: true)
    static let digits = PatternSet(ranges: [0x30...0x39])
    static let letters = PatternSet(ranges: [0x30...0x39, 0x61...0x7a, 0x5f...0x5f])
    static let blanks = PatternSet(ranges: [0x20...0x20, 0x09...0x0d])

    /// The character in lower case, as texts are.
    init(_ character: Character) {
        ranges = character.lowercased().unicodeScalars.prefix(1).map { $0.value...$0.value }
    }

    init(ranges: [ClosedRange<UInt32>], isInverted: Bool = false) {
        self.ranges = ranges
        self.isInverted = isInverted
    }

    var inverted: PatternSet { PatternSet(ranges: ranges, isInverted: !isInverted) }
}
