import SafeText

/// One line about a plan: its text in parts, each with its meaning. The command line prints the
/// text, the console draws each meaning in a style.
package struct PlanLine: Sendable, Equatable {
    /// The meaning of a part.
    package enum Tone: Sendable {
        case plain, dim, title, good, warning, bad
    }

    /// A part of the line.
    package struct Part: Sendable, Equatable {
        package let text: String
        package let tone: Tone
    }

    package private(set) var parts: [Part]
    /// Names that follow the text, if the line is a list.
    private var names: [Part] = []

    /// The number of names of a list `text` writes.
    private static let longestList = 20

    init(_ text: String, _ tone: Tone = .plain) {
        parts = [Part(text: text, tone: tone)]
    }

    /// A name with its value: `reclaimable later: 31.2 KiB`.
    static func fact(_ name: String, _ value: String) -> PlanLine {
        PlanLine(name + ": ", .dim).adding(value)
    }

    /// A heading with names: `tags lost: app:1, app:2`.
    static func list(_ heading: String, _ names: [String], _ tone: Tone) -> PlanLine {
        var line = PlanLine(heading, .dim)
        line.names = names.map { Part(text: $0, tone: tone) }
        return line
    }

    /// The line with one more part; unchanged if the text is nil.
    func adding(_ text: String?, _ tone: Tone = .plain) -> PlanLine {
        var line = self
        if let text { line.parts.append(Part(text: text, tone: tone)) }
        return line
    }

    /// The line as text; of a list the first names and the number of the others.
    package var text: String {
        let text = parts.map(\.text).joined()
        return names.isEmpty ? text : "\(text): \(Self.list(names.map(\.text)))"
    }

    /// True for a list of several names.
    var isList: Bool { names.count > 1 }

    /// The line in rows; of a list every name in a row of its own.
    package var rows: [PlanLine] {
        guard !names.isEmpty else { return [self] }
        var line = self
        line.names = []
        guard names.count > 1 else { return [line.adding(": ", .dim).adding(names[0].text, names[0].tone)] }
        let heading = line.adding(", \(HumanText.count(names.count)):", .dim)
        return [heading] + names.map { PlanLine("  ").adding($0.text, $0.tone) }
    }

    /// Names in one line, as many as people read.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(longestList).joined(separator: ", ")
        let rest = names.count - longestList
        return rest > 0 ? "\(shown) and \(HumanText.count(rest)) more" : shown
    }
}
