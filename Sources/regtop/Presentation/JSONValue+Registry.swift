import AdminCore

// The JSON of the registry's rows, key by key as the documentation has it.

extension RepositorySummary {
    nonisolated func json(unique: UInt64?) -> JSONValue {
        [
            "name": .string(name.string), "tags": .count(tags), "revisions": .count(revisions),
            "uploads": .count(uploads), "size": .unsigned(size), "unique": .bytes(unique),
            "modified": .time(modified), "state": .string(state.rawValue),
        ]
    }

    /// As `show` shows a repository: all its manifests, and no one manifest.
    nonisolated func json(manifests: [ImageDetail]) -> JSONValue {
        [
            "name": .string(name.string), "tag": .null, "digest": .null, "mediaType": .null, "size": .unsigned(size),
            "config": .null, "layers": [], "manifests": .array(manifests.map(\.jsonAsChild)), "signatures": [],
            "state": .string(state.rawValue),
        ]
    }
}

extension TagSummary {
    /// Of what belongs to an image, also to which, and as what.
    nonisolated var json: JSONValue {
        let json: JSONValue = [
            "tag": .string(tag), "digest": .text(digest), "mediaType": .text(mediaType), "size": .unsigned(size),
            "created": .time(created), "modified": .time(modified), "platforms": .array(platforms.map { .string($0) }),
            "state": .string(state.rawValue),
        ]
        return json.adding("kind", kind?.json).adding("companion", companion?.json)
    }
}

extension Companion {
    nonisolated var json: JSONValue {
        ["kind": .string(kind.rawValue), "subject": .text(subject)]
    }
}

extension ImageDetail {
    nonisolated var json: JSONValue {
        let json: JSONValue = [
            "name": .string(name.string), "tag": .text(tag), "digest": .text(digest), "mediaType": .text(mediaType),
            "size": .unsigned(size), "config": config?.json ?? .null, "layers": .array(layers.map(\.json)),
            "manifests": .array(manifests.map(\.json)), "signatures": .array(signatures.map { .text($0) }),
            "state": .string(state.rawValue),
        ]
        return json.adding("kind", kind?.json)
            .adding("notes", notes.isEmpty ? nil : .array(notes.map { .string($0) }))
    }

    /// A manifest among those of its repository; the size is that of everything it reaches.
    nonisolated var jsonAsChild: JSONValue {
        [
            "digest": .text(digest), "size": .unsigned(size), "mediaType": .text(mediaType),
            "platform": .text(platforms.count == 1 ? platforms.first : nil), "state": .string(state.rawValue),
        ]
    }
}

extension ImageDetail.Blob {
    nonisolated var json: JSONValue {
        [
            "digest": .text(digest), "size": .unsigned(size), "mediaType": .text(mediaType),
            "state": .string(state.rawValue),
        ]
    }
}

extension ImageDetail.Child {
    nonisolated var json: JSONValue {
        let json: JSONValue = [
            "digest": .text(digest), "size": .unsigned(size), "mediaType": .text(mediaType),
            "platform": .text(platform), "state": .string(state.rawValue),
        ]
        return json.adding("osVersion", osVersion.map { .string($0) })
            .adding("osFeatures", osFeatures.isEmpty ? nil : .array(osFeatures.map { .string($0) }))
            .adding("label", label == platform ? nil : .text(label)).adding("attestationOf", attested.map { .text($0) })
    }
}

extension ArtifactKind {
    /// Of what is no image and no index; nil for those.
    nonisolated fileprivate var json: JSONValue? { isSpecial ? .string(description) : nil }
}
