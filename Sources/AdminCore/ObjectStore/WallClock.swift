public import Foundation

/// The clock that says which moment it is: for ages, grace windows, due dates, the log and the names of what is put aside.
///
/// Whoever needs the moment is handed a clock, or the moment itself; nobody else in regtop reads the date of the machine. So a test fixes
/// all of it in one place. How long something takes is measured by `ContinuousClock` instead, which nobody sets.
public struct WallClock: Sendable {
    private let moment: @Sendable () -> Date

    /// The clock that asks `moment`.
    public init(_ moment: @escaping @Sendable () -> Date) {
        self.moment = moment
    }

    /// The moment that it is.
    public var now: Date { moment() }

    /// The clock of the machine.
    public static let system = WallClock { Date() }

    /// A clock that stands still.
    public static func stopped(at moment: Date) -> WallClock {
        WallClock { moment }
    }
}
