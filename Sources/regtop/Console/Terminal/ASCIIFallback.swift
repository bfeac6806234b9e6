/// What a terminal without UTF-8 shows instead. Every replacement is as wide as what it stands for, so that widgets need
/// not know.
nonisolated enum ASCIIFallback {
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
        case "→", "▶": ">"
        case "←", "◀": "<"
        default: "?"
        }
    }
}
