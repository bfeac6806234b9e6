@testable import AdminCore
@testable import Changes
@testable import ObjectStore
@testable import regtop
import Foundation
import Synchronization
import Testing

/// The daily step of `regtop gc --watch`. Its clock advances by half a second at each read.
@Suite struct CollectionWatchTests {
    @Test(.timeLimit(.minutes(15))) func theStepRunsAtItsHourAndNotBefore() async throws {
        // 2026-12-01 at two o'clock.
        let moment = Mutex(Date(timeIntervalSince1970: 1_796_090_400))
        var options = SessionOptions(location: .sample(path: nil))
        options.clock = WallClock {
            moment.withLock { now in
                now.addTimeInterval(0.5)
                return now
            }
        }
        let session = try await Session.open(options)
        let log = AuditLogReader(storage: session.storage)
        let streams = StandardStreams()
        let context = CommandContext(session: session, streams: streams, progress: ProgressLine(streams))
        var change = ChangeOptions()
        (change.yes, change.dryRun) = (true, false)
        let watch = CollectionWatch(
            proposal: ChangeProposal(context: context, options: change, format: .json), every: 3600, at: .usual,
            options: CollectionOptions(grace: 0, maxShare: 100, caches: .none), keepFile: nil)
        for isTime in [false, true] {
            let hour = 1_796_094_000.0
            if isTime { moment.withLock { $0 = Date(timeIntervalSince1970: hour - 0.75) } }
            let task = Task { try await watch.run() }
            if isTime {
                while try await log.latest(1, now: Date(timeIntervalSince1970: hour)).first?.ended == nil {
                    await Task.yield()
                }
            }
            task.cancel()
            // `gc --watch` ends without an error when it is stopped.
            try await task.value
            let entries = try await log.latest(9, now: Date(timeIntervalSince1970: hour))
            #expect(entries.count == (isTime ? 1 : 0))
            #expect(entries.allSatisfy { $0.action == "collect" && $0.begun.timeIntervalSince1970 >= hour })
            #expect(entries.allSatisfy { $0.targets.last == "look for what pushes need by now" })
        }
        await session.close()
    }
}
