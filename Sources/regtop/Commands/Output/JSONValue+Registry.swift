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
        var members: [JSONValue.Member] = [
            .init(key: "tag", value: .string(tag)), .init(key: "digest", value: .text(digest)),
            .init(key: "mediaType", value: .text(mediaType)), .init(key: "size", value: .unsigned(size)),
            .init(key: "created", value: .time(created)), .init(key: "modified", value: .time(modified)),
            .init(key: "platforms", value: .array(platforms.map { .string($0) })),
            .init(key: "state", value: .string(state.rawValue)),
        ]
        if let companion { members.append(.init(key: "companion", value: companion.json)) }
        return .object(members)
    }
}

extension Companion {
    nonisolated var json: JSONValue {
        ["kind": .string(kind.rawValue), "subject": .text(subject)]
    }
}

extension ImageDetail {
    nonisolated var json: JSONValue {
        [
            "name": .string(name.string), "tag": .text(tag), "digest": .text(digest), "mediaType": .text(mediaType),
            "size": .unsigned(size), "config": config?.json ?? .null, "layers": .array(layers.map(\.json)),
            "manifests": .array(manifests.map(\.json)), "signatures": .array(signatures.map { .text($0) }),
            "state": .string(state.rawValue),
        ]
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
        [
            "digest": .text(digest), "size": .unsigned(size), "mediaType": .text(mediaType),
            "platform": .text(platform),
            "state": .string(state.rawValue),
        ]
    }
}
