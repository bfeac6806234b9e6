public import ObjectStore
import StorageDriver

/// The distribution of a sample of objects over the OSDs.
public struct PlacementSample: Hashable, Sendable {
    /// The sampled objects on one OSD.
    public struct Share: Hashable, Sendable {
        /// The OSD's number.
        public let osd: Int
        /// The number of objects on it, as primary or as replica.
        public internal(set) var objects = 0
        /// The number of objects of which it is the primary.
        public internal(set) var primary = 0
    }

    /// The shares in the order of the OSDs' numbers.
    public let shares: [Share]
    /// The number of located objects.
    public let objects: Int
    /// The number of their placement groups.
    public let placementGroups: Int

    /// Locates the first objects of several slices of the pool. Returns nil if the store has no
    /// places.
    ///
    /// - Parameters:
    ///   - objects: the store.
    ///   - limit: the number of objects, from 1. Each costs a question to the monitors.
    ///   - window: the number of questions in flight. The monitors answer a few at a time.
    ///   - progress: receives each located object.
    /// - Throws: `StoreError`.
    public static func take(
        _ objects: any ObjectReader, limit: Int = 256, window: Int = 16, progress: @escaping ProgressHandler = { _ in }
    ) async throws -> PlacementSample? {
        guard try await objects.placement(of: StorageReader.directory(.root)) != nil else { return nil }
        let pages = try await PoolScan(objects, extent: .sample(pages: 1)).fold(into: [[ObjectID]]()) {
            $0
        } take: { pages, page in
            pages.append(page)
            return .goOn
        }
        let share = max(1, (limit + pages.count - 1) / max(1, pages.count))
        let names = pages.flatMap { $0.prefix(share) }.prefix(limit)
        let counter = ProgressCounter(phase: "locating objects", total: UInt64(names.count), handler: progress)
        let placements = try await concurrentMap(names, window: window) { name in
            let placement = try await objects.placement(of: name)
            counter.advance()
            return placement
        }.compactMap(\.self)
        return PlacementSample(placements)
    }

    init(_ placements: [Placement]) {
        var shares: [Int: Share] = [:]
        for placement in placements {
            for (rank, osd) in placement.osds.enumerated() {
                shares[osd, default: Share(osd: osd)].objects += 1
                if rank == 0 { shares[osd]?.primary += 1 }
            }
        }
        self.shares = shares.values.sorted { $0.osd < $1.osd }
        objects = placements.count
        placementGroups = Set(placements.map(\.placementGroup)).count
    }
}
