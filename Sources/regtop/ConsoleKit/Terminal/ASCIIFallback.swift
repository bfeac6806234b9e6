/// What a terminal without UTF-8 shows instead. Every replacement is as wide as what it stands for, so that widgets need
/// not know.
nonisolated enum ASCIIFallback {
    /// A whole text. Marks, which take no column, are left out.
    static func of(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            plain.append(contentsOf: repeatElement(of(scalar), count: DisplayWidth.of(scalar) ?? 1))
        }
        return String(plain)
    }

    static func of(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case _ where scalar.value < 0x80: scalar
        case "█": "#"
        case "▉", "▊", "▋", "▌", "▒": "="
        case "▍", "▎", "▏", "░", "─", "–": "-"
        case "·": "."
        case "│": "|"
        case "…": "~"
        case "▲", "↑": "^"
        case "▼", "↓": "v"
        case "→", "▶", "›": ">"
        case "←", "◀": "<"
        default: "?"
        }
    }
}
