extension Session {
    /// Fills the store, which must be empty, with a dump. Throws `StoreError`: `.permissionDenied` if the session is read-only, and what
    /// `StoreDump.load` throws; what was loaded until then stays.
    public func load(
        from source: any DumpSource, progress: ProgressHandler? = nil
    ) async throws -> StoreDump.Summary {
        guard let admin else {
            throw StoreError(.permissionDenied, operation: "load", reason: "this session is read-only")
        }
        return try await StoreDump.load(from: source, into: objects, admin.driver.writer.objects, progress: progress)
    }

    /// Reads a dump as `load` would, and throws what it would throw because of the dump or of a store that is not empty. Nothing is
    /// written.
    public func rehearseLoad(
        from source: any DumpSource, progress: ProgressHandler? = nil
    ) async throws -> StoreDump.Summary {
        try await StoreDump.load(from: source, into: objects, DiscardingWriter(), progress: progress)
    }
}

/// Says yes to everything and does nothing.
private struct DiscardingWriter: ObjectWriter {
    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome { .applied }
}
