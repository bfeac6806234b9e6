import AdminCore

extension ChangePlan {
    /// The plan with what became of it. A move has its destination besides.
    nonisolated func json(applied: Bool, results: [ChangeResult]) -> JSONValue {
        var members = [JSONValue.Member(key: "targets", value: .array(targets.map { .text($0.reference) }))]
        if action == .move {
            members.append(.init(key: "destination", value: .text(targets.first?.destination)))
        }
        members += [
            .init(key: "impact", value: impact.json(notes: notes)), .init(key: "applied", value: .bool(applied)),
            .init(key: "results", value: .array(results.map(\.json))),
        ]
        return .object(members)
    }
}

extension Impact {
    nonisolated func json(notes: [String]) -> JSONValue {
        [
            "bytes": .unsigned(bytes), "objects": .count(objects), "reclaimable": .unsigned(reclaimable),
            "tags": .array(tags.map { .string($0) }), "siblingTags": .array(siblingTags.map { .string($0) }),
            "revisions": .count(revisions), "layers": .count(layers), "uploads": .count(uploads),
            "notes": .array(notes.map { .string($0) }),
        ]
    }
}

extension ChangeResult {
    nonisolated var json: JSONValue {
        ["target": .text(target), "outcome": .string(outcome.rawValue), "error": .text(error)]
    }
}
