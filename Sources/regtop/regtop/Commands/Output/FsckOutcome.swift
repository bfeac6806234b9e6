import AdminCore

/// What a run of `fsck` found and did.
nonisolated struct FsckOutcome: Sendable {
    let report: FsckReport
    /// The repairs; nil if none were asked for.
    var plan: RepairPlan?
    /// How they ended; nil if they were not begun.
    var results: [ChangeResult]?
    /// What was found after them; nil if nobody looked.
    var afterwards: FsckReport?

    /// What was found last.
    var last: FsckReport { afterwards ?? report }

    /// Errors that are left.
    var left: Int { last.errors }

    /// As fsck(8) ends.
    var status: Int32 {
        let isRepaired = results?.contains { $0.outcome == .done } ?? false
        let isComplete = last.isComplete && (results == nil || afterwards != nil)
        return (isRepaired ? 1 : 0) | (left > 0 ? 4 : 0) | (isComplete ? 0 : 8)
    }

    var json: JSONValue {
        guard case .object(var members) = report.json else { return report.json }
        if let plan {
            members.append(
                .init(key: "repairs", value: plan.json(applied: results != nil, results: results ?? [])))
            members.append(.init(key: "left", value: .count(left)))
        }
        return .object(members)
    }

    /// Everything.
    var plain: String {
        guard let plan else { return FsckText.plain(report) }
        return FsckText.plain(report) + (results == nil ? PlanWords(plan).text : ending)
    }

    /// What was done, where the rest has been shown before the question.
    var ending: String {
        guard let plan, let results else { return "" }
        let left =
            afterwards.map { "left: \(FsckText.counts($0))\n" }
            ?? "what is left is not known: nobody looked again\n"
        return PlanWords(plan).text(results) + left
    }
}
