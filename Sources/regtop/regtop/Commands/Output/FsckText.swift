import AdminCore

/// What `fsck` found, for people.
nonisolated enum FsckText {
    /// Each problem in some lines, and what was looked at.
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
        if report.isPullThroughCache { text += "this pool is that of \(PullThroughCache.sentence)\n" }
        return text + "looked at \(scope(report.checked))\nfound: \(counts(report))\n"
    }

    /// What would mend a problem.
    static func cure(_ problem: Problem) -> String? {
        problem.repair.map { repair in
            repair.isSafe
                ? "--repair mends it: \(repair.id)"
                : "--repair \(problem.kind.rawValue) mends it: \(repair.id)"
        }
    }

    /// How many of which severity.
    static func counts(_ report: FsckReport) -> String {
        let parts = ProblemSeverity.allCases.compactMap { severity -> String? in
            let count = report.problems.count { $0.severity == severity }
            return count == 0 ? nil : "\(HumanText.count(count)) \(severity.word(count))"
        }
        let flight =
            report.checked.inFlight > 0
            ? "; \(HumanText.count(report.checked.inFlight, "thing")) younger than the grace window may be being written"
            : ""
        return (parts.isEmpty ? "nothing" : parts.joined(separator: ", ")) + flight
    }

    private static func scope(_ checked: FsckReport.Checked) -> String {
        var parts = [
            HumanText.count(checked.objects, "object"), HumanText.count(checked.files, "file"),
            HumanText.count(checked.blobs, "blob"), HumanText.count(checked.manifests, "manifest"),
        ]
        if checked.taken > 0 { parts.append("\(HumanText.count(checked.taken, "blob")) hashed by a run before") }
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
    nonisolated fileprivate var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "severity": .string(severity.rawValue), "path": .text(path),
            "blob": .text(blob), "object": .text(object), "detail": .string(detail), "repair": .text(repair?.id),
        ]
    }
}
