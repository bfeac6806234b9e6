import AdminCore
import ConsoleKit

/// Notices that another client has changed what a list shows, by the versions of a few directories:
/// one small read of each, every ten seconds while the user is present.
///
/// A directory changes with every name in it. A tag that is pushed again under the same name, with
/// a manifest that the repository has already, changes none.
final class Freshness {
    /// The most directories that are looked at.
    private static let most = 8

    private let store: OpenStore
    private unowned let owner: any Screen
    /// The versions when the list was read; nil before the first look since then.
    private var versions: [StoragePath: UInt64]?
    private var generation = 0

    init(_ store: OpenStore, _ owner: any Screen) {
        self.store = store
        self.owner = owner
    }

    /// Forgets all versions: the list is being read.
    func forget() { versions = nil }

    /// Looks at the directories. Those of the first look, and those that are new since, are the
    /// state of the list.
    ///
    /// - Parameter changed: Called if one of them has changed.
    func look(at directories: [StoragePath], changed: @escaping () -> Void) -> Effect {
        let (storage, begun) = (store.session.storage, store.generation)
        let directories = Array(directories.prefix(Self.most))
        var query = Query.value(Slot(owner, "freshness"), "looking for changes") {
            try await storage.versions(of: directories)
        } then: { [unowned self] (result: Result<[StoragePath: UInt64], any Error>) in
            // The user has not asked for this, so an error is not shown.
            guard case .success(let now) = result, begun == store.generation else { return .none }
            // The console's own changes are read by the list anyway.
            let before = generation == begun ? versions ?? [:] : [:]
            generation = begun
            if now.contains(where: { before[$0.key, default: $0.value] != $0.value }) { changed() }
            versions = before.merging(now) { old, _ in old }
            return .none
        }
        query.stopsOnEscape = false
        query.isHousekeeping = true
        return .ask(query)
    }
}
