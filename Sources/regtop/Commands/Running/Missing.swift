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
            let list =
                switch reference.selector {
                case .repository: "regtop repos"
                default: "regtop tags \(reference.repository)"
                }
            throw CommandFailure("\(reference) does not exist in \(session.name); `\(list)` lists what is there")
        }
    }

    /// The same for a repository.
    static func named<Value>(
        _ name: RepositoryName, in session: Session, _ body: () async throws -> Value
    ) async throws -> Value {
        guard let reference = ImageReference(name) else { return try await body() }
        return try await named(reference, in: session, body)
    }
}
