/// A shell pattern for whole names: `v*`, `release-?`, `[0-9]*`, `team/*`. Case does not count.
/// Matching takes time in proportion to the name.
///
/// `*` matches any characters, `?` matches one, `[a-z]` one of a set, `[!a-z]` one outside of it;
/// any other character matches itself. In the names of repositories `*` and `?` do not match `/`,
/// and `**` does.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
    /// The names that a pattern is for.
    public enum Subject: Sendable {
        /// The names of tags.
        case tag
        /// The names of repositories.
        case repository
    }

    /// The pattern as it was written.
    public let description: String
    private let program: PatternProgram

    /// Longest accepted pattern, in characters.
    static let lengthLimit = 200

    /// Compiles a pattern.
    ///
    /// - Throws: `GlobProblem`, also for a character that no such name contains: the pattern would
    ///   never match.
    public init(_ text: String, for subject: Subject) throws(GlobProblem) {
        guard !text.isEmpty else { throw GlobProblem("an empty pattern matches nothing") }
        guard text.count <= Glob.lengthLimit else {
            throw GlobProblem("a pattern may have at most \(Glob.lengthLimit) characters")
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
                    throw GlobProblem("no \(subject == .tag ? "tag" : "repository") name contains \"\(character)\"")
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

    /// Parses a set after its `[`.
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
        throw GlobProblem("missing \"]\"")
    }

    /// Returns whether the pattern matches a whole name.
    public func matches(_ text: String) -> Bool {
        program.isFound(in: Array(text.lowercased().unicodeScalars))
    }

    /// Compares the patterns as they were written.
    public static func == (left: Glob, right: Glob) -> Bool { left.description == right.description }

    /// Hashes the pattern as it was written.
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// The reason why a text is not a pattern.
public struct GlobProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// One clause, without a full stop.
    public let description: String

    init(_ description: String) { self.description = description }
}
