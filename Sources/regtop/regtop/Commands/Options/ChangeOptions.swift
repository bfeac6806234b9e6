import AdminCore
import SafeText
import ArgumentParser
import Foundation

/// The options of every command that changes the registry.
struct ChangeOptions: ParsableArguments {
    @Flag(name: [.short, .long], help: "Do not ask. Required where there is no terminal.")
    var yes = false

    @Flag(name: .long, help: "Show the plan and end.")
    var dryRun = false
}

/// The statement that no registry writes, for commands that otherwise wait for running pushes.
struct OfflineOptions: ParsableArguments {
    @Flag(
        help: """
            No registry writes, and no push that has begun continues. The last look is made at once, not a day later.
            """)
    var offline = false
}

extension StoreOptions {
    /// The session for these options and for the statement about registries.
    nonisolated func session(_ offline: OfflineOptions) -> SessionOptions {
        var options = session()
        options.isOffline = offline.offline
        return options
    }
}

/// The statement about the registries' descriptor caches.
struct CacheOptions: ParsableArguments {
    @Flag(help: "No registry has a descriptor cache.")
    var noCache = false

    @Flag(
        help:
            "Every registry is restarted, or its descriptor cache flushed, after the change and before the next push."
    )
    var cacheFlushed = false

    func validate() throws {
        if noCache, cacheFlushed { throw ValidationError("--no-cache and --cache-flushed exclude each other") }
    }

    var state: CacheState { noCache ? .none : cacheFlushed ? .flushed : .unknown }
}

/// The handling of uploads and layer links when repositories are deleted or renamed.
struct RepositoryOptions: ParsableArguments {
    @Flag(help: "Include uploads in progress. Their pushes fail and have to be restarted.")
    var uploads = false

    @Flag(
        help: """
            Keep the layer links at the old name as well, for registries whose caches remember them. Their catalogues continue to list \
            that name.
            """)
    var keepLayerLinks = false

    var handling: RepositoryHandling {
        RepositoryHandling(takesUploads: uploads, keepsLayerLinks: keepLayerLinks)
    }
}

extension StoreOptions {
    /// The session for these options and for the statements about registries and their caches.
    nonisolated func session(_ offline: OfflineOptions, _ caches: CacheOptions) -> SessionOptions {
        var options = session(offline)
        options.caches = caches.state
        return options
    }
}

/// The file of `--keep-file`.
nonisolated enum KeepFile {
    /// Reads the references and digests that are in use; nil without a path.
    ///
    /// - Throws: `CommandFailure` if the file cannot be read or is too large, and the errors of
    ///   `KeepList`.
    static func read(_ path: String?) async throws -> KeepList? {
        guard let path else { return nil }
        let bytes = try await BlockingCall.run(on: .global()) { () throws -> Data in
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            do {
                return try file.read(upToCount: KeepList.sizeLimit + 1) ?? Data()
            } catch {
                throw CommandFailure("\(path) cannot be read")
            }
        }
        guard bytes.count <= KeepList.sizeLimit else {
            throw CommandFailure("\(path) is longer than \(HumanText.bytes(UInt64(KeepList.sizeLimit)))")
        }
        return try KeepList(parsing: bytes, name: path)
    }
}
