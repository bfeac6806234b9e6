import AdminCore

extension Impact {
    nonisolated func json(notes: [String]) -> JSONValue {
        [
            "bytes": .unsigned(bytes), "objects": .count(objects), "reclaimable": .unsigned(reclaimable),
            "tags": .array(tags.map { .string($0) }), "siblingTags": .array(siblingTags.map { .string($0) }),
            "orphanedChildren": .array(orphanedChildren.map { .string($0) }),
            "brokenIndexes": .array(brokenIndexes.map { .string($0) }), "sharedBlobs": .count(sharedBlobs),
            "sharedBytes": .unsigned(sharedBytes), "revisions": .count(revisions), "layers": .count(layers),
            "uploads": .count(uploads),
            "notes": .array(notes.map { .string($0) }),
        ]
    }
}

extension ChangeResult {
    nonisolated var json: JSONValue {
        ["target": .text(target), "outcome": .string(outcome.rawValue), "error": .text(error)]
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

extension CollectionPlan.Item {
    nonisolated var json: JSONValue {
        ["path": .text(origin), "blob": .string(blob.string), "bytes": .unsigned(bytes)]
    }
}
