package import AdminCore
import SafeText

/// A plan as people and programs see it, the same on the command line and in the console.
package protocol ShownPlan: Plan {
    /// The verb before each subject; empty if the subjects begin with a verb.
    var verb: String { get }
    /// The names of the targets for people, in the order of `targetNames`.
    var subjects: [String] { get }
    /// The new place or the new name; nil if the plan has none.
    var destination: String? { get }
    /// The cost and the gain, without the notes; also what cannot be undone.
    var impactLines: [PlanLine] { get }
    /// True if nothing brings back what the change takes away.
    var isPermanent: Bool { get }
    /// The repositories that the plan changes; nil if it may be any.
    var repositories: Set<RepositoryName>? { get }
    /// The verdicts of the rules that chose the targets; empty if the user named the targets.
    var choices: [Selection.Choice] { get }
    /// The members of the plan's JSON object.
    func members(applied: Bool, results: [ChangeResult]) -> [JSONValue.Member]
}

extension ShownPlan {
    package var verb: String { action.infinitive }
    package var subjects: [String] { targetNames }
    package var destination: String? { nil }
    package var isPermanent: Bool { false }
    package var repositories: Set<RepositoryName>? { [] }
    package var choices: [Selection.Choice] { [] }

    /// The word before the destination.
    var preposition: String { action == .move || action == .copy ? "to" : "as" }

    /// The plan with its results.
    package func json(applied: Bool, results: [ChangeResult]) -> JSONValue {
        .object(members(applied: applied, results: results))
    }

    package func members(applied: Bool, results: [ChangeResult]) -> [JSONValue.Member] {
        commonMembers(applied: applied, results: results)
    }

    /// The members that the JSON of every plan has.
    func commonMembers(applied: Bool, results: [ChangeResult]) -> [JSONValue.Member] {
        var members = [JSONValue.Member(key: "targets", value: .array(targetNames.map { .string($0) }))]
        if action == .move || action == .copy { members.append(.init(key: "destination", value: .text(destination))) }
        members += [
            .init(key: "impact", value: impact.json(notes: notes)), .init(key: "applied", value: .bool(applied)),
            .init(key: "results", value: .array(results.map(\.json))),
        ]
        if !choices.isEmpty { members.append(.init(key: "selection", value: .array(choices.map(\.json)))) }
        return members
    }
}

extension PlanAction {
    /// The verb, such as `delete`.
    var infinitive: String {
        switch self {
        case .remove: "delete"
        case .move: "move"
        case .copy: "copy"
        case .restore: "restore"
        case .empty: "drop"
        case .purge: "remove"
        case .repair: "repair"
        case .collect: "collect"
        }
    }

    /// The verb during the change, such as `deleting`.
    var doing: String {
        switch self {
        case .remove: "deleting"
        case .move: "moving"
        case .copy: "copying"
        case .restore: "restoring"
        case .empty: "dropping"
        case .purge: "removing"
        case .repair: "repairing"
        case .collect: "collecting"
        }
    }

    /// The change as a noun, such as `deletion`.
    package var noun: String {
        switch self {
        case .remove: "deletion"
        case .move: "move"
        case .copy: "copy"
        case .restore: "restoration"
        case .empty: "deletion"
        case .purge: "removal"
        case .repair: "repair"
        case .collect: "collection"
        }
    }

    /// The verb after the change, such as `deleted`.
    var done: String {
        switch self {
        case .remove: "deleted"
        case .move: "moved"
        case .copy: "copied"
        case .restore: "restored"
        case .empty: "dropped"
        case .purge: "removed"
        case .repair: "repaired"
        case .collect: "done"
        }
    }
}

// MARK: - The plans

extension ChangePlan: ShownPlan {
    package var destination: String? { targets.first?.destination?.description }
    package var isPermanent: Bool { action == .remove && skipsTrash }

    package var repositories: Set<RepositoryName>? {
        Set(targets.flatMap { [$0.reference.repository] + ($0.destination.map { [$0.repository] } ?? []) })
    }

    package var impactLines: [PlanLine] {
        let links = HumanText.count(targets.reduce(0) { $0 + $1.links.count }, "link")
        let directories = impact.objects == 0 ? nil : impact.emptyDirectories
        if action == .move {
            let replaced = impact.tags.isEmpty ? [] : [PlanLine.list("tags replaced", impact.tags, .bad)]
            return replaced + [PlanLine("moves \(links)" + (directories.map { ", removes \($0)" } ?? ""))]
        }
        let parts = impact.lostParts
        return impact.losses
            + [
                impact.reclaimableLater(afterTrash: !skipsTrash), impact.usedElsewhere, .trash(isSkipped: skipsTrash),
                PlanLine(
                    "removes \(links)\(parts.isEmpty ? "" : " (\(parts))")" + (directories.map { " and \($0)" } ?? "")),
            ].compactMap(\.self)
    }
}

extension CopyPlan: ShownPlan {
    package var destination: String? { newName.description }

    package var repositories: Set<RepositoryName>? { [newName.repository] }

    package var impactLines: [PlanLine] {
        let parts = counts.map { HumanText.count($0.count, $0.noun) }.joined(separator: ", ")
        let replaced = impact.tags.isEmpty ? [] : [PlanLine.list("tags replaced", impact.tags, .bad)]
        return replaced + [PlanLine("writes \(HumanText.count(links, "link")) (\(parts)), copies no data")]
    }

    package func members(applied: Bool, results: [ChangeResult]) -> [JSONValue.Member] {
        commonMembers(applied: applied, results: results) + [.init(key: "links", value: .unsigned(UInt64(links)))]
    }
}

extension RestorePlan: ShownPlan {
    package var subjects: [String] { targets.map(\.item.name) }
    package var destination: String? { targets.first?.destination?.description }

    package var impactLines: [PlanLine] {
        [PlanLine("restores \(HumanText.count(targets.reduce(0) { $0 + $1.entries.count }, "link"))")]
    }

    package var repositories: Set<RepositoryName>? {
        let paths = RegistryPaths()
        let names = targets.flatMap { target in
            [target.destination?.repository] + target.entries.prefix(1).map { paths.repositoryName(of: $0.origin) }
        }
        return Set(names.compactMap(\.self))
    }
}

extension EmptyPlan: ShownPlan {
    package var subjects: [String] { targets.map(\.item.name) }
    package var isPermanent: Bool { true }

    package var impactLines: [PlanLine] {
        let entries = targets.count == 1 ? "this trash entry" : "these trash entries"
        return [
            PlanLine("PERMANENT: deletes \(entries) for good", .bad), impact.reclaimableLater(),
            PlanLine("removes \(HumanText.count(impact.objects, "object")), \(HumanText.bytes(impact.bytes))"),
        ]
    }
}

extension UploadsPlan: ShownPlan {
    package var isPermanent: Bool { skipsTrash }

    package var impactLines: [PlanLine] {
        [impact.reclaimableLater(afterTrash: !skipsTrash), .trash(isSkipped: skipsTrash)]
    }

    package var repositories: Set<RepositoryName>? { Set(targets.map(\.upload.repository)) }
}

extension RepairPlan: ShownPlan {
    package var impactLines: [PlanLine] {
        let kinds = Dictionary(grouping: targets, by: \.repair.id).sorted { $0.key < $1.key }
        var lines = kinds.compactMap { _, targets in
            targets.first.map { PlanLine.fact("repair", $0.repair.words(targets.count)) }
        }
        if room > 0 {
            let (new, old) = (HumanText.bytes(room), HumanText.bytes(superseded))
            lines.append(
                PlanLine("needs \(new) of free space: content is written anew; a collection frees \(old) of old chunks")
            )
        } else {
            lines.append(PlanLine("needs next to no free space"))
        }
        if impact.bytes > 0 {
            lines.append(PlanLine("frees \(HumanText.bytes(impact.bytes)) of surplus bytes at once"))
        }
        let trashed = impact.reclaimable - min(superseded, impact.reclaimable)
        if trashed > 0 {
            lines.append(.fact("reclaimable later", "\(HumanText.bytes(trashed)), after the trash is emptied"))
        }
        return lines
    }

    package func members(applied: Bool, results: [ChangeResult]) -> [JSONValue.Member] {
        commonMembers(applied: applied, results: results) + [.init(key: "room", value: .unsigned(room))]
    }

    package var repositories: Set<RepositoryName>? {
        let paths = RegistryPaths()
        let names = targets.map { $0.problem.path.flatMap(paths.repositoryName) }
        return names.contains(nil) ? nil : Set(names.compactMap(\.self))
    }
}

extension CollectionPlan: ShownPlan {
    package var verb: String { "" }

    package var subjects: [String] {
        parts.map { part in
            let amount = "\(HumanText.count(part.items.count, "item")), \(HumanText.bytes(part.bytes))"
            return switch part.work {
            case .mend:
                "remove \(HumanText.count(part.items.count, "upload entry", "upload entries")) whose content is a blob already; the blob stays"
            case .date: "set the date of the batch \(part.holding), whose run was interrupted"
            case .restore: "bring back from the quarantine, needed again: \(amount)"
            case .free: "free, due now: \(amount)"
            case .quarantine: "quarantine what nothing needs: \(amount)"
            case .note: "quarantine chunks that belong to no file: \(amount)"
            case .watch: "quarantine surplus chunks behind the end of blobs: \(amount)"
            case .trim: "free surplus chunks behind the end of blobs, which stay: \(amount)"
            case .finish: "free at once, after a second look: \(amount)"
            case .look: "a few seconds later, bring back what a push needs by then"
            }
        }
    }

    package var isPermanent: Bool { parts.contains { $0.work == .free || $0.work == .trim || $0.work == .finish } }

    package var impactLines: [PlanLine] {
        var lines = obstacles.map { PlanLine("blocked: \($0)", .bad) }
        lines.append(
            PlanLine("frees \(HumanText.bytes(impact.bytes)) now" + (isPermanent ? ", which cannot be undone" : "")))
        lines.append(impact.reclaimableLater())
        if let next = nextFreeAfter {
            lines.append(PlanLine("the next run can free data after \(TimeText.second(next))"))
        }
        return lines
    }

    package var repositories: Set<RepositoryName>? { nil }

    package func members(applied: Bool, results: [ChangeResult]) -> [JSONValue.Member] {
        func items(_ works: [Part.Work]) -> [Item] { works.flatMap { self.items($0) } }
        func array(_ items: [Item]) -> JSONValue { .array(items.map(\.json)) }
        return commonMembers(applied: applied, results: results) + [
            .init(key: "restored", value: array(items([.restore]) + broughtBack)),
            .init(key: "freed", value: array(items([.free, .trim, .finish]))),
            .init(key: "quarantined", value: array(items([.quarantine, .note, .watch]))),
            .init(key: "inTheWay", value: .array(obstacles.map { .string($0) })),
            .init(key: "nextFreeAfter", value: .time(nextFreeAfter)),
            .init(key: "notes", value: .array(notes.map { .string($0) })),
        ]
    }
}

/// The removal of targets that rules chose: the plan, with the verdict on everything that the rules
/// looked at.
package struct SelectedRemoval: ShownPlan {
    let selection: Selection
    let plan: ChangePlan

    package var action: PlanAction { plan.action }
    package var targetNames: [String] { plan.targetNames }
    package var impact: Impact { plan.impact }
    package var notes: [String] { selection.notes + plan.notes }
    package var logNames: [String] { plan.logNames }
    package var wayBack: WayBack? { plan.wayBack }
    package var impactLines: [PlanLine] { plan.impactLines }
    package var isPermanent: Bool { plan.isPermanent }
    package var repositories: Set<RepositoryName>? { plan.repositories }
    package var choices: [Selection.Choice] { selection.choices }

    package func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        plan.steps(with: context, progress: progress)
    }

    /// Plans the removal of everything that a selection lets go. A target that stays by the
    /// selection stays, even if it belongs to an image that goes.
    package static func of(
        _ selection: Selection, _ planner: ChangePlanner, skippingTrash: Bool = false, keepingCompanions: Bool = false,
        handling: RepositoryHandling = RepositoryHandling(), progress: @escaping ProgressHandler
    ) async throws -> SelectedRemoval {
        let plan = try await planner.removal(
            of: selection.references, skippingTrash: skippingTrash,
            companions: keepingCompanions ? .none : .except(selection.staying), handling: handling, progress: progress)
        return SelectedRemoval(selection: selection, plan: plan)
    }
}

// MARK: - Parts of the lines

extension Impact {
    /// The names that the change takes away, and those that stay and are affected.
    fileprivate var losses: [PlanLine] {
        [
            ("tags lost", tags, PlanLine.Tone.bad), ("tags of the same manifests that stay", siblingTags, .good),
            ("manifests that stay without a tag and keep their space", untagged, .warning),
            ("indexes that lose a manifest", brokenIndexes, .bad),
            ("manifests that lose their index", orphanedChildren, .warning),
        ].compactMap { heading, names, tone in names.isEmpty ? nil : PlanLine.list(heading, names, tone) }
    }

    /// The kinds of links that the change takes away: "1 tag, 6 manifests".
    fileprivate var lostParts: String {
        [(tags.count, "tag"), (revisions, "manifest"), (layers, "layer"), (uploads, "unfinished upload")]
            .compactMap { count, noun in count > 0 ? HumanText.count(count, noun) : nil }.joined(separator: ", ")
    }

    fileprivate var emptyDirectories: String {
        HumanText.count(objects, "empty directory", "empty directories")
    }

    /// - Parameter afterTrash: True if the trash has to be emptied first.
    fileprivate func reclaimableLater(afterTrash: Bool = false) -> PlanLine {
        .fact("reclaimable later", HumanText.bytes(reclaimable) + (afterTrash ? ", after the trash is emptied" : ""))
    }

    fileprivate var usedElsewhere: PlanLine? {
        sharedBlobs == 0
            ? nil
            : .fact("still used elsewhere", "\(HumanText.count(sharedBlobs, "blob")), \(HumanText.bytes(sharedBytes))")
    }
}

extension PlanLine {
    fileprivate static func trash(isSkipped: Bool) -> PlanLine {
        isSkipped
            ? PlanLine("PERMANENT: skips the trash, cannot be undone", .bad)
            : PlanLine("goes to the trash, can be restored", .dim)
    }
}

extension Repair {
    /// The work of `count` such repairs, such as "put the chunks of 1 blob back in order".
    fileprivate func words(_ count: Int) -> String {
        func of(_ noun: String, _ plural: String? = nil) -> String { HumanText.count(count, noun, plural) }
        return switch self {
        case .dropUploadKey: "remove \(of("upload entry", "upload entries")) whose content is already a blob"
        case .relink: "list \(of("directory", "directories")) in the parents again"
        case .rearrange: "put the chunks of \(of("blob")) back in order"
        case .restoreSize: "write the size of \(of("file")) again"
        case .writeEmpty: "write the chunk of the empty blob"
        case .dropSurplus: "remove the surplus bytes behind the end of \(of("file"))"
        case .writeLink: "write \(of("missing link"))"
        case .rewriteLink: "rewrite \(of("malformed link"))"
        case .restoreTag: "restore the link of \(of("tag"))"
        case .replaceLink: "move \(of("wrong link")) to the trash and write it again"
        case .finishDeletion: "finish \(of("interrupted deletion"))"
        case .trash, .trashDirectories: "move the files of \(of("problem")) to the trash"
        case .prune: "remove \(of("empty directory", "empty directories"))"
        case .removeKey: "remove \(of("invalid directory entry", "invalid directory entries"))"
        }
    }
}
