import Foundation
import Synchronization

@testable import AdminCore

/// A clock that a test turns.
final class TestClock: Sendable {
    private let moment: Mutex<Date>

    init(at date: Date = Date(timeIntervalSince1970: 1_800_000_000)) {
        moment = Mutex(date)
    }

    func advance(by seconds: TimeInterval) {
        moment.withLock { $0.addTimeInterval(seconds) }
    }

    var now: Date { moment.withLock(\.self) }

    func policy(delay: TimeInterval, owner: ChangeOwner = .current, lease: TimeInterval = 60) -> JournalPolicy {
        JournalPolicy(delay: delay, owner: owner, lease: lease) { [self] in moment.withLock(\.self) }
    }
}
