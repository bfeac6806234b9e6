import AdminCore

/// A frozen plan in words, for the question and for the report.
struct PlanWords {
    let plan: ChangePlan

    private var one: ImageReference? { plan.targets.count == 1 ? plan.targets.first?.reference : nil }

    private var what: String { one?.description ?? HumanText.count(plan.targets.count, "target") }

    var title: String { plan.action == .remove ? "Delete \(what)" : "Move \(what)" }

    /// What it is called while it is done.
    var label: String { (plan.action == .remove ? "deleting " : "moving ") + what }

    var question: String {
        switch plan.action {
        case .remove: "Delete \(what)?"
        case .move: "Move \(what) to \(plan.targets.first?.destination?.description ?? "")?"
        }
    }

    /// What is said when all of it is done.
    var done: String {
        switch plan.action {
        case .remove:
            "Deleted \(what); \(HumanText.bytes(plan.impact.reclaimable)) can be reclaimed by a collection."
        case .move: "Moved \(what) to \(plan.targets.first?.destination?.description ?? "")."
        }
    }

    /// The repositories that are not afterwards what they were.
    var repositories: Set<RepositoryName> {
        Set(plan.targets.flatMap { [$0.reference.repository] + ($0.destination.map { [$0.repository] } ?? []) })
    }

    /// What matters most comes first: on a small screen only the beginning is seen without scrolling.
    var lines: [Line] {
        let impact = plan.impact
        var lines = targets
        if plan.action == .remove {
            if !impact.tags.isEmpty { lines += list("tags lost", impact.tags, .bad) }
            if !impact.siblingTags.isEmpty { lines += list("stay, on the same manifests", impact.siblingTags, .good) }
            lines.append(fact("makes reclaimable", HumanText.bytes(impact.reclaimable)))
        } else if !impact.tags.isEmpty {
            lines += list("replaced", impact.tags, .bad)
        }
        let links = plan.targets.reduce(0) { $0 + $1.links.count }
        var parts = [HumanText.count(links, "link")]
        if impact.revisions > 0 { parts.append(HumanText.count(impact.revisions, "manifest")) }
        if impact.layers > 0 { parts.append(HumanText.count(impact.layers, "layer link")) }
        if impact.uploads > 0 { parts.append(HumanText.count(impact.uploads, "unfinished upload")) }
        if impact.objects > 0 { parts.append(HumanText.count(impact.objects, "emptied directory object")) }
        lines.append(fact(plan.action == .remove ? "goes" : "moves", parts.joined(separator: ", ")))
        return lines + plan.notes.map { Line("! ", .warning) + Line($0, .warning) }
    }

    private var targets: [Line] {
        plan.targets.map { target in
            let line =
                Line(plan.action == .remove ? "delete  " : "move    ", .dim) + Line("\(target.reference)", .title)
            guard let destination = target.destination else { return line }
            return line + Line("  →  ", .dim) + Line("\(destination)", .title)
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
