import Amounts
package import Foundation
import Synchronization

/// Numbers, dates and durations for people.
package enum HumanText {
    /// The text for an unknown value.
    package static let unknown = "-"

    /// "1.2 MiB", in powers of 1024. At most 8 columns for every value.
    package static func bytes(_ count: UInt64) -> String {
        AmountText.bytes(count)
    }

    /// "4,194,304".
    package static func count(_ number: some BinaryInteger) -> String {
        AmountText.count(number)
    }

    /// "1 tag", "2 tags". `plural` is needed only where the plural is not the noun with an s.
    package static func count(_ number: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    private static let zone = Mutex(TimeZone.gmt)

    /// Shows dates in this zone from now on; before, in UTC.
    package static func show(in zone: TimeZone) {
        self.zone.withLock { $0 = zone }
    }

    /// "2015-11-02".
    package static func day(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(timeZone: zone.withLock(\.self)).year().month().day())
    }

    /// "2015-11-02 14:03Z", or with another zone "2015-11-02 15:03+01".
    package static func minute(_ date: Date) -> String { second(date, with: 16) }

    /// "2015-11-02 14:03:12Z".
    package static func second(_ date: Date) -> String { second(date, with: 19) }

    /// - Parameter length: The number of characters before the zone.
    private static func second(_ date: Date, with length: Int) -> String {
        let zone = zone.withLock(\.self)
        let text = date.formatted(
            Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: zone).year().month().day()
                .time(includingFractionalSeconds: false))
        return text.prefix(length) + offset(of: zone, at: date)
    }

    /// "Z" where it is UTC, else "+01" or "+0530".
    private static func offset(of zone: TimeZone, at date: Date) -> String {
        let minutes = zone.secondsFromGMT(for: date) / 60
        if minutes == 0 { return "Z" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let hours = (minutes < 0 ? "-" : "+") + two(abs(minutes) / 60)
        return abs(minutes) % 60 == 0 ? hours : hours + two(abs(minutes) % 60)
    }

    /// A duration in the largest unit that it fills: "3 s", "2 min", "5 h", "4 d", "11 y".
    package static func age(_ duration: Duration) -> String {
        let words = self.duration(duration).split(separator: " ")
        return words.prefix(2).joined(separator: " ")
    }

    /// "3 s", "2 min", "1 h 20 min", "4 d"; from two years on "11 y".
    package static func duration(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        let year: Int64 = 365 * 86400
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min" + (seconds < 600 && seconds % 60 > 0 ? " \(seconds % 60) s" : "")
        case ..<86400:
            return "\(seconds / 3600) h" + (seconds % 3600 >= 60 ? " \(seconds % 3600 / 60) min" : "")
        case ..<(2 * year): return "\(seconds / 86400) d"
        default: return "\(seconds / year) y"
        }
    }
}

/// Times in RFC 3339 and UTC, for JSON and tables.
package enum TimeText {
    /// `2015-11-02T14:03:12Z`, with milliseconds only if there are any.
    package static func rfc3339(_ date: Date) -> String {
        // Rounded to microseconds first: a date is a binary fraction, and may be slightly less than
        // the milliseconds from which it was made.
        let milliseconds = ((date.timeIntervalSince1970 * 1_000_000).rounded() / 1000).rounded(.down)
        let whole = (milliseconds / 1000).rounded(.down)
        let fraction = Int(milliseconds - whole * 1000)
        let text = Date(timeIntervalSince1970: whole).formatted(Date.ISO8601FormatStyle(timeZone: .gmt))
        guard fraction > 0, text.hasSuffix("Z") else { return text }
        let digits = String(fraction)
        return text.dropLast() + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
    }

    /// `2015-11-02T14:03:12Z`, without a fraction; `HumanText.unknown` for nil.
    package static func second(_ date: Date?) -> String {
        guard let date else { return HumanText.unknown }
        return Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down)).formatted(
            Date.ISO8601FormatStyle(timeZone: .gmt))
    }
}
