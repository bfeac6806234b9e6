import Foundation

@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// All answers of the reading commands about one repository.
struct RepositoryRows: Equatable, Sendable {
    /// The answers of `ls`, `stat`, `cat` and `chunks` for one path, errors included.
    struct File: Equatable, Sendable {
        let path: StoragePath
        let status: String
        let content: String
        let layout: String
    }

    var summary: RepositorySummary
    var unique: UInt64?
    var tags: [TagSummary] = []
    var images: [ImageDetail] = []
    var uploads: [UploadSummary] = []
    var listing: [DirectoryEntry] = []
    var files: [File] = []

    /// The rows of all repositories. A failed question becomes a part of the row.
    static func all(_ registry: RegistryReader) async throws -> [RepositoryName: RepositoryRows] {
        let pass = registry.pass()
        let unique = try await UsageInspector(registry: registry).usage().uniqueSizes
        let names = try await registry.repositoryNames()
        let rows = try await concurrentMap(names, window: 4) { name in
            var rows = try await RepositoryRows(name, in: registry, pass)
            rows.unique = unique[name]
            return (name, rows)
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    private init(_ name: RepositoryName, in registry: RegistryReader, _ pass: RegistryPass) async throws {
        summary = try await pass.summary(of: name)
        tags = try await pass.tags(of: name)
        uploads = try await pass.uploads(of: name)
        var selectors: [ImageReference.Selector] = tags.map { .tag($0.tag) }
        for digest in try await pass.revisions(of: name) { selectors.append(.digest(digest)) }
        for selector in selectors {
            if let reference = ImageReference(name, selector) { images.append(try await pass.image(reference)) }
        }
        listing = try await registry.storage.list(registry.paths.repository(name)).filter {
            // A directory below belongs to another repository.
            $0.name?.hasPrefix("_") == true
        }
        var digests: [Digest] = []
        for image in images {
            if let digest = image.digest { digests.append(digest) }
            if let config = image.config { digests.append(config.digest) }
            digests += image.layers.map(\.digest)
            digests += image.manifests.map(\.digest)
            digests += image.signatures
        }
        var paths = Set(digests.map(registry.paths.blob))
        for directory in [
            registry.paths.uploads(name), registry.paths.layers(name), registry.paths.revisions(name).parent,
        ] {
            guard let walked = try? await registry.storage.walk(directory) else { continue }
            paths.formUnion(walked.compactMap(\.path))
        }
        files = try await concurrentMap(paths.sorted(), window: 4) { await File($0, in: registry.storage) }
    }
}

extension RepositoryRows.File {
    init(_ path: StoragePath, in storage: StorageReader) async {
        self.path = path
        func answer(_ question: () async throws -> String) async -> String {
            do { return try await question() } catch { return "error: \(error)" }
        }
        status = await answer { try await "\(storage.stat(path))" }
        content = await answer { try await Digest.sha256(of: storage.content(path)).string }
        layout = await answer { try await "\(storage.layout(of: storage.blob(path)))" }
    }
}
