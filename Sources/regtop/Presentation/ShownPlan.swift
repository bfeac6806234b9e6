import AdminCore

/// A plan as people and programs see it: the command line and the console say the same of it.
nonisolated protocol ShownPlan: Plan {
    /// What people call the targets, in their order.
    var subjects: [String] { get }
    /// Where it goes, or what it is called afterwards; nil where that means nothing.
    var destination: String? { get }
    /// Said in the question, behind it: what cannot be taken back, for example. Empty if there is nothing to be said.
    var caution: String { get }
    /// What it costs and brings, a line each, without the notes.
    var impactLines: [String] { get }
    /// The repositories that are not afterwards what they were; nil if it may be any: who needs a blob is not known from it.
    var repositories: Set<RepositoryName>? { get }
    /// What was looked at to choose the targets by rules, with the verdicts; empty where they were named.
    var choices: [Selection.Choice] { get }
    /// The plan with what became of it.
    func json(applied: Bool, results: [ChangeResult]) -> JSONValue
}

extension ShownPlan {
    nonisolated var subjects: [String] { targetNames }
    nonisolated var destination: String? { nil }
    nonisolated var caution: String { "" }
    nonisolated var repositories: Set<RepositoryName>? { [] }
    nonisolated var choices: [Selection.Choice] { [] }

    /// "app/web", or "3 targets".
    nonisolated var subject: String {
        guard subjects.count == 1, let one = subjects.first else { return HumanText.count(subjects.count, "target") }
        return one
    }

    /// The plan with what became of it. What has a destination says so.
    nonisolated func json(applied: Bool, results: [ChangeResult]) -> JSONValue {
        .object(members(applied: applied, results: results))
    }

    /// What the JSON of every plan has.
    nonisolated func members(applied: Bool, results: [ChangeResult]) -> [JSONValue.Member] {
        var members = [JSONValue.Member(key: "targets", value: .array(targetNames.map { .string($0) }))]
        if action == .move { members.append(.init(key: "destination", value: .text(destination))) }
        members += [
            .init(key: "impact", value: impact.json(notes: notes)), .init(key: "applied", value: .bool(applied)),
            .init(key: "results", value: .array(results.map(\.json))),
        ]
        if !choices.isEmpty { members.append(.init(key: "selection", value: .array(choices.map(\.json)))) }
        return members
    }
}

extension PlanAction {
    /// As a command: `delete`.
    nonisolated var infinitive: String {
        switch self {
        case .remove: "delete"
        case .move: "move"
        case .restore: "restore"
        case .empty: "drop"
        case .purge: "remove"
        case .repair: "repair"
        case .collect: "collect"
        }
    }

    /// While it is done: `deleting`.
    nonisolated var doing: String {
        switch self {
        case .remove: "deleting"
        case .move: "moving"
        case .restore: "restoring"
        case .empty: "dropping"
        case .purge: "removing"
        case .repair: "repairing"
        case .collect: "collecting"
        }
    }

    /// Afterwards: `deleted`.
    nonisolated var done: String {
        switch self {
        case .remove: "deleted"
        case .move: "moved"
        case .restore: "restored"
        case .empty: "dropped"
        case .purge: "removed"
        case .repair: "repaired"
        case .collect: "done"
        }
    }
}

extension ChangePlan: ShownPlan {
    nonisolated var destination: String? { targets.first?.destination?.description }

    nonisolated var caution: String {
        guard action == .remove else { return "" }
        return skipsTrash
            ? "The trash is skipped: the links are dropped at once." : "It goes to the trash, and can be restored."
    }

    nonisolated var repositories: Set<RepositoryName>? {
        Set(targets.flatMap { [$0.reference.repository] + ($0.destination.map { [$0.repository] } ?? []) })
    }

    nonisolated var impactLines: [String] {
        let links = targets.reduce(0) { $0 + $1.links.count }
        var lines: [String] = []
        if action == .move {
            lines.append("what moves: \(HumanText.count(links, "link"))")
            if !impact.tags.isEmpty { lines.append("tags that are replaced: \(PlanText.list(impact.tags))") }
        } else {
            lines += PlanText.losses(impact)
            let when = skipsTrash ? "" : ", once it is out of the trash"
            lines.append("makes \(HumanText.bytes(impact.reclaimable)) reclaimable\(when)")
        }
        return lines + PlanText.gone(impact)
    }
}

extension RestorePlan: ShownPlan {
    nonisolated var subjects: [String] { targets.map(\.item.name) }
    nonisolated var destination: String? { targets.first?.destination?.description }

    nonisolated var impactLines: [String] {
        let links = targets.reduce(0) { $0 + $1.entries.count }
        return ["what comes back: \(HumanText.count(links, "link"))"]
    }

    nonisolated var repositories: Set<RepositoryName>? {
        let paths = RegistryPaths()
        let names = targets.flatMap { target in
            [target.destination?.repository] + target.entries.prefix(1).map { paths.repositoryName(of: $0.origin) }
        }
        return Set(names.compactMap(\.self))
    }
}

extension EmptyPlan: ShownPlan {
    nonisolated var subjects: [String] { targets.map(\.item.name) }
    nonisolated var caution: String { "It cannot be restored any more." }

    nonisolated var impactLines: [String] {
        PlanText.gone(impact) + ["makes \(HumanText.bytes(impact.reclaimable)) reclaimable"]
    }
}

extension UploadsPlan: ShownPlan {
    nonisolated var caution: String {
        skipsTrash ? "The trash is skipped." : "They go to the trash, and can be restored."
    }

    nonisolated var impactLines: [String] {
        let when = skipsTrash ? "" : ", once they are out of the trash"
        return ["makes \(HumanText.bytes(impact.reclaimable)) reclaimable\(when)"]
    }

    nonisolated var repositories: Set<RepositoryName>? { Set(targets.map(\.upload.repository)) }
}

extension RepairPlan: ShownPlan {
    nonisolated var impactLines: [String] {
        let kinds = Dictionary(grouping: targets, by: \.repair.id).sorted { $0.key < $1.key }
        let counts = kinds.map { "\($0.key) \(HumanText.count($0.value.count))" }
        var lines = ["what is done: \(counts.joined(separator: ", "))"]
        if impact.reclaimable > 0 {
            lines.append("makes \(HumanText.bytes(impact.reclaimable)) reclaimable, once it is out of the trash")
        }
        return lines
    }

    nonisolated var repositories: Set<RepositoryName>? {
        let paths = RegistryPaths()
        let names = targets.map { $0.problem.path.flatMap(paths.repositoryName) }
        return names.contains(nil) ? nil : Set(names.compactMap(\.self))
    }
}
