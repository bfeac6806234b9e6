import Registry
import StorageDriver
import Foundation

/// The watches that a change leaves behind that takes layer links away from repositories
/// (docs/safety.md#watch).
///
/// A registry with a descriptor cache takes a layer for linked in a repository until it is
/// restarted, and writes no link for a push that comes after the link has gone. No order closes
/// that. So every later run completes the links, until an operator says that the caches were
/// flushed after the change, or that there are none, and once more when no push can be under way
/// that began before.
struct LayerWatch: Sendable {
    let driver: StorageDriver
    let paths: RegistryPaths
    /// The repositories, whose layer links go.
    let names: [RepositoryName]
    /// The place of their links afterwards; nil for none.
    let counterpart: StoragePath?
    /// True if the layer links are at the source again when the change has ended.
    var keepsLinks = false

    /// Makes the change, with a watch for each repository in the journal before anything is
    /// touched.
    func during<Value>(_ change: () async throws -> Value) async throws -> Value {
        // While no registry is writing, none comes back later with what it remembers.
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
            // Whatever was done, looking does no harm.
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
        // Links that stay are what a cache remembers.
        let isOpen = policy.caches == .unknown && !keepsLinks
        _ = try await watch.settle(
            as: isOpen ? .watching : .settled, after: policy.delay, caches: policy.caches)
        // An older watch of the same name adds nothing, once its own delay is over.
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
    /// The duty of an operator after a change that took layer links away, where nothing is known
    /// of caches.
    static let afterwards =
        "now restart every registry, or flush its descriptor cache, and run `regtop recover --cache-flushed` (`--no-cache` if none has one); until "
        + "then every run of regtop looks at this name, and writes the links that pushes leave out"
}
