import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Reads the quarantine.
struct QuarantineReader: Sendable {
    let registry: RegistryReader
    let policy: JournalPolicy

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// See `ChangePlanner.quarantine`.
    func status(_ options: CollectionOptions, progress: ProgressHandler?) async throws -> QuarantineStatus {
        let holdings = try await storage.holdings(in: paths.quarantine)
        let total = holdings.reduce(0) { $0 + $1.entries.count }
        let counter = ProgressCounter(phase: "sizes in the quarantine", total: UInt64(total), handler: progress)
        let now = policy.now
        var items: [QuarantineStatus.Item] = []
        for holding in holdings {
            let sizes = try await concurrentMap(holding.entries, window: storage.window) { entry in
                defer { counter.advance() }
                return try await storage.heldBytes(of: entry.blob)
            }
            let since = holding.note?.unlinked
            items.append(
                QuarantineStatus.Item(
                    id: holding.path.name, kind: kind(of: holding), since: since,
                    due: since?.addingTimeInterval(options.effectiveDelay), by: holding.note?.by,
                    count: holding.entries.count, bytes: sizes.reduce(0, addingCapped)))
        }
        let notes = try await SurplusNotes.read(storage)
        for (noted, notes) in Dictionary(grouping: notes.values, by: \.noted) {
            items.append(
                QuarantineStatus.Item(
                    id: "surplus \(Int(noted.timeIntervalSince1970))", kind: .surplus, since: noted,
                    due: noted.addingTimeInterval(options.effectiveDelay), by: nil, count: notes.count,
                    bytes: notes.reduce(0) { addingCapped($0, $1.bytes) }))
        }
        items.sort { ($0.since ?? .distantFuture, $0.id) < ($1.since ?? .distantFuture, $1.id) }
        let inTheWay = try await obstacles(to: items, options, at: now)
        return QuarantineStatus(items: items, asOf: now, obstacles: inTheWay)
    }

    private func kind(of holding: Holding) -> QuarantineStatus.Item.Kind {
        let kinds = Set(
            holding.entries.map { entry -> QuarantineStatus.Item.Kind in
                if entry.origin.isBelow(Holding.orphans) { return .chunks }
                return switch paths.file(at: entry.origin) {
                case .blob: .blobs
                case .revision, .signature: .links
                case .upload: .uploads
                case .currentLink, .tagIndex, .layer, nil: .other
                }
            })
        return kinds.count == 1 ? kinds.first ?? .other : .other
    }

    private func obstacles(
        to items: [QuarantineStatus.Item], _ options: CollectionOptions, at now: Date
    ) async throws -> [String] {
        var obstacles: [String] = []
        let finding = try await ChunkSizeProbe(storage: storage).run()
        if let found = finding.other {
            obstacles.append("\(ChangeError.wrongChunkSize(assumed: finding.assumed, found: found))")
        }
        // A mark, or a change that only waits for its last look, is no obstacle.
        for entry in try await Journal.entries(of: storage) where entry.intent?.head.kind != .mark {
            let change = try await storage.pending(entry, policy)
            switch change.state {
            case .unreadable: obstacles.append("the journal has an intent that cannot be read, \(change.id)")
            case .interrupted:
                obstacles.append("a change was interrupted, which the next run takes back or ends: \(change.what)")
            case .inProgress(let owner): obstacles.append("\(owner) is working on this: \(change.what)")
            case .waiting, .due, .watching, .gone: break
            }
        }
        for item in items where item.since == nil {
            obstacles.append("\(item.id) does not say when it was taken: the next run notes that, and the delay begins")
        }
        if options.caches == .unknown, items.contains(where: { $0.due.map { $0 <= now } ?? false }) {
            obstacles.append(CollectionDraft.askForCaches)
        }
        return obstacles
    }
}
