import Inspection
import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Plans repairs. Only reads.
struct RepairPlanner: Sendable {
    let registry: RegistryReader
    let policy: JournalPolicy

    private var storage: StorageReader { registry.storage }
    private var paths: RegistryPaths { registry.paths }

    /// See `ChangePlanner.repairs(ofAll:grace:)`.
    func plan(forAll problems: [Problem], grace: TimeInterval) async throws -> RepairPlan {
        let repairs = problems.sorted().compactMap { problem in problem.repair.map { (problem, $0) } }
        let hidden = hiddenDirectories(repairs.map(\.1))
        let targets = try await concurrentMap(repairs, window: storage.window) { problem, repair in
            RepairPlan.Target(problem: problem, repair: repair, files: try await trashed(by: repair, hidden))
        }
        var names: Set<String> = []
        let ordered = RepairPlan.ordered(targets.filter { names.insert($0.name).inserted })
        var impact = Impact()
        let sizes = try await concurrentMap(Set(ordered.flatMap(\.files)), window: storage.window) {
            try await storage.heldBytes(of: $0.blob)
        }
        impact.reclaimable = sizes.reduce(0, addingCapped)
        impact.uploads = ordered.count { $0.problem.kind == .staleUpload }
        let sums = try await concurrentMap(ordered.map(\.repair), window: storage.window) { try await space(of: $0) }
        let room = sums.map(\.written).reduce(0, addingCapped)
        impact.bytes = sums.map(\.dropped).reduce(0, addingCapped)
        let superseded = sums.map(\.left).reduce(0, addingCapped)
        impact.reclaimable = addingCapped(impact.reclaimable, superseded)
        return RepairPlan(
            targets: ordered, impact: impact, room: room, superseded: superseded, notes: notes(ordered), grace: grace)
    }

    /// The bytes that a repair writes, those that are gone when it ends, and those that it leaves
    /// without a reference.
    private func space(of repair: Repair) async throws -> (written: UInt64, dropped: UInt64, left: UInt64) {
        switch repair {
        case .rearrange(_, let blob, _), .restoreSize(_, let blob, _):
            let held = try await storage.heldBytes(of: blob)
            // A size that is wrong or lost is the number of the bytes.
            guard case .rearrange = repair else { return (held, 0, held) }
            return (try await storage.head(of: blob).size ?? held, 0, held)
        case .dropSurplus(_, let blob, _):
            let layout = try await storage.layout(of: blob)
            return (0, layout.chunks.reduce(0) { $0 + (($1.length ?? 0) - min($1.length ?? 0, $1.expected)) }, 0)
        case .dropUploadKey, .relink, .writeEmpty, .writeLink, .rewriteLink, .restoreTag, .replaceLink, .finishDeletion,
            .trash, .trashDirectories, .prune, .removeKey:
            return (0, 0, 0)
        }
    }

    /// Returns the directories that the same plan lists again, for each directory above them that
    /// goes to the trash as a whole: a walk of that directory does not find them yet.
    private func hiddenDirectories(_ repairs: [Repair]) -> [StoragePath: [StoragePath]] {
        var leaving: Set<StoragePath> = []
        for case .trashDirectories(let directories) in repairs { leaving.formUnion(directories) }
        var hidden: [StoragePath: [StoragePath]] = [:]
        for case .relink(let directories) in repairs {
            for directory in directories {
                for above in directory.andAbove where leaving.contains(above) {
                    hidden[above, default: []].append(directory)
                }
            }
        }
        return hidden
    }

    /// Returns the files that a repair takes to the trash, as they exist now. `hidden`: see
    /// `hiddenDirectories`.
    private func trashed(
        by repair: Repair, _ hidden: [StoragePath: [StoragePath]]
    ) async throws -> [Repair.TrashedFile] {
        switch repair {
        case .finishDeletion(let path, let blob): return [Repair.TrashedFile(path: path, blob: blob)]
        case .trash(let files): return files
        case .replaceLink(let file, _, _): return [file]
        case .trashDirectories(let directories):
            let all = directories + directories.flatMap { hidden[$0] ?? [] }
            let found = try await concurrentMap(all, window: storage.window) {
                try await storage.walkIfThere($0) ?? []
            }
            return Set(found.joined().compactMap(\.file).map { Repair.TrashedFile(path: $0.path, blob: $0.blob) })
                .sorted { $0.path < $1.path }
        case .dropUploadKey, .relink, .rearrange, .restoreSize, .writeEmpty, .dropSurplus, .writeLink, .rewriteLink,
            .restoreTag, .prune, .removeKey:
            return []
        }
    }

    private func notes(_ targets: [RepairPlan.Target]) -> [String] {
        var notes: [String] = []
        if targets.contains(where: { !$0.files.isEmpty }) {
            notes.append("removed files go to the trash, and can be restored until it is emptied")
        }
        let isRewritten = targets.contains { target in
            switch target.repair {
            case .rearrange, .restoreSize: true
            default: false
            }
        }
        if isRewritten {
            notes.append(
                "files that are put in order, or get their size back, are written anew, and only if their digest is right"
            )
        }
        if targets.contains(where: { if case .removeKey = $0.repair { true } else { false } }) {
            notes.append(
                "a key that breaks the path rule is removed for good: it has no path under which it could be restored")
        }
        if targets.contains(where: { $0.problem.kind == .staleUpload }) {
            notes.append("includes unfinished uploads; a push in progress will fail and must be restarted")
        }
        let takesLayers = targets.contains { target in
            target.files.contains { paths.file(at: $0.path)?.isLayerLink ?? false }
        }
        if takesLayers, policy.delay > 0, policy.caches == .unknown { notes.append(CacheState.afterwards) }
        return notes
    }
}
