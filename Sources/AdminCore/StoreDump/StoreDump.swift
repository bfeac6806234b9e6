public import ObjectStore
import Synchronization

/// Writes and loads a whole store as JSON lines, one object a line.
///
/// A line has `name`, `size`, `xattrs`, `omap` (keys as text, values as base64) and, in a dump with
/// data, `data` (base64). It has `namespace` and `mtime` (RFC 3339, milliseconds) where needed, and
/// `nameBase64`, `omapBase64`, `xattrsBase64` for names that are no UTF-8. Lines are sorted by
/// namespace and name.
public enum StoreDump {
    /// The amount that was dumped or loaded.
    public struct Summary: Hashable, Sendable {
        /// The number of objects.
        public var objects: UInt64 = 0
        /// The bytes of their data, holes included.
        public var bytes: UInt64 = 0

        /// No objects.
        package init() {}
    }

    /// Writes all objects of all namespaces.
    ///
    /// Each object is dumped in one version. The store as a whole is not frozen: an object that is
    /// removed meanwhile is left out. Memory: the names of all objects, and at most about 300 MiB
    /// of contents.
    ///
    /// - Parameters:
    ///   - reader: The store.
    ///   - sink: Receives the lines. The caller finishes it.
    ///   - data: False to dump only the structure and the sizes.
    ///   - times: True to add the modification times.
    ///   - progress: Receives the progress.
    /// - Throws: `StoreError`, of kind `.busy` if an object changes again and again while it is
    ///   read.
    public static func write(
        from reader: any ObjectReader, to sink: any DumpSink, data: Bool = true, times: Bool = false,
        progress: ProgressHandler? = nil
    ) async throws -> Summary {
        let objects = try await allObjects(reader, progress: progress)
        let counter = ProgressCounter(phase: "objects", total: UInt64(objects.count), handler: progress)
        let fetcher = DumpFetcher(objects, from: reader, data: data, times: times)
        var summary = Summary()
        var lines = try await fetcher.next()
        // Reads the next lines while these are written.
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

    // MARK: - Loading

    /// The most lines under way at once, and the most bytes of them; a single line may have more.
    private static let linesInFlight = 64
    private static let bytesInFlight = 64 << 20

    /// Fills an empty store with a dump, and restores the times in it. A line without data becomes
    /// an object of zeros.
    ///
    /// Memory: the names of all objects, and the lines under way (64 MiB, or one line of up to 256
    /// MiB).
    ///
    /// - Parameters:
    ///   - source: The dump.
    ///   - reader: Reads the store.
    ///   - writer: Changes the same store.
    ///   - progress: Receives the progress.
    /// - Throws: `StoreError`: `.invalid` if the store is not empty, or with the number of a wrong
    ///   line. The objects that were loaded before the error stay.
    public static func load(
        from source: any DumpSource, into reader: any ObjectReader, _ writer: any ObjectWriter,
        progress: ProgressHandler? = nil
    ) async throws -> Summary {
        try await requireEmpty(reader)
        let counter = ProgressCounter(phase: "objects", total: nil, handler: progress)
        let names = DumpNames()
        var lines = DumpLineReader(source)
        var waiting: [UInt8]?
        var summary = Summary()
        var bytes = 0
        try await concurrentWork(window: linesInFlight) { underWay in
            while waiting?.allSatisfy(isBlank) ?? true {
                guard let text = try await lines.next() else { return nil }
                waiting = text
            }
            guard let text = waiting, underWay == 0 || bytes + text.count <= bytesInFlight else { return nil }
            waiting = nil
            bytes += text.count
            return (text, lines.number)
        } perform: { (text: [UInt8], number: Int) in
            let line = try decode(text, number: number, names: names)
            try await restore(line, number: number, writer)
            return (text.count, line.size)
        } take: { length, size in
            bytes -= length
            summary.objects += 1
            summary.bytes += size
            counter.advance()
        }
        return summary
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

    private static func requireEmpty(_ reader: any ObjectReader) async throws {
        guard let object = try await PoolScan(reader).first() else { return }
        throw StoreError(.invalid, operation: "load", reason: "the store is not empty: it has an object \(object)")
    }

    private static func decode(_ text: [UInt8], number: Int, names: DumpNames) throws -> DumpLine {
        let line: DumpLine
        do {
            line = try DumpLine(decoding: text)
        } catch let problem as DumpScanner.Problem {
            throw StoreError(.invalid, operation: "load", reason: "line \(number): \(problem.reason)")
        }
        if let other = names.note(line.object, line: number) {
            throw StoreError(
                .invalid, operation: "load",
                reason: "line \(max(number, other)): \(line.object) is already in line \(min(number, other))")
        }
        return line
    }

    private static func restore(_ line: DumpLine, number: Int, _ writer: any ObjectWriter) async throws {
        do {
            try await restore(line, "load", writer)
        } catch let failure as StoreError {
            throw StoreError(
                failure.kind, operation: "load", errno: failure.errno,
                reason: "line \(number), \(line.object): \(failure.reason)")
        }
    }

    /// Writes the object of a line, which must not exist.
    static func restore(_ line: DumpLine, _ operation: String, _ writer: any ObjectWriter) async throws {
        for change in line.operations() {
            switch await writer.apply(change, to: line.object) {
            case .applied: continue
            case .refused:
                throw StoreError(.busy, operation: operation, reason: "another client writes to \(line.object)")
            case .failed(let error), .unknown(let error): throw error
            }
        }
    }
}

/// Receives the bytes of a dump.
public protocol DumpSink: Sendable {
    /// Writes the next bytes; returns when there is room for more. Throws `StoreError`.
    func write(_ bytes: [UInt8]) async throws
}

/// Provides the bytes of a dump.
public protocol DumpSource: Sendable {
    /// Returns the next bytes, at most about a MiB; none at the end. Throws `StoreError`.
    func read() async throws -> [UInt8]
}

/// The line of each object.
private final class DumpNames: Sendable {
    private let lines = Mutex<[ObjectID: Int]>([:])

    /// Notes the line of an object; returns the other line with this object, if any.
    func note(_ object: ObjectID, line: Int) -> Int? {
        lines.withLock { $0.updateValue(line, forKey: object) }
    }
}
