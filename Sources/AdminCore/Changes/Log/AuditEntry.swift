public import Foundation

/// One change in the log.
public struct AuditEntry: Hashable, Sendable, Identifiable {
    /// The result of one target.
    public struct Result: Codable, Hashable, Sendable {
        /// The target, as the plan names it.
        public let target: String
        /// `done`, `failed`, `unknown` or `skipped`.
        public let outcome: String
        /// The reason, in a sentence; nil if the change is done.
        public let error: String?
        /// The id in the trash; nil if nothing went there.
        public let trash: String?
    }

    /// The key in the log. Keys sort by time.
    public let id: String
    /// The time at which it began.
    public let begun: Date
    /// The time at which it ended; nil if it is in progress, or was interrupted.
    public let ended: Date?
    /// The account.
    public let user: String
    /// The machine.
    public let host: String
    /// The process.
    public let process: Int32
    /// The Ceph client; nil for other stores.
    public let client: String?
    /// The kind of change: the raw value of a `PlanAction`, or `import` (`CopyRecord`).
    public let action: String
    /// The first thousand targets, as `Plan.logNames` has them.
    public let targets: [String]
    /// The number of all targets.
    public let targetCount: Int
    /// Bytes that the change frees, by the plan.
    public let bytes: UInt64
    /// Objects that the change removes, by the plan.
    public let objects: Int
    /// Bytes that collections can free later, by the plan.
    public let reclaimable: UInt64
    /// The number of targets by outcome; empty until the change has ended.
    public let outcomes: [String: Int]
    /// The first thousand results; empty until the change has ended.
    public let results: [Result]
    /// The way back once the change is done; nil if there is none.
    public let wayBack: WayBack?
    /// The id of the change that this one takes back; nil if it takes none back.
    public let undoes: String?
    /// The manifests that the change has linked and whose links its undo leaves, as digests.
    public let manifests: [String]
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
    var wayBack: Lenient<WayBack>?
    var undoes: String?
    var manifests: [String]?

    /// A value that is nil if a record has one that cannot be decoded. The rest of the record
    /// counts.
    struct Lenient<Value: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
        let value: Value?

        init(_ value: Value) { self.value = value }
        init(from decoder: any Decoder) { value = try? Value(from: decoder) }
        func encode(to encoder: any Encoder) throws { try value?.encode(to: encoder) }
    }
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
            reclaimable: beginning.reclaimable, outcomes: ending?.outcomes ?? [:], results: ending?.results ?? [],
            wayBack: beginning.wayBack?.value, undoes: beginning.undoes, manifests: beginning.manifests ?? [])
    }
}

/// The person or job that makes a change, as the trash and the log name it.
public struct Operator: Hashable, Sendable {
    /// The name of the account.
    public let user: String
    /// The machine.
    public let host: String
    /// The process.
    public let process: Int32
    /// The Ceph client, as in `client.admin`; nil for other stores.
    public let client: String?

    /// Creates an operator from its properties.
    public init(user: String, host: String, process: Int32, client: String? = nil) {
        self.user = user
        self.host = host
        self.process = process
        self.client = client
    }

    /// The account that runs this process.
    public static func current(client: String? = nil) -> Operator {
        Operator(
            user: NSUserName(), host: ProcessInfo.processInfo.hostName,
            process: ProcessInfo.processInfo.processIdentifier, client: client)
    }
}

extension Operator: CustomStringConvertible {
    /// For people: `root@host`, with the client where there is one.
    public var description: String { "\(user)@\(host)" + (client.map { " (\($0))" } ?? "") }
}
