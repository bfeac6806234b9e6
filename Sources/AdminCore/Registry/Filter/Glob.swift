/// A pattern for whole names, as a shell has them: `v*`, `release-?`, `[0-9]*`, `team/*`. Matched as a filter's regular expressions are: whatever
/// the case, in a time that grows with the text and not beyond.
///
/// `*` stands for any characters and `?` for one; in a repository's name neither stands for `/`, and `**` stands for it as well. `[a-z]` is one
/// of these, `[!a-z]` one of the others. Anything else means itself.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
    /// What names it is for.
    public enum Subject: Sendable {
        /// Tags.
        case tag
        /// Repositories.
        case repository
    }

    /// As it was written.
    public let description: String
    private let program: PatternProgram

    /// No longer one is taken.
    static let lengthLimit = 200

    /// The pattern that the text says. Throws `GlobProblem`; a character that no such name has is one, since a pattern with it would never match, and
    /// whoever wrote it means something else.
    public init(_ text: String, for subject: Subject) throws(GlobProblem) {
        guard !text.isEmpty else { throw GlobProblem("an empty pattern matches nothing") }
        guard text.count <= Glob.lengthLimit else {
            throw GlobProblem("a pattern may have \(Glob.lengthLimit) characters")
        }
        let some = subject == .tag ? PatternSet.any : PatternSet(ranges: [0x2f...0x2f], isInverted: true)
        var steps: [PatternProgram.Step] = [.start]
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "*":
                let isDouble = rest.first == "*"
                rest = rest.drop { $0 == "*" }
                let first = steps.count
                steps += [.split(first + 1, first + 3), .one(isDouble ? .any : some), .jump(first)]
            case "?": steps.append(.one(some))
            case "[": steps.append(.one(try Glob.set(&rest)))
            default:
                guard Glob.stands(character, in: subject) else {
                    throw GlobProblem("\"\(character)\" is in the name of no \(subject == .tag ? "tag" : "repository")")
                }
                steps.append(.one(PatternSet(character)))
            }
        }
        description = text
        program = PatternProgram(steps: steps + [.end, .found])
    }

    private static func stands(_ character: Character, in subject: Subject) -> Bool {
        guard let byte = character.asciiValue else { return false }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            return true
        case UInt8(ascii: "/"): return subject == .repository
        default: return false
        }
    }

    /// The rest of a set whose `[` was read.
    private static func set(_ rest: inout Substring) throws(GlobProblem) -> PatternSet {
        var set = PatternSet(ranges: [])
        if rest.first == "!" || rest.first == "^" {
            set.isInverted = true
            rest.removeFirst()
        }
        var members: [UInt32] = []
        var isRange = false
        while let character = rest.popFirst() {
            if character == "]", !members.isEmpty {
                if isRange { members.append(UInt32(UInt8(ascii: "-"))) }
                set.ranges += members.map { $0...$0 }
                return set
            }
            guard let byte = character.lowercased().first?.asciiValue else { break }
            if isRange, let first = members.popLast() {
                guard first <= UInt32(byte) else { throw GlobProblem("a range goes from lower to higher, as in [a-z]") }
                set.ranges.append(first...UInt32(byte))
                members.append(UInt32(byte))
                isRange = false
            } else if character == "-", !members.isEmpty {
                isRange = true
            } else {
                members.append(UInt32(byte))
            }
        }
        throw GlobProblem("\"[\" is closed by no \"]\"")
    }

    /// Whether a whole name matches.
    public func matches(_ text: String) -> Bool {
        program.isFound(in: Array(text.lowercased().unicodeScalars))
    }

    /// By what was written.
    public static func == (left: Glob, right: Glob) -> Bool { left.description == right.description }

    /// By what was written.
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// Why a text is no pattern.
public struct GlobProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence without its end.
    public let description: String

    init(_ description: String) { self.description = description }
}
