import AdminCore

/// `verify` for people.
nonisolated enum VerifyText {
    static func plain(_ found: Verification, after elapsed: Duration) -> String {
        var facts = FactLines()
        facts.add("manifests", HumanText.count(found.manifests))
        facts.add("blobs", "\(HumanText.count(found.blobs)), \(HumanText.bytes(found.bytes)) read")
        facts.add("throughput", Throughput.text(found.bytes, in: elapsed))
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

/// How fast bytes come.
nonisolated enum Throughput {
    /// `85.2 MiB/s`; nil before anything can be said.
    static func text(_ bytes: UInt64, in elapsed: Duration) -> String? {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        guard seconds > 0.001, bytes > 0 else { return nil }
        return HumanText.bytes(UInt64(Double(bytes) / seconds)) + "/s"
    }

    /// A handler that adds the throughput to what is shown.
    static func handler(
        _ base: @escaping ProgressHandler, since began: ContinuousClock.Instant
    ) -> ProgressHandler {
        { progress in
            var progress = progress
            if let text = text(progress.completed, in: ContinuousClock.now - began) {
                progress.phase += ", \(text)"
            }
            base(progress)
        }
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
