import AdminCore
import ArgumentParser
import SafeText
import Foundation

/// A kind of value that shells complete.
nonisolated enum CompletedValue: Sendable {
    case pool
    /// The name of a registry in config.yml.
    case registry
    /// The value of `--store`.
    case store
    case repository
    /// A repository, a tag or a manifest.
    case reference
    case digest
    /// A path of the driver's tree.
    case path
    /// A path, or the digest of a blob.
    case file
    /// A reference, a digest or a path.
    case subject
    /// One of these places, such as `rados:POOL`; with `""` also a file by its name alone.
    case place([String])

    /// The values that complete a word. Throws the errors of the store.
    ///
    /// - Parameter open: Opens the store of the command line.
    func values(
        for text: String, _ open: @Sendable () async throws -> Session, pools: @Sendable () async throws -> [String]
    )
        async throws -> [String]
    {
        switch self {
        case .pool: return try await pools()
        case .registry: return SettingsFile.read().registries.keys.sorted()
        case .store: return try await Self.places(["rados", "sqlite:"], text, pools)
        case .place(let forms): return try await Self.places(forms, text, pools)
        case .repository: return try await open().registry.repositoryNames().map(\.string).sorted()
        case .reference: return try await Self.references(text, in: open().registry)
        case .digest: return try await Self.digests(text, in: open().registry)
        case .path: return try await Self.paths(text, in: open().registry)
        case .file:
            let registry = try await open().registry
            return try await text.hasPrefix("/") ? Self.paths(text, in: registry) : Self.digests(text, in: registry)
        case .subject:
            let registry = try await open().registry
            if text.hasPrefix("/") { return try await Self.paths(text, in: registry) }
            let references = try await Self.references(text, in: registry)
            return try await references + Self.digests(text, in: registry)
        }
    }

    // MARK: - Names in the registry

    /// Repositories. Tags of a repository after a colon, or beside its name if the text is that
    /// name or only that name begins with it; its manifests after an @.
    private static func references(_ text: String, in registry: RegistryReader) async throws -> [String] {
        if let at = text.firstIndex(of: "@") {
            guard let name = RepositoryName(text[..<at]) else { return [] }
            return try await registry.pass().revisions(of: name).map { "\(name)@\($0)" }
        }
        if let colon = text.firstIndex(of: ":") {
            return try await tags(of: RepositoryName(text[..<colon]), in: registry)
        }
        let names = try await registry.repositoryNames().filter { $0.string.hasPrefix(text) }.sorted()
        let isNamed = names.count == 1 || names.first?.string == text
        return try await names.map(\.string) + (isNamed ? tags(of: names.first, in: registry) : [])
    }

    private static func tags(of name: RepositoryName?, in registry: RegistryReader) async throws -> [String] {
        guard let name else { return [] }
        return try await registry.pass().tagNames(of: name).compactMap { ImageReference(name, .tag($0))?.description }
    }

    /// The blobs whose digests begin with the text, which needs some digits.
    private static func digests(_ text: String, in registry: RegistryReader) async throws -> [String] {
        guard let prefix = DigestPrefix(text) else {
            // A digest of another algorithm is rare.
            return text.contains(":") ? [] : ["sha256:"]
        }
        let digests = try await registry.blobs(matching: prefix)
        return text.contains(":") ? digests.map(\.string) : digests.map(\.hex)
    }

    /// The entries of the directory in which the text is; a directory ends with a slash.
    private static func paths(_ text: String, in registry: RegistryReader) async throws -> [String] {
        guard let slash = text.lastIndex(of: "/") else { return ["/"] }
        let parent = slash == text.startIndex ? StoragePath.root : try StoragePath(String(text[..<slash]))
        return try await (registry.storage.entries(parent) ?? []).compactMap { entry in
            guard let name = entry.name else { return nil }
            if case .directory = entry.kind { return text[...slash] + name + "/" }
            return text[...slash] + name
        }
    }

    // MARK: - Places

    /// The forms of a place, and after `rados:` the pools, after another form the files.
    private static func places(_ forms: [String], _ text: String, _ pools: @Sendable () async throws -> [String])
        async throws -> [String]
    {
        guard let form = forms.first(where: { $0.hasSuffix(":") && text.hasPrefix($0) }) else {
            return forms.filter { !$0.isEmpty } + (forms.contains("") ? files(text) : [])
        }
        let rest = String(text.dropFirst(form.count))
        return try await (form == "rados:" ? pools() : files(rest)).map { form + $0 }
    }

    /// The files of this machine in the directory in which the text is; a directory ends with a
    /// slash.
    private static func files(_ text: String) -> [String] {
        let parent = text.lastIndex(of: "/").map { String(text[...$0]) } ?? ""
        let directory = parent.isEmpty ? "." : parent
        let isHidden = text.dropFirst(parent.count).hasPrefix(".")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasPrefix(".") == isHidden }.sorted().map { name in
            var isDirectory: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: directory + "/" + name, isDirectory: &isDirectory)
            return parent + name + (isThere && isDirectory.boolValue ? "/" : "")
        }
    }
}

extension CompletionKind {
    /// Values that regtop looks up when the user asks for them.
    nonisolated static func values(_ kind: CompletedValue) -> CompletionKind {
        .custom { words, index, _ in CompletionRun.values(of: kind, CompletionLine(words, index)) }
    }
}
