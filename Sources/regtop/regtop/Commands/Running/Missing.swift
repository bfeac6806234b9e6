import AdminCore

/// Reports missing references and blobs with the name that the user gave, not with a path of the
/// driver's tree.
nonisolated enum Missing {
    /// Runs `body`.
    ///
    /// - Throws: `CommandFailure` that names the reference if `body` throws
    ///   `StorageError.notFound`.
    static func named<Value>(
        _ reference: ImageReference, in session: Session, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch StorageError.notFound {
            if DigestPrefix(reference.description) != nil {
                throw CommandFailure(
                    "\(reference) is a digest without its repository: write REPO@\(reference); `regtop why \(reference)` lists the repositories"
                )
            }
            let list =
                switch reference.selector {
                case .repository: "regtop repos"
                default: "regtop tags \(reference.repository)"
                }
            throw CommandFailure("\(reference) does not exist in \(session.name); `\(list)` lists what exists")
        }
    }

    /// Completes a shortened digest, then runs `body` with the reference.
    static func named<Value>(
        _ given: GivenReference, in session: Session, _ body: (ImageReference) async throws -> Value
    ) async throws -> Value {
        let reference: ImageReference
        do {
            reference = try await session.registry.reference(given)
        } catch DigestPrefixError.unknown {
            throw CommandFailure(
                "\(given) does not exist in \(session.name); `regtop show \(given.repository)` lists what exists")
        }
        return try await named(reference, in: session) { try await body(reference) }
    }

    /// Completes the shortened digests of several references.
    static func references(_ given: [GivenReference], in session: Session) async throws -> [ImageReference] {
        var references: [ImageReference] = []
        for given in given { references.append(try await named(given, in: session) { $0 }) }
        return references
    }

    /// Runs `body` with a file or blob, after completing a shortened digest.
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

    private static func blob(_ given: DigestPrefix, in session: Session) -> CommandFailure {
        CommandFailure("no blob \(given) in \(session.name); `regtop show` lists the digests of an image")
    }

    /// Runs `body` for a repository.
    static func named<Value>(
        _ name: RepositoryName, in session: Session, _ body: () async throws -> Value
    ) async throws -> Value {
        guard let reference = ImageReference(name) else { return try await body() }
        return try await named(reference, in: session, body)
    }
}
