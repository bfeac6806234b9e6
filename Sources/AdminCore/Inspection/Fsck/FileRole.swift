/// What a file is in the registry, as its path says.
enum FileRole: Hashable, Sendable {
    /// The content of a blob.
    case blob(Digest)
    /// A link of a repository; the digest that its path says, nil for a tag's current link.
    case link(Digest?)
    /// A part of an unfinished upload, whose directory this is.
    case upload(StoragePath)
    /// In regtop's trash or quarantine: not in use, and referred to all the same.
    case held
    /// Nothing that a registry knows.
    case other
}

extension RegistryPaths {
    /// Where regtop keeps what was taken away and may come back.
    var holdings: [StoragePath] {
        [trash, root.parent.appending(.literal("regtop-quarantine"))]
    }

    /// What the file at a path is.
    func role(of path: StoragePath) -> FileRole {
        if let digest = digest(ofBlob: path) { return .blob(digest) }
        if holdings.contains(where: path.isBelow) { return .held }
        guard path.isBelow(repositories) else { return .other }
        let parts = path.components.dropFirst(repositories.components.count)
        guard let part = parts.firstIndex(where: { $0.first == "_" }) else { return .other }
        let own = Array(parts[part...])
        func named(_ index: Int) -> Digest? {
            own.count == index + 3 && own[index + 2] == "link"
                ? Digest(algorithm: own[index], hex: own[index + 1]) : nil
        }
        switch own[0] {
        case "_uploads" where own.count > 2:
            return .upload(.literal(Array(path.components.dropLast(own.count - 2))))
        case "_layers": return named(1).map { .link($0) } ?? .other
        case "_manifests" where own.count > 2 && own[1] == "revisions":
            if let digest = named(2) { return .link(digest) }
            return own.count > 4 && own[4] == "signatures" ? named(5).map { .link($0) } ?? .other : .other
        case "_manifests" where own.count > 4 && own[1] == "tags":
            if own.count == 5, own[3] == "current", own[4] == "link" { return .link(nil) }
            return own[3] == "index" ? named(4).map { .link($0) } ?? .other : .other
        default: return .other
        }
    }
}
