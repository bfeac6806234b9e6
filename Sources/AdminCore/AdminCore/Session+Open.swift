import Foundation

extension Session {
    /// Opens the store that the options say. Opening never writes, except that a sample is made where there is none, and a file where
    /// `SessionOptions.createsFile` asks for it. Throws `StoreError`; `SessionError.severalPools` if no pool was named and several hold
    /// a registry.
    public static func open(_ options: SessionOptions) async throws -> Session {
        switch options.location {
        case .rados:
            #if RADOS
            return try await openPool(options)
            #else
            throw SessionError.radosNotBuiltIn
            #endif
        case .sqlite(let path): return try await openFile(path, named: "file \(ByteString(path))", options)
        case .sample(nil):
            let store = try SQLiteStore.inMemory(clock: options.clock)
            try await SampleRegistry.make(in: store.reader, store.writer)
            return session(of: store, named: "sample registry (in memory)", options)
        case .sample(let path?):
            if try !isThere(path) { try await makeSample(at: path, options.clock) }
            return try await openFile(path, named: "sample registry in \(ByteString(path))", options)
        }
    }

    private static func openFile(_ path: String, named name: String, _ options: SessionOptions) async throws -> Session
    {
        guard options.readOnly else {
            let store = try await SQLiteStore.open(path: path, create: options.createsFile, clock: options.clock)
            return session(of: store, named: name, options)
        }
        // SQLite itself refuses to write through this.
        let reader = try await SQLiteReader.open(path: path)
        return Session(
            name: name, reader: reader, writer: nil, chunkSize: options.chunkSize,
            journal: JournalPolicy(delay: 0, clock: options.clock)
        ) { await reader.close() }
    }

    private static func session(of store: SQLiteStore, named name: String, _ options: SessionOptions) -> Session {
        Session(
            name: name, reader: store.reader, writer: options.readOnly ? nil : store.writer,
            chunkSize: options.chunkSize,
            // No registry writes to such a store, ever.
            journal: JournalPolicy(delay: 0, clock: options.clock)
        ) { await store.close() }
    }

    /// False for a file that is not there, or empty.
    private static func isThere(_ path: String) throws -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue != 0
    }

    /// Makes the sample beside its place and then puts it there: what is cut short is never taken for a registry. Throws `StoreError`.
    private static func makeSample(at path: String, _ clock: WallClock) async throws {
        try await FileDraft.write(path) { draft in
            let store = try await SQLiteStore.open(path: draft, create: true, clock: clock)
            do {
                try await SampleRegistry.make(in: store.reader, store.writer)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }
}
