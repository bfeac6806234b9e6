package import ObjectStore

extension StoreDump {
    /// Objects that are read at once, and objects in a batch.
    private static let structureWindow = 128
    private static let structureBatch = 1024
    /// Bytes that are read of each object whose data may be kept.
    package static let structureGlance: UInt64 = 4 << 10

    /// Copies all objects of all namespaces into an empty store, with their sizes and dates, and
    /// with the data of small objects and of documents only. An object without its data reads as
    /// zeros.
    ///
    /// Each object is copied in one version. The store as a whole is not frozen.
    ///
    /// - Parameters:
    ///   - reader: The store.
    ///   - writer: Writes to the other store.
    ///   - mayKeep: Returns false for an object whose data is never kept and not looked at.
    ///   - isDocument: Judges a larger object by its size and its beginning.
    ///   - progress: Receives the progress.
    /// - Returns: The number of objects, and the bytes of their data in the first store.
    package static func copyStructure(
        from reader: any ObjectReader, into writer: any ObjectWriter,
        mayKeep: @escaping @Sendable (ObjectID) -> Bool,
        isDocument: @escaping @Sendable (_ size: UInt64, _ beginning: [UInt8]) -> Bool,
        progress: ProgressHandler? = nil
    ) async throws -> Summary {
        let listing = ProgressCounter(phase: "listing", total: nil, handler: progress)
        let objects = try await PoolScan(reader, counter: listing).compactMap(\.self)
        let counter = ProgressCounter(phase: "objects", total: UInt64(objects.count), handler: progress)
        var summary = Summary()
        var rest = objects[...]
        while !rest.isEmpty {
            let batch = rest.prefix(structureBatch)
            rest = rest.dropFirst(batch.count)
            let sizes = try await concurrentMap(batch, window: structureWindow) { object -> UInt64? in
                defer { counter.advance() }
                guard let copy = try await line(of: object, reader, mayKeep(object), isDocument) else { return nil }
                try await restore(copy, "snapshot", writer)
                return copy.size
            }.compactMap(\.self)
            summary.objects += UInt64(sizes.count)
            summary.bytes += sizes.reduce(0, +)
        }
        return summary
    }

    /// One version of an object; nil if it is gone.
    private static func line(
        of object: ObjectID, _ reader: any ObjectReader, _ mayKeep: Bool, _ isDocument: (UInt64, [UInt8]) -> Bool
    ) async throws -> DumpLine? {
        for _ in 0..<8 {
            let operation = ReadOperation(
                omap: .page(after: nil, limit: ReadOperation.largestPage), xattrs: true,
                data: mayKeep ? 0..<structureGlance : nil)
            guard let state = try await reader.read(operation, of: object) else { return nil }
            var line = DumpLine(object, state, data: mayKeep && state.size <= structureGlance, times: true)
            if mayKeep, state.size > structureGlance, isDocument(state.size, state.data) {
                guard let whole = try await reader.read(ReadOperation(data: 0..<state.size), of: object) else {
                    return nil
                }
                guard whole.version == state.version else { continue }
                line.data = whole.data
            }
            if state.hasMore {
                guard let whole = try await reader.wholeOmap(of: object) else { return nil }
                guard whole.version == state.version else { continue }
                line.omap = Dictionary(whole.omap.map { ($0.key, $0.value) }) { first, _ in first }
            }
            return line
        }
        throw StoreError(
            .busy, operation: "snapshot", object: object, reason: "it changed again and again while it was read")
    }
}
