public import Foundation

/// One change in the log.
public struct AuditEntry: Hashable, Sendable, Identifiable {
    /// The result of one target.
    public struct Result: Codable, Hashable, Sendable {
        /// The target, as the plan names it.
        public let target: String
        /// `done`, `failed`, `unknown` or `skipped`.
        public let outcome: String
        /// The reason, in a sentence; nil if it is done.
        public let error: String?
        /// The id of what went to the trash; nil if nothing did.
        public let trash: String?
    }

    /// The key in the log. Keys sort by time.
    public let id: String
    /// The time at which it began.
    public let begun: Date
    /// The time at which it ended; nil if it is under way, or was interrupted.
    public let ended: Date?
    /// The account.
    public let user: String
    /// The machine.
    public let host: String
    /// The process.
    public let process: Int32
    /// The Ceph client; nil for other stores.
    public let client: String?
    /// The kind of change: the raw value of a `PlanAction`.
    public let action: String
    /// The targets, as `Plan.logNames` has them; the first thousand.
    public let targets: [String]
    /// The number of all targets.
    public let targetCount: Int
    /// Bytes that are gone when it ends, as the plan said.
    public let bytes: UInt64
    /// Objects that are gone when it ends, as the plan said.
    public let objects: Int
    /// Bytes that collections can free later, as the plan said.
    public let reclaimable: UInt64
    /// The number of targets by outcome; empty until it ended.
    public let outcomes: [String: Int]
    /// The results, the first thousand; empty until it ended.
    public let results: [Result]
}

/// The record that is written before a change.
struct AuditBeginning: Codable, Hashable, Sendable {
    var format = 1
    let begun: Date
    let user: String
    let host: String
    let process: Int32
    let client: String?
    let action: String
    let targets: [String]
    let targetCount: Int
    let bytes: UInt64
    let objects: Int
    let reclaimable: UInt64
}

/// The record that is written after a change.
struct AuditEnding: Codable, Hashable, Sendable {
    let ended: Date
    let outcomes: [String: Int]
    let results: [AuditEntry.Result]
}

extension AuditEntry {
    /// The entry of these records.
    init(id: String, _ beginning: AuditBeginning, _ ending: AuditEnding?) {
        self.init(
            id: id, begun: beginning.begun, ended: ending?.ended, user: beginning.user, host: beginning.host,
            process: beginning.process, client: beginning.client, action: beginning.action, targets: beginning.targets,
            targetCount: beginning.targetCount, bytes: beginning.bytes, objects: beginning.objects,
            reclaimable: beginning.reclaimable, outcomes: ending?.outcomes ?? [:], results: ending?.results ?? [])
    }
}
