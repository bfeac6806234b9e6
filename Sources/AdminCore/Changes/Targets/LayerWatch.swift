import Registry
import StorageDriver
import Foundation

/// The watches of a change that takes layer links away from repositories (docs/safety.md#watch).
///
/// A registry with a descriptor cache believes until its restart that a layer is linked in a
/// repository, and writes no link for a push after the link is removed. No order of steps prevents
/// this. So every later run writes the missing links, until an operator says that the caches were
/// flushed after the change, or that there are none. After that there is one more look, when every
/// earlier push has ended.
struct LayerWatch: Sendable {
    let driver: StorageDriver
    let paths: RegistryPaths
    /// The repositories that lose their layer links.
    let names: [RepositoryName]
    /// The place of their links afterwards; nil for none.
    let counterpart: StoragePath?
    /// True if the layer links are at the source again at the end of the change.
    var keepsLinks = false

    /// Writes a watch for each repository in the journal, and then makes the change.
    func during<Value>(_ change: () async throws -> Value) async throws -> Value {
        // While no registry is writing, no registry uses its memory later.
        guard driver.policy.delay > 0, !names.isEmpty else { return try await change() }
        var watches: [OpenIntent] = []
        do {
            for name in names.sorted() {
                let watch = Intent.Watch(
                    place: paths.repository(name), counterpart: counterpart, keepsLinks: keepsLinks)
                watches.append(try await driver.journal.begin(.watch(watch), text(name)))
            }
            let value = try await change()
            for watch in watches { try await settle(watch) }
            return value
        } catch StorageError.alreadyExists(let path) {
            // Nothing was touched.
            for watch in watches { try await watch.end() }
            throw StorageError.alreadyExists(path)
        } catch {
            // Part of the change may have been made. A look does no harm.
            for watch in watches { await watch.release() }
            throw error
        }
    }

    private func text(_ name: RepositoryName) -> String {
        guard let counterpart else { return "links removed from \(name)" }
        guard let other = paths.repository(at: counterpart) else { return "links taken from \(name) to the trash" }
        return "links moved from \(name) to \(other)"
    }

    private func settle(_ watch: OpenIntent) async throws {
        let policy = driver.policy
        // If the links stay, the memory of a cache is true.
        let isOpen = policy.caches == .unknown && !keepsLinks
        _ = try await watch.settle(
            as: isOpen ? .watching : .settled, after: policy.delay, caches: policy.caches)
        // An older watch of the same name adds nothing after its own delay.
        let new = await watch.intent
        for entry in try await driver.journal.entries() where entry.id != new.id {
            guard case .watch(let old)? = entry.intent?.body, old.place == new.place, let head = entry.intent?.head,
                head.owner == nil, let due = head.due, due <= policy.now
            else { continue }
            try await driver.journal.remove(entry.id, entry.value, entry.keys, of: old.place)
        }
    }
}

extension CacheState {
    /// The duty of an operator after a change that took layer links away, if the state of the
    /// caches is unknown.
    static let afterwards =
        "now restart every registry, or flush its descriptor cache, and run `regtop recover --cache-flushed` (`--no-cache` if none has one); until "
        + "then every run of regtop looks at this name, and writes the links that pushes leave out"
}
