/// The expected content of a registry after a sequence of changes. It consists of dictionaries and
/// sets, and uses none of the code under test.
struct RegistryModel: Hashable, Sendable {
    struct Repository: Hashable, Sendable {
        /// The digest that each tag names.
        var tags: [String: String] = [:]
        /// The digests of its manifests.
        var revisions: Set<String> = []
        /// The digests of the blobs that it may serve.
        var layers: Set<String> = []
        /// Tags of which only the index is left, after a removal that skipped the trash was
        /// stopped.
        var remains: Set<String> = []
    }

    /// The content of a deletion in the trash, which can be restored.
    struct Deletion: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            case repository, tag, revision
        }

        let kind: Kind
        var repository: String
        var content: Repository
    }

    var repositories: [String: Repository] = [:]
    /// The deletions in the trash, by id.
    var trash: [String: Deletion] = [:]

    /// Returns the model after a change; nil if the change is not possible now.
    func after(_ change: Change) -> RegistryModel? {
        var model = self
        switch change {
        case .push(let name, let tag, let image):
            model.repositories[name, default: Repository()].tags[tag] = image.manifest.digest
            model.repositories[name]?.remains.remove(tag)
            model.repositories[name]?.revisions.insert(image.manifest.digest)
            model.repositories[name]?.layers.formUnion([image.config.digest, image.layer.digest])
        case .delete(let kind, let name, let what, let toTrash):
            guard let taken = model.take(kind, name, what) else { return nil }
            if toTrash { model.trash[RegistryModel.newest] = Deletion(kind: kind, repository: name, content: taken) }
        case .renameRepository(let old, let new):
            guard let repository = repositories[old], repositories[new] == nil else { return nil }
            model.repositories[old] = nil
            model.repositories[new] = repository
        case .renameTag(let name, let old, let new):
            guard let digest = repositories[name]?.tags[old], repositories[name]?.tags[new] == nil,
                repositories[name]?.remains.contains(new) == false
            else { return nil }
            model.repositories[name]?.tags[old] = nil
            model.repositories[name]?.tags[new] = digest
        case .restore(let id, let name):
            guard let deletion = trash[id], model.put(deletion, name ?? deletion.repository) else { return nil }
            model.trash[id] = nil
        case .empty:
            guard !trash.isEmpty else { return nil }
            model.trash = [:]
        }
        return model
    }

    /// Stands for the id of a deletion, which is not known before the deletion is made.
    static let newest = "newest"

    private mutating func take(_ kind: Deletion.Kind, _ name: String, _ what: String) -> Repository? {
        guard var repository = repositories[name] else { return nil }
        var taken = Repository()
        switch kind {
        case .repository:
            repositories[name] = nil
            return repository
        case .tag:
            guard let digest = repository.tags.removeValue(forKey: what) else { return nil }
            taken.tags = [what: digest]
        case .revision:
            guard repository.revisions.remove(what) != nil else { return nil }
            taken.revisions = [what]
            taken.tags = repository.tags.filter { $0.value == what }
            for tag in taken.tags.keys { repository.tags[tag] = nil }
        }
        repositories[name] = repository == Repository() ? nil : repository
        return taken
    }

    private mutating func put(_ deletion: Deletion, _ name: String) -> Bool {
        if deletion.kind == .repository {
            guard repositories[name] == nil else { return false }
            repositories[name] = deletion.content
            return true
        }
        var repository = repositories[name] ?? Repository()
        let isTaken =
            !repository.revisions.isDisjoint(with: deletion.content.revisions)
            || deletion.content.tags.keys.contains { repository.tags[$0] != nil || repository.remains.contains($0) }
        if isTaken || name != deletion.repository { return false }
        repository.tags.merge(deletion.content.tags) { own, _ in own }
        repository.revisions.formUnion(deletion.content.revisions)
        repositories[name] = repository
        return true
    }
}

/// An image that can be pushed. It has three blobs.
struct ModelImage: Hashable, Sendable {
    struct Blob: Hashable, Sendable {
        let digest: String
        let content: [UInt8]
    }

    let layer: Blob
    let config: Blob
    let manifest: Blob

    /// Creates a different image for each number. `hash` returns the hexadecimal SHA-256.
    init(_ number: Int, hash: ([UInt8]) -> String) {
        func blob(_ content: [UInt8]) -> Blob { Blob(digest: hash(content), content: content) }
        layer = blob(Array("layer \(number)".utf8))
        // Two successive images share a configuration.
        config = blob(Array(#"{"architecture":"amd64","os":"linux","n":\#(number / 2)}"#.utf8))
        let type = "application/vnd.docker"
        manifest = blob(
            Array(
                """
                {"schemaVersion":2,"mediaType":"\(type).distribution.manifest.v2+json",\
                "config":{"mediaType":"\(type).container.image.v1+json","size":\(config.content.count),\
                "digest":"sha256:\(config.digest)"},"layers":[{"mediaType":"\(type).image.rootfs.diff.tar.gzip",\
                "size":\(layer.content.count),"digest":"sha256:\(layer.digest)"}]}
                """.utf8))
    }
}

enum Change: Hashable, Sendable {
    case push(String, tag: String, ModelImage)
    case delete(RegistryModel.Deletion.Kind, String, String, toTrash: Bool)
    case renameRepository(String, String)
    case renameTag(String, String, String)
    case restore(String, as: String?)
    case empty
}

extension Change: CustomStringConvertible {
    var description: String {
        switch self {
        case .push(let name, let tag, let image): "push \(name):\(tag) = \(image.manifest.digest.prefix(8))"
        case .delete(let kind, let name, let what, let toTrash):
            "delete \(kind) \(name) \(what.prefix(8))\(toTrash ? "" : " now")"
        case .renameRepository(let old, let new): "mv \(old) \(new)"
        case .renameTag(let name, let old, let new): "mv \(name):\(old) \(new)"
        case .restore(let id, let name): "restore \(id)\(name.map { " as \($0)" } ?? "")"
        case .empty: "empty"
        }
    }
}

extension RegistryModel.Repository {
    /// Returns true if a removal from `before` to `after` can leave this when it stops: no manifest
    /// is gone while a tag that goes is left, and no layer is gone while a manifest that goes is
    /// left.
    func isPartOf(_ before: Self, asOrderedIn after: Self?) -> Bool {
        let after = after ?? Self()
        let goingTags = Set(before.tags.keys).subtracting(after.tags.keys)
        let goingRevisions = before.revisions.subtracting(after.revisions)
        let tagsLeft = goingTags.contains { tags[$0] != nil }
        let revisionsLeft = !goingRevisions.isDisjoint(with: revisions)
        return tags.allSatisfy { before.tags[$0.key] == $0.value }
            && revisions.isSubset(of: before.revisions) && layers.isSubset(of: before.layers)
            && Set(after.tags.keys).isSubset(of: tags.keys) && after.revisions.isSubset(of: revisions)
            && after.layers.isSubset(of: layers)
            && (!tagsLeft || revisions == before.revisions) && (!revisionsLeft || layers == before.layers)
    }
}
