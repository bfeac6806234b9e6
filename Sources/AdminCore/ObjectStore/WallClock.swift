public import Foundation

/// The clock for ages, grace windows, due dates, the log and the names of holdings.
///
/// Only this type reads the date and the zone of the machine; everything else is passed a clock or
/// a date, so that a test can fix the time in one place. Durations are measured by
/// `ContinuousClock`.
public struct WallClock: Sendable {
    private let moment: @Sendable () -> Date

    /// A clock that calls `moment`.
    public init(_ moment: @escaping @Sendable () -> Date) {
        self.moment = moment
    }

    /// The current time.
    public var now: Date { moment() }

    /// The clock of the machine.
    public static let system = WallClock { Date() }

    /// The zone of the machine, in which the console shows dates.
    public static var zone: TimeZone { .current }

    /// A clock that always returns `moment`.
    public static func stopped(at moment: Date) -> WallClock {
        WallClock { moment }
    }
}
