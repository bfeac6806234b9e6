import AdminCore
import ArgumentParser

/// What a command has that would otherwise wait for registries which may be writing.
struct OfflineOptions: ParsableArguments {
    @Flag(
        help: """
            No registry is writing, and none that has begun to will go on: nothing is kept in the journal to be looked at once more a \
            day later.
            """)
    var offline = false
}

extension StoreOptions {
    /// The session that these options ask for, with what is known of registries.
    nonisolated func session(_ offline: OfflineOptions) -> SessionOptions {
        var options = session()
        options.isOffline = offline.offline
        return options
    }
}
