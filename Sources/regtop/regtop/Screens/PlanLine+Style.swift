extension PlanLine.Tone {
    fileprivate nonisolated var style: Style {
        switch self {
        case .plain: .normal
        case .dim: .dim
        case .title: .title
        case .good: .good
        case .warning: .warning
        case .bad: .bad
        }
    }
}

extension Line {
    /// A line about a plan, with a style for each meaning.
    nonisolated init(_ line: PlanLine) {
        self.init(line.parts.map { Span($0.text, $0.tone.style) })
    }
}
