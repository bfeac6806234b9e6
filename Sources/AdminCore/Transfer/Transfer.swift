public import Changes
public import ObjectStore
public import Registry
import StorageDriver
import Foundation

/// A copy of images from a registry to a target that other programs read.
///
/// Plan it, show the plan, run it. A run that was stopped is repeated: it takes what is there, and
/// copies the rest.
public struct Transfer: Sendable {
    /// The place to which a transfer copies.
    public enum Target: Sendable {
        /// The layout of distribution's filesystem driver, in this directory.
        case registry(directory: String)
        /// An OCI image layout in this directory.
        case oci(directory: String)
        /// An OCI image layout as a tar archive.
        case archive(any ArchiveOutput)
        /// A store of the old driver.
        case store(RegistryAdmin)
        /// A target of this kind that is not made: for plans only.
        case unmade(TransferKind)

        /// The kind, which decides which names and documents the target takes.
        public var kind: TransferKind {
            switch self {
            case .registry: .registry
            case .oci, .archive: .oci
            case .store: .store
            case .unmade(let kind): kind
            }
        }
    }

    /// The choices of a transfer.
    public struct Options: Hashable, Sendable {
        /// True to read the blobs that the target has, and to compare their digests.
        public var verifiesExisting = false
        /// True to remove tags of the chosen repositories that are gone at the source.
        public var removesTags = false
        /// True to replace tags of the target that name other manifests.
        public var replacesTags = true

        /// True to convert images of schema 1 to the format of OCI, for targets that do not take
        /// schema 1. Their digests change.
        public var convertsSchema1 = false

        /// The defaults.
        public init() {}
    }

    /// The registry that is copied.
    public let source: RegistryReader
    /// The target.
    public let target: Target
    /// The choices.
    public let options: Options

    /// See the properties.
    public init(from source: RegistryReader, to target: Target, _ options: Options = Options()) {
        self.source = source
        self.target = target
        self.options = options
    }

    /// Plans the transfer. Reads the source and the target, and writes nothing.
    ///
    /// - Parameters:
    ///   - references: The repositories, tags and manifests; nil for all repositories.
    ///   - progress: Called with the progress; nil for none.
    /// - Throws: `ChangeError.notFound`, `StorageError.notFound` for a reference that is not there;
    ///   errors of the stores.
    public func plan(_ references: [ImageReference]? = nil, progress: ProgressHandler? = nil) async throws
        -> TransferPlan
    {
        let conversion = options.convertsSchema1 ? SchemaOneConversion(source: source) : nil
        var plan = try await TransferPlanner(source: source, kind: target.kind, conversion: conversion).plan(
            for: references, progress: progress)
        plan.available = try await available()
        guard let sink = try await sink(for: plan, creating: false) else { return plan }
        plan.present = try await present(of: plan, sink, progress)
        if options.removesTags { plan.removals = try await removals(of: plan, all: references == nil, sink) }
        return plan
    }

    /// The blobs of the plan that the target has.
    private func present(
        of plan: TransferPlan, _ sink: any TransferSink, _ progress: ProgressHandler?
    ) async throws -> Set<Digest> {
        let counter = ProgressCounter(
            phase: "looking at the target", total: UInt64(plan.blobs.count), handler: progress)
        let present = try await concurrentMap(plan.blobs, window: 64) { digest, size in
            defer { counter.advance() }
            return try await sink.holds(digest, size: size, hashing: false) ? digest : nil
        }
        return Set(present.compactMap(\.self))
    }

    /// The tags of the target that are gone at the source.
    private func removals(
        of plan: TransferPlan, all: Bool, _ sink: any TransferSink
    ) async throws -> [ImageReference] {
        let pass = source.pass()
        let there = try await Set(source.repositoryNames())
        var names = plan.repositories.filter(\.isWhole).map(\.name)
        if all { names += try await sink.repositories().filter { !there.contains($0) } }
        return try await concurrentMap(names, window: 16) { name in
            // A tag that is at the source stays, even if it cannot be copied now.
            let kept = there.contains(name) ? try await Set(pass.tagNames(of: name)) : []
            return try await sink.tags(of: name).keys.filter { !kept.contains($0) }.sorted().compactMap {
                ImageReference(name, .tag($0))
            }
        }.flatMap(\.self)
    }

    /// Executes a plan.
    ///
    /// - Throws: `StoreError` before the first byte if the disk is too small, and `.full` with the
    ///   room that is missing if it becomes full meanwhile; errors of the stores;
    ///   `CancellationError`. What was published until then stays.
    public func run(_ plan: TransferPlan, progress: ProgressHandler? = nil) async throws -> TransferReport {
        if let available = plan.available, plan.room > available {
            throw StoreError(
                .other, operation: "copy",
                reason: "nothing was copied: the target needs \(plan.room) bytes, and its disk has \(available) free")
        }
        guard let sink = try await sink(for: plan, creating: true) else { return TransferReport() }
        let run = TransferRun(source: source, plan: plan, sink: sink, options: options)
        do {
            try await sink.begin()
            let report = try await run.run(progress: progress)
            try await sink.end(isWhole: true)
            return report
        } catch {
            // A task of its own, since this one may be cancelled.
            throw await Task {
                try? await sink.end(isWhole: false)
                return await explained(error, plan, sink)
            }.value
        }
    }

    /// The error of a disk that is full, with the room that is missing; any other error as it is.
    private func explained(_ error: any Error, _ plan: TransferPlan, _ sink: any TransferSink) async -> any Error {
        guard let full = error as? StoreError, full.kind == .full, let free = try? await available() else {
            return error
        }
        var rest = plan
        rest.present = (try? await present(of: plan, sink, nil)) ?? []
        let reason =
            if rest.room > free {
                "the disk of the target is full: \(rest.missingBytes) bytes are left to copy, and \(free) bytes are free. "
                    + "Make room for \(rest.room - free) more bytes and begin again"
            } else {
                // A quota is used up, and the disk has room for others.
                "\(full.reason), and \(rest.missingBytes) bytes are left to copy. Make room and begin again"
            }
        return StoreError(
            .full, operation: "copy", reason: reason + (sink.isStream ? "" : "; what was copied stays"))
    }

    /// The bytes that the target has room for; nil if it does not say.
    private func available() async throws -> UInt64? {
        switch target {
        case .registry(let path), .oci(let path):
            return try await ConfinedDirectory.run { ConfinedDirectory.available(at: path) }
        case .archive(let output):
            return try await ConfinedDirectory.run { output.path.flatMap { ConfinedDirectory.available(at: $0) } }
        case .store, .unmade: return nil
        }
    }

    /// The sink of a transfer; nil for a directory that is not there and may not be made.
    private func sink(for plan: TransferPlan, creating: Bool) async throws -> (any TransferSink)? {
        let namesRepositories = plan.repositories.count > 1
        switch target {
        case .registry(let path): return try await directory(path, creating).map { RegistrySink($0) }
        case .oci(let path):
            return try await directory(path, creating).map { OCISink($0, namesRepositories: namesRepositories) }
        case .archive(let output): return creating ? ArchiveSink(output, namesRepositories: namesRepositories) : nil
        case .store(let admin):
            return StoreSink(admin, of: plan.repositories.map(\.name), replacesTags: options.replacesTags)
        case .unmade: return nil
        }
    }

    private func directory(_ path: String, _ creating: Bool) async throws -> ConfinedDirectory? {
        try await ConfinedDirectory.run {
            var isDirectory = ObjCBool(false)
            if !creating, !FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) { return nil }
            return try ConfinedDirectory(path: path, creating: creating)
        }
    }

    // MARK: - Directories as registries

    /// Opens a directory in distribution's layout as a registry, read only.
    ///
    /// - Throws: `StoreError` if there is no such directory.
    public static func registry(directory path: String) async throws -> RegistryReader {
        let tree = try await ConfinedDirectory.run {
            RegistryFiles(directory: try ConfinedDirectory(path: path, creating: false))
        }
        return reader(tree)
    }

    /// Opens an OCI image layout as a registry, read only.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - repository: The repository of images that do not name one.
    /// - Throws: `StoreError` if there is no layout, or if an image names no repository.
    public static func oci(directory path: String, naming repository: RepositoryName? = nil) async throws
        -> RegistryReader
    {
        let tree = try await ConfinedDirectory.run {
            try OCIFiles(try ConfinedDirectory(path: path, creating: false), naming: repository)
        }
        return reader(tree)
    }

    private static func reader(_ tree: any FileTree) -> RegistryReader {
        RegistryReader(storage: StorageReader(objects: FileTreeReader(tree), chunkSize: FileTreeReader.chunkSize))
    }
}
