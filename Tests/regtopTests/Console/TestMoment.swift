import AdminCore
import Foundation

extension WallClock {
    /// The clock of a console in a test: it stands at the beginning of 2026.
    static let test = WallClock.stopped(at: Date(timeIntervalSince1970: 1_767_225_600))
}
