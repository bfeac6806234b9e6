import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Plans the removal of unfinished uploads. Only reads.
struct UploadsPlanner: Sendable {
    let registry: RegistryReader
    let policy: JournalPolicy

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// See `ChangePlanner.purging`.
    func plan(
        olderThan age: TimeInterval, of names: [RepositoryName]?, ids: Set<String>?, skippingTrash: Bool,
        progress: ProgressHandler?
    ) async throws -> UploadsPlan {
        try Self.check(skippingTrash: skippingTrash, isOffline: policy.delay == 0)
        let now = policy.now
        let old = try await registry.uploads(of: names, progress: progress).filter { upload in
            guard ids?.contains(upload.id) ?? true else { return false }
            // An upload that is named is removed whatever its age.
            if ids != nil, age <= 0 { return true }
            return upload.lastKnown.map { $0.addingTimeInterval(age) <= now } ?? false
        }
        let found = try await concurrentMap(old, window: storage.window) { upload in
            let place = try paths.uploads(upload.repository).appending(upload.id)
            guard upload.isStray else { return (upload, [place], try await storage.walkIfThere(place) ?? []) }
            let entry = try await storage.entry(place).map { WalkEntry(directory: place.parent, entry: $0) }
            return (upload, [], entry.map { [$0] } ?? [])
        }
        let blobs = Set(found.flatMap { $0.2.compactMap(\.file?.blob) })
        let census = blobs.isEmpty ? nil : try await storage.references(to: blobs, now: now, progress: progress)
        let targets = found.map { upload, directories, entries in
            let links = entries.compactMap(\.file).sorted { $0.path < $1.path }.map {
                ChangePlan.Link(path: $0.path, blob: $0.blob)
            }
            let isPair = { (link: ChangePlan.Link) in (census?.places[link.blob]?.count ?? 0) > 1 }
            return UploadsPlan.Target(
                upload: upload, links: links.filter { !isPair($0) }, pairs: links.filter(isPair),
                directories: directories + entries.compactMap(\.subdirectory))
        }
        return UploadsPlan(
            skipsTrash: skippingTrash, targets: targets, impact: try await impact(of: targets),
            notes: notes(targets))
    }

    /// Checks what can be checked without the pool (docs/safety.md#2-collection).
    /// - Throws: `ChangeError.unsuitable` for a purge that skips the trash while a registry may be
    ///   writing.
    static func check(skippingTrash: Bool, isOffline: Bool) throws(ChangeError) {
        guard !skippingTrash || isOffline else {
            throw .unsuitable(
                "--now needs --offline: while a registry may be writing, uploads are not removed at once")
        }
    }

    private func notes(_ targets: [UploadsPlan.Target]) -> [String] {
        if targets.isEmpty { return [] }
        var notes = ["a push in progress will fail and must be restarted"]
        let pairs = targets.reduce(0) { $0 + $1.pairs.count }
        if pairs > 0 {
            notes.append(
                "\(pairs) \(pairs == 1 ? "file belongs" : "files belong") to something else as well, as an interrupted move leaves it: only the "
                    + "upload's key goes, and the content stays")
        }
        return notes
    }

    private func impact(of targets: [UploadsPlan.Target]) async throws -> Impact {
        var impact = Impact()
        impact.uploads = targets.count
        impact.objects = try await EmptiedDirectories(registry: registry).find(
            removing: targets.flatMap { $0.links + $0.pairs }, in: targets.flatMap(\.directories)
        ).count
        impact.reclaimable = try await concurrentMap(targets.flatMap(\.links), window: storage.window) {
            try await storage.heldBytes(of: $0.blob)
        }.reduce(0, addingCapped)
        return impact
    }
}
