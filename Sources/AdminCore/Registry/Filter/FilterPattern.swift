/// A small regular expression. Matching takes time in proportion to the text: all alternatives are
/// followed at once (`PatternProgram`), so that no expression takes forever.
///
/// Supported are literal characters, `.`, `[a-z]`, `[^…]`, `\d`, `\w`, `\s` and their opposites,
/// escapes such as `\.`, the repetitions `*`, `+` and `?`, groups `(…|…)`, and the anchors `^` and
/// `$`. Without an anchor the expression matches anywhere in a text. Case does not count.
public struct FilterPattern: Hashable, Sendable {
    /// The expression as it was written.
    public let text: String
    private let program: PatternProgram

    /// Longest accepted expression, in characters.
    static let lengthLimit = 200
    /// The part of a text that is searched, in characters. Names are shorter.
    static let textLimit = 4096

    /// Compiles an expression.
    ///
    /// - Throws: `PatternProblem`.
    init(_ text: String) throws(PatternProblem) {
        guard text.count <= FilterPattern.lengthLimit else {
            throw PatternProblem(
                offset: FilterPattern.lengthLimit,
                reason: "a regular expression may have at most \(FilterPattern.lengthLimit) characters")
        }
        self.text = text
        var compiler = PatternCompiler(text)
        program = try compiler.compile()
    }

    /// Returns whether the expression matches somewhere in a text.
    public func matches(_ text: String) -> Bool {
        program.isFound(in: Array(text.lowercased().unicodeScalars.prefix(FilterPattern.textLimit)))
    }

    /// Compares the expressions as they were written.
    public static func == (left: FilterPattern, right: FilterPattern) -> Bool { left.text == right.text }

    /// Hashes the expression as it was written.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// The reason why a text is not a regular expression.
struct PatternProblem: Error, Hashable, Sendable {
    /// The place, in characters from 0.
    let offset: Int
    let reason: String
}

/// A regular expression as a program for a machine that follows all alternatives at once
/// (Thompson's construction). Takes steps × characters of time, and memory for each step.
struct PatternProgram: Sendable {
    enum Step: Sendable {
        /// Consumes one character of this set.
        case one(PatternSet)
        /// Continues at both steps.
        case split(Int, Int)
        case jump(Int)
        /// Continues only at the start, or the end, of the text.
        case start, end
        case found
    }

    var steps: [Step] = []

    func isFound(in text: [Unicode.Scalar]) -> Bool {
        var current = Threads(steps.count)
        for position in 0...text.count {
            // A match may start anywhere.
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

    /// Adds a step and the steps that follow without a character. Returns true if the match is
    /// complete.
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

/// A set of characters.
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

    /// The set of one character in lower case; texts are in lower case, too.
    init(_ character: Character) {
        ranges = character.lowercased().unicodeScalars.prefix(1).map { $0.value...$0.value }
    }

    init(ranges: [ClosedRange<UInt32>], isInverted: Bool = false) {
        self.ranges = ranges
        self.isInverted = isInverted
    }

    var inverted: PatternSet { PatternSet(ranges: ranges, isInverted: !isInverted) }
}
