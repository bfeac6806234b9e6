import ObjectStore

/// Reads objects in a given order, ahead of the writer and in bounded memory.
actor DumpFetcher {
    /// A line, and the number of data bytes of its object.
    struct Line: Sendable {
        let bytes: [UInt8]
        let size: UInt64
    }

    private enum Found: Sendable {
        case line(Line)
        /// An object that needs several operations, and about this many bytes of memory.
        case large(ObjectID, cost: UInt64)
        case gone

        var cost: UInt64 {
            if case .large(_, let cost) = self { cost } else { 0 }
        }
    }

    /// Objects in a batch, tasks for it, and bytes of data that are read with the first operation.
    private static let batch = 1024
    private static let window = 128
    private static let beginning: UInt64 = 64 << 10

    /// Bytes of larger objects in memory (a single one may have more), and bytes in each of their
    /// reads.
    private static let budget: UInt64 = 64 << 20
    private static let part: UInt64 = 8 << 20

    private let objects: [ObjectID]
    private let reader: any ObjectReader
    private let data: Bool
    private let times: Bool
    private var position = 0
    private var found: ArraySlice<Found> = []

    init(_ objects: [ObjectID], from reader: any ObjectReader, data: Bool, times: Bool) {
        self.objects = objects
        self.reader = reader
        self.data = data
        self.times = times
    }

    /// Returns the next lines; nil at the end. To be called by one task at a time. Throws
    /// `StoreError`.
    func next() async throws -> [Line]? {
        if found.isEmpty {
            guard position < objects.count else { return nil }
            let batch = objects[position..<min(position + Self.batch, objects.count)]
            position = batch.endIndex
            found = try await concurrentMap(batch, window: Self.window) { try await self.beginning(of: $0) }[...]
        }
        var cost: UInt64 = 0
        let run = found.prefix { next in
            cost += next.cost
            return cost == next.cost || cost <= Self.budget
        }
        found = found.dropFirst(run.count)
        return try await concurrentMap(run, window: 16) { next in
            switch next {
            case .line(let line): line
            case .large(let object, _): try await self.whole(object)
            case .gone: nil
            }
        }.compactMap { $0 }
    }

    private nonisolated func beginning(of object: ObjectID) async throws -> Found {
        let operation = ReadOperation(
            omap: .page(after: nil, limit: ReadOperation.largestPage), xattrs: true,
            data: data ? 0..<Self.beginning : nil)
        guard let state = try await reader.read(operation, of: object) else { return .gone }
        if state.hasMore || (data && state.size > Self.beginning) {
            return .large(object, cost: (data ? state.size : 0) + (state.hasMore ? Self.part : 0))
        }
        return .line(line(object, state))
    }

    /// Reads one version of an object in several operations; begins again if it changes in between.
    private nonisolated func whole(_ object: ObjectID) async throws -> Line? {
        attempts: for _ in 0..<8 {
            guard let omap = try await reader.wholeOmap(of: object) else { return nil }
            var xattrs: [ByteString: [UInt8]] = [:]
            var bytes: [UInt8] = []
            var offset: UInt64 = 0
            repeat {
                let range = offset..<min(offset + Self.part, omap.size)
                let operation = ReadOperation(xattrs: offset == 0, data: data ? range : nil)
                guard let state = try await reader.read(operation, of: object) else { return nil }
                guard state.version == omap.version else { continue attempts }
                if offset == 0 { xattrs = state.xattrs }
                bytes += state.data
                offset += Self.part
            } while data && offset < omap.size
            return line(
                object,
                ObjectState(
                    version: omap.version, size: omap.size, modified: omap.modified, xattrs: xattrs, omap: omap.omap,
                    data: bytes))
        }
        throw StoreError(
            .busy, operation: "dump", object: object, reason: "it changed again and again while it was read")
    }

    private nonisolated func line(_ object: ObjectID, _ state: ObjectState) -> Line {
        Line(bytes: DumpLine(object, state, data: data, times: times).encoded(), size: state.size)
    }
}
