package import AdminCore
import SafeText

/// A transfer in words: the same on the command line and in the console.
package struct TransferWords {
    package let plan: TransferPlan
    /// The place to which the images go.
    package let target: String

    package init(_ plan: TransferPlan, to target: String) {
        self.plan = plan
        self.target = target
    }

    /// The question.
    package var question: String { "Copy to \(target)?" }

    /// The plan, a fact on each line; the images that are left out come last.
    package var lines: [PlanLine] {
        var lines: [PlanLine] = []
        func add(_ name: String, _ value: String) {
            lines.append(PlanLine(name + String(repeating: " ", count: max(1, 15 - name.count)), .dim).adding(value))
        }
        add("to", target)
        add("repositories", HumanText.count(plan.repositories.count))
        add("tags", HumanText.count(plan.tagCount))
        add("manifests", HumanText.count(plan.imageCount))
        add("blobs", "\(HumanText.count(plan.blobs.count)), \(HumanText.bytes(plan.bytes))")
        if plan.sharedBytes > 0 { add("shared", "\(HumanText.bytes(plan.sharedBytes)), copied once") }
        if !plan.present.isEmpty {
            add(
                "there already",
                "\(HumanText.count(plan.present.count, "blob")); to copy \(HumanText.bytes(plan.missingBytes))")
        }
        let lack = plan.available.map { $0 < plan.room ? "; the disk has only \(HumanText.bytes($0)) free" : "" }
        add("room needed", HumanText.bytes(plan.room) + (lack ?? ""))
        for reference in plan.removals { lines.append(PlanLine("remove  ", .warning).adding("\(reference)")) }
        for item in plan.conversions {
            lines.append(PlanLine("convert  ").adding(item.target).adding("  \(item.new)", .dim))
        }
        if !plan.leftOut.isEmpty { add("left out", HumanText.count(plan.leftOut.count)) }
        return lines + plan.leftOut.map(Self.line)
    }

    /// The plan as text that is safe to print.
    package var text: String { Self.text(lines) }

    /// The result as text that is safe to print.
    package func text(_ report: TransferReport) -> String {
        var parts = ["\(HumanText.count(report.copied, "blob")) copied, \(HumanText.bytes(report.bytes))"]
        if report.present > 0 { parts.append("\(HumanText.count(report.present)) were there") }
        parts.append("\(HumanText.count(report.tags, "tag")) set")
        if !report.removed.isEmpty { parts.append("\(HumanText.count(report.removed.count, "tag")) removed") }
        let left = plan.leftOut + report.leftOut
        if !left.isEmpty { parts.append("\(HumanText.count(left.count)) left out") }
        return Self.text([PlanLine("\(target): \(parts.joined(separator: "; "))")] + left.map(Self.line))
    }

    private static func line(_ item: TransferPlan.LeftOut) -> PlanLine {
        PlanLine("left out  ", .warning).adding(item.target).adding("  \(item.reason)", .dim)
    }

    private static func text(_ lines: [PlanLine]) -> String {
        lines.map { VisibleText.of($0.text) + "\n" }.joined()
    }

    /// The plan, and the result if there is one.
    package func json(_ report: TransferReport?) -> JSONValue {
        let left = plan.leftOut + (report?.leftOut ?? [])
        var json: JSONValue = [
            "target": .string(target), "repositories": .count(plan.repositories.count), "tags": .count(plan.tagCount),
            "manifests": .count(plan.imageCount), "blobs": .count(plan.blobs.count), "bytes": .unsigned(plan.bytes),
            "sharedBytes": .unsigned(plan.sharedBytes), "present": .count(plan.present.count),
            "missingBytes": .unsigned(plan.missingBytes), "room": .unsigned(plan.room),
            "available": .bytes(plan.available), "removals": .array(plan.removals.map { .string("\($0)") }),
            "conversions": .array(
                plan.conversions.map { ["target": .string($0.target), "old": .text($0.old), "new": .text($0.new)] }),
            "leftOut": .array(left.map { ["target": .string($0.target), "reason": .string($0.reason)] }),
            "applied": .bool(report != nil),
        ]
        if let report {
            json = json.adding(
                "result",
                [
                    "copied": .count(report.copied), "bytes": .unsigned(report.bytes),
                    "present": .count(report.present), "tags": .count(report.tags),
                    "refused": .array(
                        report.refused.sorted { $0.key < $1.key }.map {
                            ["digest": .text($0.key), "reason": .string($0.value)]
                        }), "removed": .array(report.removed.map { .string("\($0)") }),
                ])
        }
        return json
    }
}

extension TransferComparison {
    /// The comparison in JSON.
    package var json: JSONValue {
        [
            "same": .count(same),
            "differences": .array(
                differences.map {
                    [
                        "kind": .string($0.kind.rawValue), "repository": .string($0.repository.string),
                        "tag": .string($0.tag), "source": .text($0.source), "target": .text($0.target),
                        "detail": .text($0.detail),
                    ]
                }),
        ]
    }
}
