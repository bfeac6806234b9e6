package import AdminCore
import SafeText

/// The parts of an entry of the log, for people.
package enum LogText {
    /// `root@host`, with the Ceph client if there is one.
    package static func who(_ entry: AuditEntry) -> String {
        "\(entry.user)@\(entry.host)" + (entry.client.map { " (\($0))" } ?? "")
    }

    /// The target, or the number of several and the first ones.
    package static func what(_ entry: AuditEntry) -> String {
        let shown = entry.targets.prefix(3).joined(separator: ", ")
        guard entry.targetCount > 1 else { return shown }
        return "\(HumanText.count(entry.targetCount, "target")): \(shown)\(entry.targetCount > 3 ? ", …" : "")"
    }

    /// "done", or "2 done, 1 failed: why".
    package static func outcome(_ entry: AuditEntry) -> String {
        guard entry.ended != nil else { return "not finished" }
        let order: [ChangeResult.Outcome] = [.done, .failed, .unknown, .skipped]
        let counts = order.compactMap { outcome in
            entry.outcomes[outcome.rawValue].map { (outcome.rawValue, $0) }
        }
        let words =
            counts.count == 1 && entry.targetCount == 1
            ? counts[0].0 : counts.map { "\(HumanText.count($0.1)) \($0.0)" }.joined(separator: ", ")
        let why = entry.results.lazy.compactMap(\.error).first
        return words + (why.map { ": \($0)" } ?? "")
    }
}

extension AuditEntry {
    package var json: JSONValue {
        [
            "id": .string(id), "begun": .time(begun), "ended": .time(ended), "user": .string(user),
            "host": .string(host), "process": .number(Int64(process)), "client": .text(client),
            "action": .string(action), "targets": .array(targets.map { .string($0) }),
            "targetCount": .count(targetCount),
            "impact": [
                "bytes": .unsigned(bytes), "objects": .count(objects), "reclaimable": .unsigned(reclaimable),
            ],
            "outcomes": .object(
                outcomes.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .count($0.value)) }),
            "results": .array(
                results.map {
                    [
                        "target": .string($0.target), "outcome": .string($0.outcome), "error": .text($0.error),
                        "trash": .text($0.trash),
                    ]
                }),
            "undoes": .text(undoes),
        ]
    }
}
