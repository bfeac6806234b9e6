import AdminCore

/// A frozen plan in words, for the question and for the report.
struct PlanWords {
    let plan: any ShownPlan

    private var what: String { plan.subject }

    private var whither: String {
        plan.destination.map { (plan.action == .move ? " to " : " as ") + $0 } ?? ""
    }

    private func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }

    var title: String {
        plan is CollectionPlan ? "One step of the collection" : "\(capitalised(plan.action.infinitive)) \(what)"
    }

    /// What it is called while it is done.
    var label: String { plan is CollectionPlan ? "collecting" : "\(plan.action.doing) \(what)" }

    var question: String { plan is CollectionPlan ? "Run this step?" : "\(title)\(whither)?" }

    /// What has to be typed for a yes where something goes: whole repositories, or very much, or very many. The name; of several, how
    /// many there are; of a collection that frees much, `free`. Nil where `y` is enough.
    var typed: String? {
        let isWhole: Bool
        switch plan {
        case let plan as CollectionPlan: return plan.impact.bytes >= Self.much ? "free" : nil
        case let plan as ChangePlan where plan.action == .remove:
            isWhole = plan.targets.contains { $0.reference.selector == .repository }
        case is SelectedRemoval: isWhole = false
        case let plan as EmptyPlan: isWhole = plan.targets.contains { $0.item.kind == .repository }
        case is UploadsPlan: isWhole = false
        default: return nil
        }
        let isMuch = plan.impact.reclaimable >= Self.much || plan.subjects.count >= Self.many
        guard isWhole || isMuch else { return nil }
        // A name from the pool may be none that a keyboard has.
        let isTypeable = plan.subject.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        return plan.subjects.count == 1 && isTypeable ? plan.subject : "\(plan.subjects.count)"
    }

    /// In bytes.
    private static let much: UInt64 = 1 << 30
    private static let many = 50

    /// What is said when all of it is done.
    var done: String {
        if let plan = plan as? CollectionPlan {
            let next = plan.nextFreeAfter.map { "; the next one can free something after \(HumanText.second($0))" }
            return "The step is done\(next ?? "")."
        }
        let done = "\(capitalised(plan.action.done)) \(what)\(whither)"
        guard let change = plan as? ChangePlan, change.action == .remove else { return done + "." }
        return change.skipsTrash
            ? "\(done); \(HumanText.bytes(plan.impact.reclaimable)) can be reclaimed by a collection."
            : "\(done) to the trash; u brings it back."
    }

    /// The repositories that are not afterwards what they were; nil if it may be any.
    var repositories: Set<RepositoryName>? { plan.repositories }

    /// What matters most comes first: on a small screen only the beginning is seen without scrolling.
    var lines: [Line] {
        var lines = targets
        let impact = plan.impact
        if plan.action == .move {
            if !impact.tags.isEmpty { lines += list("replaced", impact.tags, .bad) }
        } else {
            if !impact.tags.isEmpty { lines += list("tags lost", impact.tags, .bad) }
            if !impact.siblingTags.isEmpty { lines += list("stay, on the same manifests", impact.siblingTags, .good) }
            if !impact.brokenIndexes.isEmpty {
                lines += list("stay, and need a manifest that goes", impact.brokenIndexes, .bad)
            }
            if !impact.orphanedChildren.isEmpty {
                lines += list("stay, and lose their index", impact.orphanedChildren, .warning)
            }
        }
        lines += facts
        lines += plan.choices.filter { !$0.goes }.map { choice in
            Line("stays   ", .dim) + Line("\(choice.reference)") + Line("  \(choice.reason)", .dim)
        }
        return lines + plan.notes.map { Line("! ", .warning) + Line($0, .warning) }
    }

    private var facts: [Line] {
        let impact = plan.impact
        guard let change = plan as? ChangePlan else {
            let lines = plan.impactLines.map { Line($0, $0.hasPrefix("in the way") ? .bad : .normal) }
            return lines + (plan.caution.isEmpty ? [] : [Line(plan.caution, .dim)])
        }
        var lines: [Line] = []
        if change.action == .remove {
            lines.append(fact("makes reclaimable", HumanText.bytes(impact.reclaimable)))
            if impact.sharedBlobs > 0 {
                let shared = HumanText.count(impact.sharedBlobs, "blob")
                lines.append(
                    fact("needed by others as well", "\(shared), \(HumanText.bytes(impact.sharedBytes))"))
            }
            lines.append(fact("goes to", change.skipsTrash ? "nowhere: it cannot be restored" : "the trash"))
        }
        let links = change.targets.reduce(0) { $0 + $1.links.count }
        var parts = [HumanText.count(links, "link")]
        if impact.revisions > 0 { parts.append(HumanText.count(impact.revisions, "manifest")) }
        if impact.layers > 0 { parts.append(HumanText.count(impact.layers, "layer link")) }
        if impact.uploads > 0 { parts.append(HumanText.count(impact.uploads, "unfinished upload")) }
        if impact.objects > 0 { parts.append(HumanText.count(impact.objects, "emptied directory object")) }
        lines.append(fact(change.action == .remove ? "goes" : "moves", parts.joined(separator: ", ")))
        return lines
    }

    private var targets: [Line] {
        let reasons = Dictionary(plan.choices.map { ($0.reference.description, $0.reason) }) { first, _ in first }
        return plan.subjects.map { subject in
            let verb = plan.action.infinitive
            var line = Line(verb + String(repeating: " ", count: max(1, 8 - verb.count)), .dim) + Line(subject, .title)
            if let reason = reasons[subject] { line = line + Line("  \(reason)", .dim) }
            guard let destination = plan.destination else { return line }
            return line + Line("  →  ", .dim) + Line(destination, .title)
        }
    }

    private func fact(_ name: String, _ value: String) -> Line {
        Line(name + ": ", .dim) + Line(value)
    }

    private func list(_ name: String, _ values: [String], _ style: Style) -> [Line] {
        guard values.count > 1 else { return [Line(name + ": ", .dim) + Line(values.first ?? "", style)] }
        return [Line("\(name), \(HumanText.count(values.count)):", .dim)] + values.map { Line("  ") + Line($0, style) }
    }
}
