import CTextWidth

/// How many terminal columns text takes. Agrees with curses, which asks the same table.
nonisolated enum DisplayWidth {
    /// 0 for a combining character, nil for one that a terminal cannot be trusted to print.
    static func of(_ scalar: Unicode.Scalar) -> Int? {
        if scalar.value >= 0x20, scalar.value < 0x7f { return 1 }
        let width = Int(CTextWidth_of(scalar.value))
        return width < 0 ? nil : width
    }

    /// The columns of a text whose characters can all be printed.
    static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + (of($1) ?? 0) }
    }
}
