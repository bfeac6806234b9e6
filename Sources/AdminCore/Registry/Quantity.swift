/// Amounts as people write them, the same in filters, options and `config.yml`: durations such as
/// `90s`, `24h`, `7d` and `1y`, and sizes such as `500M` and `1G`.
///
/// Units may be written in either case. Fractions such as `1.5G` are accepted, signs and blanks are
/// not. A size without a unit is in bytes. A duration without a unit is accepted only if it is 0,
/// because some people would mean seconds and others days.
public enum Quantity {
    /// Units in seconds, the largest first. A year has 365 days.
    private static let spans: [(name: String, factor: UInt64)] = [
        ("y", 365 * 86_400), ("w", 7 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]
    private static let longest = 100 * 365 * 86_400.0
    /// Units in bytes, powers of 1024, the largest first.
    private static let sizes: [(name: String, factor: UInt64)] = [
        ("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10),
    ]

    /// Reads a duration: a number with one of the units `s`, `m` or `min`, `h`, `d`, `w` and `y`.
    ///
    /// - Returns: Seconds, 0 to 100 years; nil if the text is not a duration, or is a longer one.
    public static func seconds(_ text: String) -> Double? {
        let (number, unit) = split(text)
        guard let number = Double(number) else { return nil }
        guard !unit.isEmpty else { return number == 0 ? 0 : nil }
        let name = unit.lowercased()
        let seconds = spans.first { $0.name == (name == "min" ? "m" : name) }.map { number * Double($0.factor) }
        return seconds.flatMap { $0 <= longest ? $0 : nil }
    }

    /// Reads a size: a number, which may have one of the units `K`, `M`, `G` and `T`, also written
    /// as `MB` or `MiB`.
    ///
    /// - Returns: Bytes, rounded down; nil if the text is not a size, or is 2⁶⁴ bytes or more.
    public static func bytes(_ text: String) -> UInt64? {
        let (number, unit) = split(text)
        var name = unit.uppercased()
        if name.hasSuffix("IB") { name.removeLast(2) } else if name.hasSuffix("B") { name.removeLast() }
        guard let factor = name.isEmpty ? 1 : sizes.first(where: { $0.name == name })?.factor else { return nil }
        if let whole = UInt64(number) {
            let (bytes, overflow) = whole.multipliedReportingOverflow(by: factor)
            return overflow ? nil : bytes
        }
        return Double(number).flatMap { UInt64(exactly: ($0 * Double(factor)).rounded(.down)) }
    }

    /// The digits at the beginning, and the unit after them.
    private static func split(_ text: String) -> (number: Substring, unit: Substring) {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        return (number, text.dropFirst(number.count))
    }

    /// Writes a duration in the largest unit except weeks that leaves a whole number, such as `90m`
    /// or `14d`.
    ///
    /// - Parameter seconds: 0 to 2⁶⁴; a fraction of a second is left out.
    public static func text(seconds: Double) -> String {
        text(UInt64(exactly: seconds.rounded(.down)) ?? 0, spans.filter { $0.name != "w" }, plain: "s")
    }

    /// Writes a size in the largest unit that leaves a whole number, such as `500M`.
    public static func text(bytes: UInt64) -> String { text(bytes, sizes, plain: "") }

    private static func text(_ number: UInt64, _ units: [(name: String, factor: UInt64)], plain: String) -> String {
        guard number > 0, let unit = units.first(where: { number % $0.factor == 0 }) else { return "\(number)\(plain)" }
        return "\(number / unit.factor)\(unit.name)"
    }
}
