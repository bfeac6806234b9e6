import AdminCore
import Presentation
import SafeText

/// The findings of a run of `fsck`, with its repairs and their results.
nonisolated struct FsckOutcome: Sendable {
    let report: FsckReport
    /// The repairs; nil without `--repair`.
    var plan: RepairPlan?
    /// The results of the repairs; nil if no repair began.
    var results: [ChangeResult]?
    /// The findings after the repairs; nil if there was no second check.
    var afterwards: FsckReport?

    /// The latest findings.
    var last: FsckReport { afterwards ?? report }

    /// The number of errors that are left.
    var left: Int { last.errors }

    /// True if all was checked, and checked again after repairs.
    var isComplete: Bool { last.isComplete && (results == nil || afterwards != nil) }

    /// The exit status, as in fsck(8).
    var status: Int32 {
        let isRepaired = results?.contains { $0.outcome == .done } ?? false
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

    var plain: String {
        guard let plan else { return FsckText.plain(report) }
        return FsckText.plain(report) + (results == nil ? PlanWords(plan).text : ending)
    }

    /// The results, for a run that printed the findings and the plan before its question.
    var ending: String {
        guard let plan, let results else { return "" }
        let left =
            afterwards.map { "left: \(FsckText.counts($0))\n" }
            ?? "left: unknown, because there was no second check\n"
        return PlanWords(plan).text(results) + left
    }
}

/// The findings of `fsck` as text.
nonisolated enum FsckText {
    /// The problems, then the numbers of objects and of problems.
    static func plain(_ report: FsckReport) -> String {
        var text = ""
        for problem in report.problems {
            text += "\(problem.severity.rawValue)  \(problem.kind.rawValue)  \(VisibleText.of(problem.place))\n"
            text += "    \(VisibleText.of(problem.detail))\n"
            if let cure = cure(problem) { text += "    \(cure)\n" }
        }
        for (kind, count) in report.omitted.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            text += "\(HumanText.count(count)) more of \(kind.rawValue) are not listed\n"
        }
        if report.isPullThroughCache { text += "this is the pool of \(PullThroughCache.sentence)\n" }
        return text + "checked: \(scope(report.checked))\nfound: \(counts(report))\n"
    }

    /// The advice for a problem that can be repaired; nil for others.
    static func cure(_ problem: Problem) -> String? {
        problem.repair.map { repair in
            repair.isSafe
                ? "repair with --repair: \(repair.id)"
                : "repair with --repair \(problem.kind.rawValue): \(repair.id)"
        }
    }

    /// The number of problems of each severity.
    static func counts(_ report: FsckReport) -> String {
        let parts = ProblemSeverity.allCases.compactMap { severity -> String? in
            let count = report.problems.count { $0.severity == severity }
            return count == 0 ? nil : "\(HumanText.count(count)) \(severity.word(count))"
        }
        let flight =
            report.checked.inFlight > 0
            ? "; \(HumanText.count(report.checked.inFlight, "recent item")) skipped, because a push may be writing them"
            : ""
        return (parts.isEmpty ? "nothing" : parts.joined(separator: ", ")) + flight
    }

    private static func scope(_ checked: FsckReport.Checked) -> String {
        var parts = [
            HumanText.count(checked.objects, "object"), HumanText.count(checked.files, "file"),
            HumanText.count(checked.blobs, "blob"), HumanText.count(checked.manifests, "manifest"),
        ]
        if checked.taken > 0 { parts.append("\(HumanText.count(checked.taken, "blob")) hashed by an earlier run") }
        if checked.bytes > 0 { parts.append("\(HumanText.bytes(checked.bytes)) of content") }
        return parts.joined(separator: ", ")
    }
}

extension FsckReport {
    nonisolated var json: JSONValue {
        let json: JSONValue = [
            "checked": checked.json, "problems": .array(problems.map(\.json)),
            "omitted": .object(
                omitted.sorted { $0.key.rawValue < $1.key.rawValue }
                    .map { .init(key: $0.key.rawValue, value: .count($0.value)) }),
            "stopped": .text(stopped),
        ]
        return json.adding("pullThroughCache", isPullThroughCache ? .bool(true) : nil)
    }
}

extension FsckReport.Checked {
    nonisolated fileprivate var json: JSONValue {
        [
            "objects": .count(objects), "directories": .count(directories), "files": .count(files),
            "blobs": .count(blobs), "repositories": .count(repositories), "manifests": .count(manifests),
            "hashed": .count(hashed), "taken": .count(taken), "bytes": .unsigned(bytes), "inFlight": .count(inFlight),
        ]
    }
}

extension Problem {
    nonisolated var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "severity": .string(severity.rawValue), "path": .text(path),
            "blob": .text(blob), "object": .text(object), "detail": .string(detail), "repair": .text(repair?.id),
        ]
    }
}
