import AdminCore
import ConsoleKit
import SafeText

/// A jump from any screen to a place by its name, or by a beginning of the name.
struct Jump {
    let store: OpenStore

    var command: Command {
        Command(
            name: "go", keys: [],
            help: "Jumps to a repository, repo:tag, repo@digest, digest or /path; the beginning of one is enough",
            group: .place,
            argument: .init(choices: { [unowned store] in Jump(store: store).names }) { [unowned store] in
                Jump(store: store).look(for: $0)
            }
        ) { [unowned store] in
            .prompt(
                Prompt(label: "go to: ", complete: { Prompt.completed($0, Jump(store: store).names) }) {
                    Jump(store: store).look(for: $0)
                })
        }
    }

    private var names: [String] { (store.repositories ?? []).map(\.string) }

    private func look(for text: String) -> Effect {
        let text = text.split(separator: " ").joined()
        guard !text.isEmpty else { return .none }
        let search = PlaceSearch(registry: store.session.registry, known: store.repositories ?? [])
        var query = Query.value(Slot(store, "jump"), "looking for \(text)") {
            try await search.places(text)
        } then: { result in
            switch result {
            case .success(let places): choose(places, for: text)
            case .failure(let error): .failure(error)
            }
        }
        // The keys after the name are meant for the screen that follows.
        query.isPlanning = true
        return .ask(query)
    }

    /// Goes to the only place, or lets the user choose one.
    private func choose(_ places: [Place], for text: String) -> Effect {
        let most = 20
        if places.count == 1 { return .go(screen(places[0])) }
        guard !places.isEmpty else {
            return .say(.failure("No repository, tag, digest or path begins with \"\(text)\"."))
        }
        guard places.count <= most else {
            let names = places.prefix(3).map(\.name).joined(separator: ", ")
            return .say(
                .failure(
                    "\(HumanText.count(places.count)) names begin with \"\(text)\", such as \(names). "
                        + "Write more of the name."))
        }
        let options = places.map { ChoicePanel.Option(name: $0.name, meaning: $0.meaning) }
        return .choose(
            ChoicePanel(
                title: "\(HumanText.count(places.count)) names begin with \"\(text)\"", options: options,
                declined: "No place was chosen.")
        ) { .go(screen(places[$0])) }
    }

    private func screen(_ place: Place) -> any Screen {
        switch place {
        case .image(let reference) where reference.selector == .repository:
            RepositoryScreen(store, reference.repository)
        case .image(let reference): ManifestScreen(store, reference)
        case .blob(let digest): BlobScreen(store, .digest(digest))
        case .directory(let path): TreeScreen(store, path)
        case .file(let path): BlobScreen(store, .path(path))
        }
    }
}

/// A place to which a jump leads.
nonisolated enum Place: Hashable, Sendable {
    /// A repository, a tag or a manifest.
    case image(ImageReference)
    case blob(Digest)
    case directory(StoragePath)
    case file(StoragePath)

    var name: String {
        switch self {
        case .image(let reference): reference.description
        case .blob(let digest): digest.string
        case .directory(let path), .file(let path): path.string
        }
    }

    /// The screen that follows, in a sentence.
    var meaning: String {
        switch self {
        case .image(let reference) where reference.selector == .repository: "Shows the tags of the repository."
        case .image: "Shows the manifest."
        case .blob: "Shows the blob."
        case .directory: "Shows the directory in the tree."
        case .file: "Shows the chunks of the file."
        }
    }
}

/// Finds the places that a name can mean. A whole name comes before longer ones.
nonisolated struct PlaceSearch: Sendable {
    let registry: RegistryReader
    /// The repositories by the last listing.
    let known: [RepositoryName]

    func places(_ text: String) async throws -> [Place] {
        if text.hasPrefix("/") { return try await paths(text) }
        if text.contains("@") { return try await manifests(text) }
        var places = try await images(text).map { Place.image($0) }
        if let prefix = DigestPrefix(text) {
            places += try await registry.blobs(matching: prefix).map { .blob($0) }
        }
        return places
    }

    private func paths(_ text: String) async throws -> [Place] {
        if text.allSatisfy({ $0 == "/" }) { return [.directory(.root)] }
        let path = try StoragePath(text.hasSuffix("/") ? String(text.dropLast()) : text)
        let named = try await (registry.storage.entries(path.parent) ?? []).compactMap { entry -> Place? in
            guard let name = entry.name, name.hasPrefix(path.name) else { return nil }
            let place = try path.parent.appending(name)
            if case .directory = entry.kind { return .directory(place) }
            return .file(place)
        }
        if let whole = named.first(where: { $0.name == path.string }) { return [whole] }
        // A directory can be missing in the directory above it.
        if named.isEmpty, try await registry.storage.entries(path) != nil { return [.directory(path)] }
        return named
    }

    private func manifests(_ text: String) async throws -> [Place] {
        guard let given = GivenReference(text) else { return [] }
        do {
            return [.image(try await registry.reference(given))]
        } catch DigestPrefixError.ambiguous(_, let digests, areMore: false) {
            return digests.compactMap { ImageReference(given.repository, .digest($0)).map { .image($0) } }
        }
    }

    private func images(_ text: String) async throws -> [ImageReference] {
        guard let colon = text.firstIndex(of: ":") else {
            return try await repositories(text).compactMap { ImageReference($0) }
        }
        let wanted = text[text.index(after: colon)...]
        let pass = registry.pass()
        let tags = try await concurrentMap(repositories(String(text[..<colon])), window: registry.storage.window) {
            name in
            let tags = try await pass.tagNames(of: name).filter { $0.hasPrefix(wanted) }
            return (tags.contains { $0 == wanted } ? [String(wanted)] : tags).compactMap {
                ImageReference(name, .tag($0))
            }
        }
        return tags.flatMap(\.self)
    }

    /// Lists the repositories again only if none of the known ones has the name.
    private func repositories(_ text: String) async throws -> [RepositoryName] {
        func begin(_ names: [RepositoryName]) -> [RepositoryName] {
            names.first { $0.string == text }.map { [$0] } ?? names.filter { $0.string.hasPrefix(text) }
        }
        let found = begin(known)
        return found.isEmpty ? begin(try await registry.repositoryNames()) : found
    }
}
