import AdminCore

/// The removal of what was chosen by rules: the plan, with the verdict on everything that was looked at.
nonisolated struct SelectedRemoval: ShownPlan {
    let selection: Selection
    let plan: ChangePlan

    var action: PlanAction { plan.action }
    var targetNames: [String] { plan.targetNames }
    var impact: Impact { plan.impact }
    var notes: [String] { selection.notes + plan.notes }
    var logNames: [String] { plan.logNames }
    var subjects: [String] { plan.subjects }
    var caution: String { plan.caution }
    var impactLines: [String] { plan.impactLines }
    var repositories: Set<RepositoryName>? { plan.repositories }
    var choices: [Selection.Choice] { selection.choices }

    func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        plan.steps(with: context, progress: progress)
    }

    /// The removal of what goes by a selection; what stays by it stays, even if it belongs to an image that goes.
    static func of(
        _ selection: Selection, _ planner: ChangePlanner, skippingTrash: Bool = false, keepingCompanions: Bool = false,
        handling: RepositoryHandling = RepositoryHandling(), progress: @escaping ProgressHandler
    ) async throws -> SelectedRemoval {
        let plan = try await planner.removal(
            of: selection.references, skippingTrash: skippingTrash,
            companions: keepingCompanions ? .none : .except(selection.staying), handling: handling, progress: progress)
        return SelectedRemoval(selection: selection, plan: plan)
    }

    /// Every verdict, a line each.
    static func table(_ choices: [Selection.Choice]) -> String {
        choices.map { choice in
            var line = "\(choice.goes ? "goes " : "stays")  \(choice.reference)  \(choice.reason)"
            if !choice.sharedWith.isEmpty { line += "; its manifest stays with \(PlanText.list(choice.sharedWith))" }
            return VisibleText.of(line) + "\n"
        }.joined()
    }
}

extension Selection.Choice {
    nonisolated var json: JSONValue {
        [
            "target": .text(reference), "goes": .bool(goes), "reason": .string(reason),
            "sharedWith": .array(sharedWith.map { .string($0) }),
        ]
    }
}
