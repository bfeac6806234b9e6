package import AdminCore

// The JSON of the core's values, with the keys in the order of the documentation.

extension RepositorySummary {
    package func json(unique: UInt64?) -> JSONValue {
        [
            "name": .string(name.string), "tags": .count(tags), "revisions": .count(revisions),
            "uploads": .count(uploads), "size": .unsigned(size), "unique": .bytes(unique),
            "modified": .time(modified), "state": .string(state.printed),
        ]
    }

    /// A repository as `show` prints it, with all its manifests.
    package func json(manifests: [ImageDetail]) -> JSONValue {
        [
            "name": .string(name.string), "tag": .null, "digest": .null, "mediaType": .null, "size": .unsigned(size),
            "config": .null, "layers": [], "manifests": .array(manifests.map(\.jsonAsChild)), "signatures": [],
            "state": .string(state.printed),
        ]
    }
}

extension TagSummary {
    /// A tag that belongs to an image also has `companion`.
    package var json: JSONValue {
        let json: JSONValue = [
            "tag": .string(tag), "digest": .text(digest), "mediaType": .text(mediaType), "size": .unsigned(size),
            "created": .time(created), "modified": .time(modified), "platforms": .array(platforms.map { .string($0) }),
            "state": .string(state.printed),
        ]
        return json.adding("kind", kind?.json).adding("companion", companion?.json)
    }
}

extension Companion {
    var json: JSONValue {
        ["kind": .string(kind.rawValue), "subject": .text(subject)]
    }
}

extension ImageDetail {
    package var json: JSONValue {
        let json: JSONValue = [
            "name": .string(name.string), "tag": .text(tag), "digest": .text(digest), "mediaType": .text(mediaType),
            "size": .unsigned(size), "config": config?.json ?? .null, "layers": .array(layers.map(\.json)),
            "manifests": .array(manifests.map(\.json)), "signatures": .array(signatures.map { .text($0) }),
            "state": .string(state.printed),
        ]
        return json.adding("kind", kind?.json)
            .adding("notes", notes.isEmpty ? nil : .array(notes.map { .string($0) }))
    }

    /// A manifest in the list of its repository. The size includes all blobs of the manifest.
    var jsonAsChild: JSONValue {
        [
            "digest": .text(digest), "size": .unsigned(size), "mediaType": .text(mediaType),
            "platform": .text(platforms.count == 1 ? platforms.first : nil), "state": .string(state.printed),
        ]
    }
}

extension ImageDetail.Blob {
    var json: JSONValue {
        [
            "digest": .text(digest), "size": .unsigned(size), "mediaType": .text(mediaType),
            "state": .string(state.printed),
        ]
    }
}

extension ImageDetail.Child {
    var json: JSONValue {
        let json: JSONValue = [
            "digest": .text(digest), "size": .unsigned(size), "mediaType": .text(mediaType),
            "platform": .text(platform), "state": .string(state.printed),
        ]
        return json.adding("osVersion", osVersion.map { .string($0) })
            .adding("osFeatures", osFeatures.isEmpty ? nil : .array(osFeatures.map { .string($0) }))
            .adding("label", label == platform ? nil : .text(label)).adding("attestationOf", attested.map { .text($0) })
    }
}

extension ArtifactKind {
    /// nil for images and indexes.
    fileprivate var json: JSONValue? { isSpecial ? .string(description) : nil }
}

extension Impact {
    func json(notes: [String]) -> JSONValue {
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
    var json: JSONValue {
        ["target": .text(target), "outcome": .string(outcome.rawValue), "error": .text(error)]
    }
}

extension Selection.Choice {
    var json: JSONValue {
        [
            "target": .text(reference), "goes": .bool(goes), "reason": .string(reason),
            "sharedWith": .array(sharedWith.map { .string($0) }),
        ]
    }
}

extension CollectionPlan.Item {
    package var json: JSONValue {
        ["path": .text(origin), "blob": .string(blob.string), "bytes": .unsigned(bytes)]
    }
}

// The states as commands print them: by the lengths of chunks alone, so that a chunk that is too
// long is damage. The console, which reads the content, tells more.

extension RepositorySummary.State {
    package var printed: String { self == .suspect ? "damaged" : rawValue }
}

extension TagSummary.State {
    package var printed: String { self == .ok ? rawValue : "damaged" }
}

extension ImageDetail.BlobState {
    package var printed: String { self == .suspect || self == .waste ? "damaged" : rawValue }
}
