import AdminCore

/// `verify` for people.
nonisolated enum VerifyText {
    static func plain(_ found: Verification, after elapsed: Duration) -> String {
        var facts = FactLines()
        facts.add("manifests", HumanText.count(found.manifests))
        facts.add("blobs", "\(HumanText.count(found.blobs)), \(HumanText.bytes(found.bytes)) read")
        facts.add("throughput", TaskProgress(done: found.bytes, unit: TaskProgress.bytes).rate(after: elapsed))
        facts.add("state", found.word)
        if !found.isComplete { facts.add("incomplete", "it was stopped") }
        guard !found.findings.isEmpty else { return facts.text }
        let lines = found.findings.map { finding in
            let place = finding.repository.map { name in finding.tag.map { "\(name):\($0)  " } ?? "\(name)  " } ?? ""
            return VisibleText.of("\(finding.state.rawValue)  \(place)\(finding.problem)") + "\n"
        }
        return facts.text + "\n" + lines.joined()
    }
}

extension Verification {
    /// The whole in one word.
    nonisolated var word: String { isSound ? "ok" : "damaged" }

    nonisolated var json: JSONValue {
        [
            "manifests": .count(manifests), "blobs": .count(blobs), "bytes": .unsigned(bytes),
            "complete": .bool(isComplete), "state": .string(word), "findings": .array(findings.map(\.json)),
        ]
    }
}

extension Verification.Finding {
    nonisolated var json: JSONValue {
        [
            "repository": .text(repository), "tag": .text(tag), "digest": .text(digest),
            "state": .string(state.rawValue), "problem": .string(problem),
        ]
    }
}
