import AdminCore
import Foundation

extension CollectionPlan: ShownPlan {
    nonisolated var subjects: [String] {
        parts.map { part in
            let what = "\(HumanText.count(part.items.count, "thing")), \(HumanText.bytes(part.bytes))"
            return switch part.work {
            case .mend: "\(HumanText.count(part.items.count, "upload")) whose content is a blob already"
            case .date: "the date of \(part.holding)"
            case .restore: "needed again, out of the quarantine: \(what)"
            case .free: "due, to be freed: \(what)"
            case .quarantine: "unneeded, into the quarantine: \(what)"
            case .note: "chunks that nothing refers to, to be noted: \(what)"
            case .watch: "chunks behind the end of blobs, to be noted: \(what)"
            case .trim: "chunks behind the end of blobs, to be removed: \(what)"
            case .finish: "what this run took, by a second mark: \(what)"
            case .look: "a few seconds later, back out of the quarantine: what pushes need by then"
            }
        }
    }

    nonisolated var caution: String {
        let frees = parts.contains { $0.work == .free || $0.work == .trim || $0.work == .finish }
        return frees ? "What is freed cannot be restored any more." : "Nothing is freed by this run."
    }

    nonisolated var impactLines: [String] {
        var lines = obstacles.map { "in the way: \($0)" }
        lines.append(
            "frees \(HumanText.bytes(impact.bytes)), makes \(HumanText.bytes(impact.reclaimable)) reclaimable")
        if let next = nextFreeAfter { lines.append("the next run can free something after \(TimeText.second(next))") }
        return lines
    }

    nonisolated var repositories: Set<RepositoryName>? { nil }

    nonisolated func json(applied: Bool, results: [ChangeResult]) -> JSONValue {
        .object(allMembers(applied: applied, results: results))
    }

    /// What the JSON of a collection has.
    nonisolated func allMembers(applied: Bool, results: [ChangeResult]) -> [JSONValue.Member] {
        var members = members(applied: applied, results: results)
        for (key, works) in [
            ("restored", [Part.Work.restore]), ("freed", [.free, .trim, .finish]),
            ("quarantined", [.quarantine, .note, .watch]),
        ] {
            let late = key == "restored" ? broughtBack : []
            members.append(.init(key: key, value: .array((works.flatMap { items($0) } + late).map(\.json))))
        }
        members.append(.init(key: "inTheWay", value: .array(obstacles.map { .string($0) })))
        members.append(.init(key: "nextFreeAfter", value: .time(nextFreeAfter)))
        members.append(.init(key: "notes", value: .array(notes.map { .string($0) })))
        return members
    }
}

extension CollectionPlan.Item {
    nonisolated var json: JSONValue {
        ["path": .text(origin), "blob": .string(blob.string), "bytes": .unsigned(bytes)]
    }
}
