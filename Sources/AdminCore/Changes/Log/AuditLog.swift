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
        let (id, object) = (AuditLog.newID(moment), AuditLog.object(of: moment))
        let names = plan.logNames
        let beginning = AuditBeginning(
            begun: moment, user: who.user, host: who.host, process: who.process, client: who.client,
            action: plan.action.rawValue, targets: Array(names.prefix(AuditLog.longestList)),
            targetCount: names.count, bytes: plan.impact.bytes, objects: plan.impact.objects,
            reclaimable: plan.impact.reclaimable)
        do {
            try await append(ByteString(id), try AuditLog.encode(beginning), to: object)
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
            try await append(ByteString(id + "!"), try AuditLog.encode(ending), to: object)
            return nil
        } catch {
            return "the log of changes could not be written: \(error)"
        }
    }

    private func append(_ key: ByteString, _ value: [UInt8], to object: ObjectID) async throws {
        _ = try await driver.writer.perform(WriteOperation([.setOmap([key: value])]), on: object, for: .root) {
            [reader = driver.reader] in
            try await reader.value(of: key, in: object) == value
        }
    }

    private static func encode(_ record: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .millisecondsSince1970
        return Array(try encoder.encode(record))
    }

    private static func newID(_ moment: Date) -> String {
        let digits = String(UInt64(max(0, moment.timeIntervalSince1970) * 1000))
        return String(repeating: "0", count: max(0, 15 - digits.count)) + digits + "-"
            + String(UInt64.random(in: .min ... .max), radix: 36)
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
