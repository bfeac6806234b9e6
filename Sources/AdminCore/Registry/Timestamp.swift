package import Foundation

/// Parses times as registries and images write them: RFC 3339, with any offset and any number of
/// decimals.
package enum Timestamp {
    /// Parses the date of an image or an upload. nil for text that is no date, and for dates that
    /// only fill the place of one: the year 1 of Go, the first days of 1970 and 1980 of
    /// reproducible builds, a far future.
    package static func made(_ text: String) -> Date? {
        parse(text).flatMap { plausible.contains($0.timeIntervalSince1970) ? $0 : nil }
    }

    /// Seconds since 1970, from 1980-01-03, after the epochs of Unix and of FAT in any time zone,
    /// to 2050.
    private static let plausible: Range<Double> = 315_705_600..<2_524_608_000

    /// Parses a time; nil if the text is no time, or a time before 1970. (Go writes the year 1 for
    /// "unknown".)
    static func parse(_ text: String) -> Date? {
        var rest = Array(text.utf8)[...]
        guard rest.count <= 64,
            let year = number(&rest, digits: 4), skip("-", in: &rest),
            let month = number(&rest, digits: 2), (1...12).contains(month), skip("-", in: &rest),
            let day = number(&rest, digits: 2), (1...31).contains(day), skip("T", in: &rest) || skip("t", in: &rest),
            let hour = number(&rest, digits: 2), hour < 24, skip(":", in: &rest),
            let minute = number(&rest, digits: 2), minute < 60, skip(":", in: &rest),
            let second = number(&rest, digits: 2), second < 61, year >= 1970
        else { return nil }
        var fraction = 0.0
        if skip(".", in: &rest) {
            let digits = rest.prefix { isDigit($0) }
            guard !digits.isEmpty, let value = Double("0." + String(decoding: digits, as: UTF8.self)) else {
                return nil
            }
            fraction = value
            rest = rest.dropFirst(digits.count)
        }
        guard let offset = offset(&rest), rest.isEmpty else { return nil }
        let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - offset
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    /// Parses an offset, in seconds east of UTC.
    private static func offset(_ rest: inout ArraySlice<UInt8>) -> Int? {
        if skip("Z", in: &rest) || skip("z", in: &rest) { return 0 }
        let sign = skip("-", in: &rest) ? -1 : 1
        guard sign < 0 || skip("+", in: &rest), let hours = number(&rest, digits: 2), hours < 24,
            skip(":", in: &rest), let minutes = number(&rest, digits: 2), minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes) * 60
    }

    /// Days since 1970-01-01 in the Gregorian calendar. A year is counted from March, so that a
    /// leap day is its last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, digits: Int) -> Int? {
        let head = rest.prefix(digits)
        guard head.count == digits, head.allSatisfy(isDigit) else { return nil }
        rest = rest.dropFirst(digits)
        return head.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func skip(_ character: Unicode.Scalar, in rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
