import Foundation

/// A minute of every day, in UTC.
nonisolated struct TimeOfDay: Hashable, Sendable, CustomStringConvertible {
    private let minutes: Int

    /// Three in the morning.
    static let usual = TimeOfDay(minutes: 180)

    private init(minutes: Int) {
        self.minutes = minutes
    }

    /// What the text says, as `03:00`; nil if it says none.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isASCII) }),
            let hour = UInt8(parts[0]), let minute = UInt8(parts[1]), hour < 24, minute < 60
        else { return nil }
        minutes = Int(hour) * 60 + Int(minute)
    }

    /// The first such moment after another one.
    func next(after moment: Date) -> Date {
        let day = 86_400.0
        let midnight = (moment.timeIntervalSince1970 / day).rounded(.down) * day
        let today = Date(timeIntervalSince1970: midnight + Double(minutes) * 60)
        return today > moment ? today : today.addingTimeInterval(day)
    }

    var description: String {
        [minutes / 60, minutes % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
    }
}
