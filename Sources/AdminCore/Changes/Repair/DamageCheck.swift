import Inspection
import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Checks, before damage goes to the trash, that it has not changed since it was found. A deep
/// check takes hours, and a question may stay open as long. A tag that was pushed since, or is
/// being pushed, is no damage.
struct DamageCheck: Sendable {
    let context: ChangeContext
    /// Seconds in which damage counts as a write under way.
    let grace: TimeInterval

    private var driver: StorageDriver { context.driver }
    private var registry: RegistryReader { context.registry }
    private var paths: RegistryPaths { context.paths }

    /// True if the damage is still there.
    func isStillDamaged(_ target: RepairPlan.Target) async throws -> Bool {
        switch target.problem.kind {
        case .emptyRepository: try await isStillEmpty(target)
        case .staleUpload: try await hasNoNews(target)
        case .badLink: try await isStillBad(target.problem)
        case .orphanCompanion: try await isStillOrphaned(target)
        case .unusedLayerLink: try await isStillUnused(target)
        default: true
        }
    }

    /// True if there still are only links to layers, and none of them is new: the layer links of a
    /// push come before its manifest.
    private func isStillEmpty(_ target: RepairPlan.Target) async throws -> Bool {
        guard target.files.allSatisfy({ paths.stage(of: $0.path) == .layers }) else { return false }
        return try await hasNoNews(target)
    }

    /// True if none of the files to be removed was written within the grace window, and no file was
    /// added.
    private func hasNoNews(_ target: RepairPlan.Target) async throws -> Bool {
        if case .trashDirectories(let directories) = target.repair {
            let planned = Set(target.files.map(\.path))
            let found = try await concurrentMap(directories, window: driver.reader.window) { [driver] directory in
                try await driver.reader.walkIfThere(directory) ?? []
            }
            guard found.joined().compactMap(\.file).allSatisfy({ planned.contains($0.path) }) else { return false }
        }
        guard grace > 0 else { return true }
        let limit = driver.policy.now.addingTimeInterval(-grace)
        let dates = try await concurrentMap(target.files, window: driver.reader.window) { [driver] file in
            try await driver.reader.head(of: file.blob).modified
        }
        return dates.allSatisfy { $0.map { $0 <= limit } ?? true }
    }

    private func isStillBad(_ problem: Problem) async throws -> Bool {
        guard let path = problem.path, case .file? = try await driver.reader.entry(path)?.kind else { return true }
        return try await registry.links.read(at: path).fault(expecting: paths.file(at: path)?.digest) != nil
    }

    /// True if the image of a companion is still missing, and nothing of the companion was written
    /// anew.
    private func isStillOrphaned(_ target: RepairPlan.Target) async throws -> Bool {
        guard let path = target.problem.path, let name = paths.repositoryName(of: path),
            try await hasNoNews(target)
        else { return false }
        let pass = registry.pass()
        var companion = path.parent == paths.tags(name) ? Companion(tag: path.name) : nil
        if companion == nil, let digest = Digest(algorithm: path.parent.name, hex: path.name) {
            companion = Companion(tag: nil, digest: digest, manifest: try await pass.memory.manifests(digest).manifest)
        }
        guard let companion else { return false }
        return try await !registry.holds(companion.subject, in: name)
    }

    private func isStillUnused(_ target: RepairPlan.Target) async throws -> Bool {
        guard let path = target.problem.path, case .layer(let digest) = paths.file(at: path),
            let name = paths.repositoryName(of: path)
        else { return true }
        guard try await hasNoNews(target) else { return false }
        let pass = registry.pass()
        let used = try await pass.reach(of: pass.revisions(of: name), in: name)
        return used[digest] == nil
    }
}
