import AdminCore

/// A plan and its results for people.
nonisolated enum PlanText {
    /// How many names of a list are written out.
    private static let longestList = 20

    /// What would be changed, what that costs, and what to know before saying yes.
    static func plain(_ plan: ChangePlan) -> String {
        var lines = plan.targets.map { target in
            switch target.destination {
            case let destination?: "move    \(target.reference)  to  \(destination)"
            case nil: "delete  \(target.reference)"
            }
        }
        let impact = plan.impact
        if plan.action == .remove {
            let parts = [
                part(impact.tags.count, "tag"), part(impact.revisions, "manifest"), part(impact.layers, "layer link"),
                part(impact.uploads, "unfinished upload"),
            ].compactMap(\.self)
            if !parts.isEmpty { lines.append("what goes: \(parts.joined(separator: ", "))") }
            if !impact.tags.isEmpty { lines.append("tags that go: \(list(impact.tags))") }
            if !impact.siblingTags.isEmpty {
                lines.append("tags on the same manifests that stay: \(list(impact.siblingTags))")
            }
            lines.append("makes \(HumanText.bytes(impact.reclaimable)) reclaimable")
        } else {
            let links = plan.targets.reduce(0) { $0 + $1.links.count }
            lines.append("what moves: \(HumanText.count(links, "link"))")
            if !impact.tags.isEmpty { lines.append("tags that are replaced: \(list(impact.tags))") }
        }
        if impact.bytes > 0 || impact.objects > 0 {
            let gone = [
                impact.objects > 0 ? HumanText.count(impact.objects, "emptied directory object") : nil,
                impact.bytes > 0 ? HumanText.bytes(impact.bytes) : nil,
            ].compactMap(\.self)
            lines.append("gone when it ends: \(gone.joined(separator: ", "))")
        }
        lines += plan.notes.map { "note: \($0)" }
        return lines.map { VisibleText.of($0) + "\n" }.joined()
    }

    /// The question. It says what cannot be taken back.
    static func question(_ plan: ChangePlan) -> String {
        let count = plan.targets.count
        guard let first = plan.targets.first else { return "Go on?" }
        if plan.action == .move, let destination = first.destination {
            return "Move \(first.reference) to \(destination)?"
        }
        let what = count == 1 ? "\(first.reference)" : "these \(count) targets"
        return "Delete \(what)? There is no trash yet: the links are dropped at once."
    }

    /// What was done.
    static func plain(_ plan: ChangePlan, _ results: [ChangeResult]) -> String {
        results.map { result in
            let word =
                switch result.outcome {
                case .done: plan.action == .remove ? "deleted" : "moved"
                default: result.outcome.rawValue
                }
            return "\(word)  \(result.target)\n"
        }.joined()
    }

    /// What was not done, in a sentence.
    static func failure(_ action: PlanAction, _ result: ChangeResult, _ error: String) -> String {
        let what = action == .remove ? "deleting" : "moving"
        return switch result.outcome {
        case .unknown: "whether \(result.target) was changed is unknown: \(error)"
        case .skipped: "\(what) \(result.target) was skipped: \(error)"
        default: "\(what) \(result.target) failed: \(error)"
        }
    }

    private static func part(_ count: Int, _ noun: String) -> String? {
        count > 0 ? HumanText.count(count, noun) : nil
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(longestList).joined(separator: ", ")
        let rest = names.count - longestList
        return rest > 0 ? "\(shown) and \(HumanText.count(rest)) more" : shown
    }
}
