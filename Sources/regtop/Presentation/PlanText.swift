import AdminCore

/// A plan and its results for people.
nonisolated enum PlanText {
    /// How many names of a list are written out.
    private static let longestList = 20

    /// What would be changed, what that costs, and what to know before saying yes.
    static func plain(_ plan: some ShownPlan) -> String {
        let isEmpty = plan.targetNames.isEmpty && plan.impact == Impact()
        var lines = zip(plan.subjects, plan.targetNames).map { subject, name in
            let verb = plan.action.infinitive
            var line = "\(verb)\(String(repeating: " ", count: max(1, 8 - verb.count)))\(subject)"
            if subject != name { line += "  (\(name))" }
            if let destination = plan.destination { line += "  \(plan.action == .move ? "to" : "as")  \(destination)" }
            return line
        }
        lines += isEmpty ? ["there is nothing to be \(plan.action.done)"] : plan.impactLines
        lines += plan.notes.map { "note: \($0)" }
        let verdicts = plan.choices.isEmpty ? "" : SelectedRemoval.table(plan.choices) + "\n"
        return verdicts + lines.map { VisibleText.of($0) + "\n" }.joined()
    }

    /// The question. It says what cannot be taken back.
    static func question(_ plan: some ShownPlan) -> String {
        let what = plan.subjects.count == 1 ? plan.subject : "these \(plan.subject)"
        var question = "\(plan.action.infinitive.prefix(1).uppercased())\(plan.action.infinitive.dropFirst()) \(what)"
        if let destination = plan.destination { question += " \(plan.action == .move ? "to" : "as") \(destination)" }
        return question + "?" + (plan.caution.isEmpty ? "" : " \(plan.caution)")
    }

    /// What was done; of what went to the trash, under which id it is there.
    static func plain(_ plan: some ShownPlan, _ results: [ChangeResult]) -> String {
        results.map { result in
            let word = result.outcome == .done ? plan.action.done : result.outcome.rawValue
            return "\(word)  \(result.target)\(result.trash.map { "  in the trash as \($0)" } ?? "")\n"
        }.joined()
    }

    /// What was not done, in a sentence.
    static func failure(_ action: PlanAction, _ result: ChangeResult, _ error: String) -> String {
        switch result.outcome {
        case .unknown: "whether \(result.target) was changed is unknown: \(error)"
        case .skipped: "\(action.doing) \(result.target) was skipped: \(error)"
        default: "\(action.doing) \(result.target) failed: \(error)"
        }
    }

    // MARK: - Impact

    /// What is lost, in lines.
    static func losses(_ impact: Impact) -> [String] {
        var lines: [String] = []
        let parts = [
            part(impact.tags.count, "tag"), part(impact.revisions, "manifest"), part(impact.layers, "layer link"),
            part(impact.uploads, "unfinished upload"),
        ].compactMap(\.self)
        if !parts.isEmpty { lines.append("what goes: \(parts.joined(separator: ", "))") }
        if !impact.tags.isEmpty { lines.append("tags that go: \(list(impact.tags))") }
        if !impact.siblingTags.isEmpty {
            lines.append("tags on the same manifests that stay: \(list(impact.siblingTags))")
        }
        if !impact.brokenIndexes.isEmpty {
            lines.append("stay, and need a manifest that goes: \(list(impact.brokenIndexes))")
        }
        if !impact.orphanedChildren.isEmpty {
            lines.append("stay, and lose their index: \(list(impact.orphanedChildren))")
        }
        if impact.sharedBlobs > 0 {
            let shared = HumanText.count(impact.sharedBlobs, "blob")
            lines.append("needed by others as well: \(shared), \(HumanText.bytes(impact.sharedBytes))")
        }
        return lines
    }

    /// What is gone when it ends; no line if nothing is.
    static func gone(_ impact: Impact) -> [String] {
        let gone = [
            impact.objects > 0 ? HumanText.count(impact.objects, "object") : nil,
            impact.bytes > 0 ? HumanText.bytes(impact.bytes) : nil,
        ].compactMap(\.self)
        return gone.isEmpty ? [] : ["gone when it ends: \(gone.joined(separator: ", "))"]
    }

    /// Names, as many as people read.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(longestList).joined(separator: ", ")
        let rest = names.count - longestList
        return rest > 0 ? "\(shown) and \(HumanText.count(rest)) more" : shown
    }

    private static func part(_ count: Int, _ noun: String) -> String? {
        count > 0 ? HumanText.count(count, noun) : nil
    }
}
