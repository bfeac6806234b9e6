import Foundation

/// The log of all changes, in the pool itself: whoever opens the registry, from whichever machine, sees what was done to it.
///
/// In the pool: an object a month, `log-2026-11`, in the RADOS namespace `regtop`, which no registry ever looks at. Each change has two keys
/// in its omap: `<id>`, written before anything is done, and `<id>!`, written behind, both JSON. Ids sort by time and never collide;
/// nothing is ever written twice, or removed.
struct AuditLog: Sendable {
    /// How many targets, and results, a record names.
    static let longestList = 1000

    let driver: StorageDriver

    /// A change that was written down, or why it could not be.
    typealias Record = Result<(id: String, object: ObjectID), any Error>

    /// Writes down that a change begins.
    func begin(_ plan: some Plan, by who: Operator) async -> Record {
        let moment = driver.policy.now
        let (id, object) = (RecordKey.new(at: moment), AuditLog.object(of: moment))
        let names = plan.logNames
        let beginning = AuditBeginning(
            begun: moment, user: who.user, host: who.host, process: who.process, client: who.client,
            action: plan.action.rawValue, targets: Array(names.prefix(AuditLog.longestList)),
            targetCount: names.count, bytes: plan.impact.bytes, objects: plan.impact.objects,
            reclaimable: plan.impact.reclaimable)
        do {
            try await AuditLog.beginnings(in: object).set([ByteString(id): beginning], by: driver.writer)
            return .success((id, object))
        } catch {
            return .failure(error)
        }
    }

    /// Writes down how it ended. Gives a sentence if the log does not have all of it.
    func end(_ record: Record, _ results: [ChangeResult]) async -> String? {
        do {
            let (id, object) = try record.get()
            let ending = AuditEnding(
                ended: driver.policy.now,
                outcomes: Dictionary(grouping: results, by: \.outcome.rawValue).mapValues(\.count),
                results: results.prefix(AuditLog.longestList).map { result in
                    AuditEntry.Result(
                        target: result.target, outcome: result.outcome.rawValue, error: result.error,
                        trash: result.trash?.string)
                })
            try await AuditLog.endings(in: object).set([ByteString(id + "!"): ending], by: driver.writer)
            return nil
        } catch {
            return "the log of changes could not be written: \(error)"
        }
    }

    /// The records that are written before a change.
    static func beginnings(in object: ObjectID) -> RecordStore<AuditBeginning> {
        RecordStore(object: object, dates: .milliseconds)
    }

    /// The records that are written after a change.
    static func endings(in object: ObjectID) -> RecordStore<AuditEnding> {
        RecordStore(object: object, dates: .milliseconds)
    }

    /// The month's object.
    static func object(of moment: Date) -> ObjectID {
        object(month: month(of: moment))
    }

    /// Months since the year 0.
    static func month(of moment: Date) -> Int {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month], from: moment)
        return (parts.year ?? 0) * 12 + (parts.month ?? 1) - 1
    }

    static func object(month: Int) -> ObjectID {
        let (year, number) = (String(month / 12), String(month % 12 + 1))
        return ObjectID(ByteString("log-\(year)-\(number.count < 2 ? "0" : "")\(number)"), namespace: Journal.namespace)
    }
}
