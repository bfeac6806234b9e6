/// A whole store as JSON lines, one object a line, either way.
///
/// A line has `name`, `size`, `xattrs`, `omap` (values as base64, keys as they are) and `data` (base64; not there in a dump of the
/// structure alone). Where they are needed: `namespace`, `mtime` (RFC 3339, milliseconds), and for names that are no UTF-8
/// `nameBase64`, `omapBase64`, `xattrsBase64`. Lines are in the order of namespace and name.
public enum StoreDump {
    /// What was dumped or loaded.
    public struct Summary: Hashable, Sendable {
        /// How many objects.
        public var objects: UInt64 = 0
        /// How many bytes of data they have, holes included.
        public var bytes: UInt64 = 0
    }

    /// Writes all objects of all namespaces. The caller finishes the sink.
    ///
    /// Each object is dumped as one version of it was; the store as a whole is not frozen: an object that is removed
    /// meanwhile is left out. Memory: the names of all objects, and about 300 MiB of contents at most.
    /// Throws `StoreError`; `.busy` if an object changes again and again while it is read.
    ///
    /// `data`: false dumps the structure and the sizes alone. `times`: true adds `mtime`.
    public static func write(
        from reader: any ObjectReader, to sink: any DumpSink, data: Bool = true, times: Bool = false,
        progress: ProgressHandler? = nil
    ) async throws -> Summary {
        let objects = try await allObjects(reader, progress: progress)
        let counter = ProgressCounter(phase: "objects", total: UInt64(objects.count), handler: progress)
        let fetcher = DumpFetcher(objects, from: reader, data: data, times: times)
        var summary = Summary()
        var lines = try await fetcher.next()
        // The next lines are read while these are written.
        while let current = lines {
            async let following = fetcher.next()
            var buffer: [UInt8] = []
            for line in current {
                buffer += line.bytes
                summary.objects += 1
                summary.bytes += line.size
                if buffer.count >= 1 << 20 {
                    try await sink.write(buffer)
                    buffer = []
                }
                counter.advance()
            }
            try await sink.write(buffer)
            lines = try await following
        }
        return summary
    }

    private static func allObjects(_ reader: any ObjectReader, progress: ProgressHandler?) async throws -> [ObjectID] {
        let counter = ProgressCounter(phase: "listing", total: nil, handler: progress)
        return try await PoolScan(reader, counter: counter).compactMap(\.self).sorted()
    }
}
