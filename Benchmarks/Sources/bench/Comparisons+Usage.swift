import AdminCore
import Foundation

extension Harness {
    /// Repositories of fifty images, each with a manifest, a configuration and eight own layers.
    private static let (repositories, images, layers) = (20, 50, 8)
    private static let blobs = repositories * images * (layers + 2)

    /// Fills the pool, which is empty, with a registry.
    func makeRegistry() async throws {
        var draft = PoolDraft { _ in .random() }
        let paths = RegistryPaths()
        let date = Date(timeIntervalSince1970: 1_450_000_000)
        for repository in 0..<Self.repositories {
            guard let name = RepositoryName("team\(repository % 4)/app\(repository)") else { continue }
            func put(_ content: [UInt8]) throws -> Digest {
                let digest = Digest.sha256(of: content)
                try draft.putContent(content, at: paths.blob(digest), modified: date)
                return digest
            }
            func link(_ digest: Digest, _ directory: StoragePath) throws {
                try draft.putContent(Array(digest.string.utf8), at: directory.appending("link"), modified: date)
            }
            for image in 0..<Self.images {
                let contents = (0...Self.layers).map { Array("\(name) \(image) \($0)".utf8) }
                let digests = try contents.map(put)
                let references = zip(digests, contents).map { digest, content in
                    #"{"mediaType":"application/octet-stream","size":\#(content.count),"digest":"\#(digest)"}"#
                }
                let manifest = try put(
                    Array(
                        (#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":"#
                            + #"\#(references[0]),"layers":[\#(references.dropFirst().joined(separator: ","))]}"#).utf8)
                )
                for digest in digests {
                    try link(digest, paths.layers(name).appending(digest.algorithm).appending(digest.hex))
                }
                try link(manifest, paths.revision(name, manifest))
                try link(manifest, paths.tags(name).appending("v\(image)").appending("current"))
            }
        }
        try await draft.write(to: store.writer)
    }

    /// The needs of every repository, alone and shared, and the purpose of every object of the
    /// pool.
    func usage(_ name: String) -> Comparison {
        Comparison(
            name: name,
            limit: { _ in try await limit.survey(depth: 128, atLeast: 4 * Self.blobs) },
            driver: { _, driver in
                let registry = RegistryReader(storage: driver.reader)
                let usage = try await UsageInspector(registry: registry).usage(pool: true)
                guard usage.blobs == Self.blobs else { throw WrongContent(what: "\(usage.blobs) blobs") }
            })
    }

    /// Lists all repositories and tags with digests, sizes and states, without a cache. This needs
    /// every link and every blob, so the limit is one read of each object.
    func listRegistry(_ name: String) -> Comparison {
        Comparison(
            name: name,
            limit: { _ in try await limit.survey(depth: 128, atLeast: 4 * Self.blobs) },
            driver: { _, driver in
                let registry = RegistryReader(storage: driver.reader)
                let names = try await registry.repositoryNames()
                let pass = registry.pass()
                let tags = try await withThrowingTaskGroup(of: Int.self) { group in
                    for name in names { group.addTask { try await pass.tags(of: name).count } }
                    return try await group.reduce(0, +)
                }
                guard names.count == Self.repositories, tags == Self.repositories * Self.images else {
                    throw WrongContent(what: "\(names.count) repositories, \(tags) tags")
                }
            })
    }
}
