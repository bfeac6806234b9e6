import AdminCore
import ArgumentParser

/// What is known of the registries' descriptor caches.
struct CacheOptions: ParsableArguments {
    @Flag(help: "No registry has a descriptor cache.")
    var noCache = false

    @Flag(
        help:
            "Every registry is restarted, or its descriptor cache flushed, after the change and before anything is pushed."
    )
    var cacheFlushed = false

    func validate() throws {
        if noCache, cacheFlushed { throw ValidationError("--no-cache and --cache-flushed exclude each other") }
    }

    var state: CacheState { noCache ? .none : cacheFlushed ? .flushed : .unknown }
}

/// What becomes of uploads and of layer links where repositories are deleted or renamed.
struct RepositoryOptions: ParsableArguments {
    @Flag(help: "Take uploads in progress as well: whoever pushes them gets an error and has to begin again.")
    var uploads = false

    @Flag(
        help: """
            Leave the links to layers at the old name as well, for registries whose caches remember them. Catalogues go on to show \
            that name.
            """)
    var keepLayerLinks = false

    var handling: RepositoryHandling {
        RepositoryHandling(takesUploads: uploads, keepsLayerLinks: keepLayerLinks)
    }
}

extension StoreOptions {
    /// The session that these options ask for, with what is known of registries and their caches.
    nonisolated func session(_ offline: OfflineOptions, _ caches: CacheOptions) -> SessionOptions {
        var options = session(offline)
        options.caches = caches.state
        return options
    }
}
