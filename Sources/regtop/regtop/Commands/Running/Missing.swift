import AdminCore

/// "There is no such thing", in the user's words instead of the tree's.
nonisolated enum Missing {
    /// Runs `body`; what it proves not to be there is reported as the reference.
    static func named<Value>(
        _ reference: ImageReference, in session: Session, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch StorageError.notFound {
            if DigestPrefix(reference.description) != nil {
                throw CommandFailure(
                    "\(reference) is a digest without its repository: write REPO@\(reference); `regtop why \(reference)` lists who needs it"
                )
            }
            let list =
                switch reference.selector {
                case .repository: "regtop repos"
                default: "regtop tags \(reference.repository)"
                }
            throw CommandFailure("\(reference) does not exist in \(session.name); `\(list)` lists what is there")
        }
    }

    /// The same for what may have a shortened digest, which is looked for first.
    static func named<Value>(
        _ given: GivenReference, in session: Session, _ body: (ImageReference) async throws -> Value
    ) async throws -> Value {
        let reference: ImageReference
        do {
            reference = try await session.registry.reference(given)
        } catch DigestPrefixError.unknown {
            throw CommandFailure(
                "\(given) does not exist in \(session.name); `regtop show \(given.repository)` lists what is there")
        }
        return try await named(reference, in: session) { try await body(reference) }
    }

    /// What is meant by several, of which digests may be shortened.
    static func references(_ given: [GivenReference], in session: Session) async throws -> [ImageReference] {
        var references: [ImageReference] = []
        for given in given { references.append(try await named(given, in: session) { $0 }) }
        return references
    }

    /// The same for a file.
    static func named<Value>(
        _ given: GivenSubject, in session: Session, _ body: (BlobSubject) async throws -> Value
    ) async throws -> Value {
        switch given {
        case .manifest(let name, let prefix):
            return try await named(.short(name, prefix), in: session) { try await body(.reference($0)) }
        case .whole(.reference(let reference)):
            return try await named(reference, in: session) { try await body(.reference(reference)) }
        case .whole(.path(let path)): return try await body(.path(path))
        case .whole(.digest(let digest)): return try await named(DigestPrefix(digest), in: session, body)
        case .blob(let prefix): return try await named(prefix, in: session, body)
        }
    }

    private static func named<Value>(
        _ given: DigestPrefix, in session: Session, _ body: (BlobSubject) async throws -> Value
    ) async throws -> Value {
        do {
            return try await body(.digest(session.registry.blob(matching: given)))
        } catch StorageError.notFound {
            throw blob(given, in: session)
        } catch DigestPrefixError.unknown {
            throw blob(given, in: session)
        }
    }

    /// There is no such blob.
    private static func blob(_ given: DigestPrefix, in session: Session) -> CommandFailure {
        CommandFailure("there is no blob \(given) in \(session.name); `regtop show` lists the digests of an image")
    }

    /// The same for a repository.
    static func named<Value>(
        _ name: RepositoryName, in session: Session, _ body: () async throws -> Value
    ) async throws -> Value {
        guard let reference = ImageReference(name) else { return try await body() }
        return try await named(reference, in: session, body)
    }
}
