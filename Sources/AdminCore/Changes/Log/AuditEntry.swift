public import Foundation

/// One change in the log: what was begun, by whom, and what became of it.
public struct AuditEntry: Hashable, Sendable, Identifiable {
    /// What became of one target.
    public struct Result: Codable, Hashable, Sendable {
        /// The target.
        public let target: String
        /// `done`, `failed`, `unknown` or `skipped`.
        public let outcome: String
        /// Why; nil if it is done.
        public let error: String?
        /// Under which id it is in the trash.
        public let trash: String?
    }

    /// Its key in the log: sorts by time.
    public let id: String
    /// When it began.
    public let begun: Date
    /// When it ended; nil if it is under way, or was interrupted.
    public let ended: Date?
    /// The account.
    public let user: String
    /// The machine.
    public let host: String
    /// The process.
    public let process: Int32
    /// The Ceph client; nil for other stores.
    public let client: String?
    /// What kind of change, as `PlanAction` has it.
    public let action: String
    /// What was changed, with what was to become of it; the first thousand.
    public let targets: [String]
    /// How many that were.
    public let targetCount: Int
    /// What the plan said of bytes that are gone when it ends.
    public let bytes: UInt64
    /// The same of objects.
    public let objects: Int
    /// The same of bytes that collections can free later.
    public let reclaimable: UInt64
    /// How the targets ended, by the number of each outcome; empty until it ended.
    public let outcomes: [String: Int]
    /// The results, the first thousand; empty until it ended.
    public let results: [Result]
}

/// What is written before a change.
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

/// What is written behind it.
struct AuditEnding: Codable, Hashable, Sendable {
    let ended: Date
    let outcomes: [String: Int]
    let results: [AuditEntry.Result]
}

extension AuditEntry {
    /// The entry that these records make.
    init(id: String, _ beginning: AuditBeginning, _ ending: AuditEnding?) {
        self.init(
            id: id, begun: beginning.begun, ended: ending?.ended, user: beginning.user, host: beginning.host,
            process: beginning.process, client: beginning.client, action: beginning.action, targets: beginning.targets,
            targetCount: beginning.targetCount, bytes: beginning.bytes, objects: beginning.objects,
            reclaimable: beginning.reclaimable, outcomes: ending?.outcomes ?? [:], results: ending?.results ?? [])
    }
}
