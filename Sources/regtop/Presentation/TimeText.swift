import Foundation

/// Times as text: RFC 3339 in UTC, for JSON and for tables alike.
nonisolated enum TimeText {
    /// `2015-11-02T14:03:12Z`, with a fraction only where there is one.
    static func rfc3339(_ date: Date) -> String {
        // To the microsecond first: a date is a binary fraction, and may lie a hair below the millisecond it was made from.
        let milliseconds = ((date.timeIntervalSince1970 * 1_000_000).rounded() / 1000).rounded(.down)
        let whole = (milliseconds / 1000).rounded(.down)
        let fraction = Int(milliseconds - whole * 1000)
        let text = Date(timeIntervalSince1970: whole).formatted(Date.ISO8601FormatStyle(timeZone: .gmt))
        guard fraction > 0, text.hasSuffix("Z") else { return text }
        let digits = String(fraction)
        return text.dropLast() + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
    }

    /// To the second, for tables.
    static func second(_ date: Date?) -> String {
        guard let date else { return HumanText.unknown }
        return Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down)).formatted(
            Date.ISO8601FormatStyle(timeZone: .gmt))
    }
}
