/// One row of styled text. Everything on the screen is made of these, and tests compare them.
nonisolated struct Line: Sendable, Equatable {
    /// Which part of a text that is too long gives way.
    enum Trimming: Sendable {
        case end
        /// For digests and paths, whose ends tell them apart.
        case middle
    }

    enum Alignment: Sendable {
        case left
        case right
    }

    static let ellipsis = "…"

    private(set) var spans: [Span]
    private(set) var width: Int

    init(_ spans: [Span] = []) {
        self.spans = spans.filter { $0.width > 0 }
        width = spans.reduce(0) { $0 + $1.width }
    }

    init(_ text: String, _ style: Style = .normal) {
        self.init([Span(text, style)])
    }

    /// The text without its styles.
    var text: String { spans.map(\.text).joined() }

    mutating func append(_ text: String, _ style: Style = .normal) {
        append(Line(text, style))
    }

    mutating func append(_ other: Line) {
        spans += other.spans
        width += other.width
    }

    static func + (left: Line, right: Line) -> Line {
        Line(left.spans + right.spans)
    }

    func styled(_ style: Style) -> Line {
        Line(spans.map { $0.styled(style) })
    }

    /// The part from a column on, at most so many columns wide.
    func slice(from start: Int, width wanted: Int) -> Line {
        var parts: [Span] = []
        var column = 0
        for span in spans {
            let from = max(start, column), to = min(start + wanted, column + span.width)
            if from < to { parts.append(span.slice(from: from - column, width: to - from)) }
            column += span.width
        }
        return Line(parts)
    }

    /// At most so many columns; what gives way is replaced by an ellipsis.
    func truncated(to columns: Int, _ trimming: Trimming = .end) -> Line {
        guard width > columns else { return self }
        guard columns > 0 else { return Line() }
        let room = columns - 1
        switch trimming {
        case .end:
            let kept = slice(from: 0, width: room)
            return kept + Line(Line.ellipsis, kept.spans.last?.style ?? spans.first?.style ?? .normal)
        case .middle:
            let head = (room + 1) / 2
            let kept = slice(from: 0, width: head)
            let style = kept.spans.last?.style ?? spans.first?.style ?? .normal
            return kept + Line(Line.ellipsis, style) + slice(from: width - (room - head), width: room - head)
        }
    }

    /// Exactly so many columns.
    func fitted(
        to columns: Int, _ alignment: Alignment = .left, trimming: Trimming = .end, fill: Style = .normal
    ) -> Line {
        let short = truncated(to: columns, trimming)
        guard short.width < columns else { return short }
        let blanks = Line(String(repeating: " ", count: columns - short.width), fill)
        return alignment == .left ? short + blanks : blanks + short
    }

    /// Blanks of a width.
    static func blank(_ columns: Int, _ style: Style = .normal) -> Line {
        Line(String(repeating: " ", count: max(0, columns)), style)
    }
}
