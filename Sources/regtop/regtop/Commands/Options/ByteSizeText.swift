/// Sizes as an operator writes them: `4194304`, `4M`, `500M`, `1G`, `4MiB`; powers of 1024.
nonisolated enum ByteSizeText {
    /// The bytes that the text says; nil if it is no size, or one of 2⁶⁴ bytes and more.
    static func parse(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits), let factor = factor(text.dropFirst(digits.count)) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    private static func factor(_ unit: Substring) -> UInt64? {
        switch unit.lowercased() {
        case "", "b": 1
        case "k", "kb", "kib": 1 << 10
        case "m", "mb", "mib": 1 << 20
        case "g", "gb", "gib": 1 << 30
        case "t", "tb", "tib": 1 << 40
        default: nil
        }
    }
}
