import Foundation

/// Sizes, spans and moments as they are written in filters and on the command line.
public enum FilterUnits {
    private static let sizes: [(name: String, factor: UInt64)] = [
        ("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10),
    ]
    private static let spans: [(name: String, factor: UInt64)] = [
        ("y", 365 * 86_400), ("w", 7 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    /// Bytes: `500M`, `1G`, `4MiB`, `1.5G`, powers of 1024; nil if the text says none.
    static func bytes(_ text: String) -> UInt64? {
        var unit = text.drop { $0.isASCII && ($0.isNumber || $0 == ".") }.uppercased()
        if unit.hasSuffix("IB") { unit.removeLast(2) } else if unit.hasSuffix("B") { unit.removeLast() }
        let factor = unit.isEmpty ? 1 : sizes.first { $0.name == unit }?.factor
        return factor.flatMap { amount(text, $0) }
    }

    /// Seconds: `90s`, `24h`, `180d`, `2w`, `1y` (365 days), a plain number in days; nil if the text says none.
    static func seconds(_ text: String) -> UInt64? {
        let unit = text.drop { $0.isASCII && ($0.isNumber || $0 == ".") }.lowercased()
        let factor = unit.isEmpty ? 86_400 : spans.first { $0.name == unit }?.factor
        return factor.flatMap { amount(text, $0) }
    }

    /// A moment: a day, `2015-01-31`, which means its beginning in UTC, or RFC 3339; nil if the text says none.
    static func moment(_ text: String) -> Date? {
        let date = Timestamp.parse(text) ?? Timestamp.parse(text + "T00:00:00Z")
        return date.map { Date(timeIntervalSince1970: $0.timeIntervalSince1970.rounded(.down)) }
    }

    private static func amount(_ text: String, _ factor: UInt64) -> UInt64? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        if let whole = UInt64(digits) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        guard digits.first != ".", digits.last != ".", let number = Double(digits), number.isFinite else { return nil }
        return UInt64(exactly: (number * Double(factor)).rounded(.down))
    }

    /// The shortest way to write so many bytes.
    static func text(bytes: UInt64) -> String { text(bytes, sizes, plain: "") }

    /// The shortest way to write so many seconds.
    static func text(seconds: UInt64) -> String { text(seconds, spans, plain: "s") }

    private static func text(_ number: UInt64, _ units: [(name: String, factor: UInt64)], plain: String) -> String {
        guard number > 0, let unit = units.first(where: { number % $0.factor == 0 }) else { return "\(number)\(plain)" }
        return "\(number / unit.factor)\(unit.name)"
    }

    /// A moment in whole seconds, as RFC 3339.
    static func text(moment: Date) -> String {
        moment.formatted(Date.ISO8601FormatStyle(timeZone: .gmt))
    }
}
