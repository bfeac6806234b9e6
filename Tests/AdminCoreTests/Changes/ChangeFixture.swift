import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// A small valid registry, written through the driver: tags, manifests, layers, one repository
/// below another.
struct ChangeFixture: Sendable {
    let store: StoreUnderTest
    let driver: StorageDriver
    let registry: RegistryReader

    var planner: ChangePlanner { ChangePlanner(registry: registry, policy: driver.policy) }
    var admin: RegistryAdmin { RegistryAdmin(registry: registry, driver: driver) }

    init(_ store: StoreUnderTest, policy: JournalPolicy? = nil) {
        self.store = store
        driver = store.driver(chunkSize: StorageReader.defaultChunkSize, policy: policy)
        registry = RegistryReader(storage: driver.reader)
    }

    static func inMemory() throws -> ChangeFixture {
        ChangeFixture(try StoreUnderTest.inMemory())
    }

    /// Pushes an image of one layer as a registry does, under the given tags; returns the
    /// manifest's digest.
    @discardableResult
    func push(_ name: String, tags: [String], layer: [UInt8]) async throws -> Digest {
        let name = try self.name(name)
        let paths = registry.paths
        let layerDigest = Digest.sha256(of: layer)
        let config = Array(#"{"architecture":"amd64","os":"linux","created":"2016-01-02T03:04:05Z"}"#.utf8)
        let configDigest = Digest.sha256(of: config)
        let type = "application/vnd.docker"
        let manifest = Array(
            """
            {"schemaVersion":2,"mediaType":"\(type).distribution.manifest.v2+json",\
            "config":{"mediaType":"\(type).container.image.v1+json","size":\(config.count),"digest":"\(configDigest)"},\
            "layers":[{"mediaType":"\(type).image.rootfs.diff.tar.gzip","size":\(layer.count),"digest":"\(layerDigest)"}]}
            """.utf8)
        let digest = Digest.sha256(of: manifest)
        for (blob, content) in [(layerDigest, layer), (configDigest, config), (digest, manifest)] {
            try await driver.putContent(paths.blob(blob), content)
        }
        for blob in [layerDigest, configDigest] { try await link(paths.layerLink(name, blob), blob) }
        try await link(paths.revision(name, digest).appending("link"), digest)
        for tag in tags { try await setTag(tag, of: name, to: digest) }
        return digest
    }

    func setTag(_ tag: String, of name: RepositoryName, to digest: Digest) async throws {
        let directory = try registry.paths.tags(name).appending(tag)
        try await link(
            directory.appending("index").appending(digest.algorithm).appending(digest.hex).appending("link"), digest)
        try await link(directory.appending("current").appending("link"), digest)
    }

    /// Writes a link unless it exists with the same content: the old registry overwrites an
    /// existing link under the same identifier.
    func link(_ path: StoragePath, _ digest: Digest) async throws {
        if (try? await driver.reader.content(path)) == Array(digest.string.utf8) { return }
        try await driver.putContent(path, Array(digest.string.utf8))
    }

    func reference(_ text: String) throws -> ImageReference {
        try #require(ImageReference(text))
    }

    func name(_ text: String) throws -> RepositoryName {
        try #require(RepositoryName(text))
    }

    /// Deletes at once, without the trash.
    func remove(_ references: String...) async throws -> (plan: ChangePlan, results: [ChangeResult]) {
        let plan = try await planner.removal(of: references.map(reference), skippingTrash: true)
        return (plan, await admin.apply(plan))
    }

    /// Deletes into the trash.
    func trash(_ references: String...) async throws -> [ChangeResult] {
        await admin.apply(try await planner.removal(of: references.map(reference)))
    }

    func restore(_ ids: [String], as name: String? = nil) async throws -> [ChangeResult] {
        await admin.apply(try await planner.restoration(of: ids, as: name.map(reference)))
    }

    func empty() async throws -> [ChangeResult] {
        await admin.apply(try await planner.emptying())
    }

    var trashItems: [TrashItem] {
        get async throws { try await TrashReader(registry: registry).sizedItems() }
    }

    func move(_ source: String, to destination: String, force: Bool = false) async throws -> [ChangeResult] {
        await admin.apply(
            try await planner.move(from: reference(source), to: reference(destination), force: force))
    }

    func snapshot() async throws -> Snapshot { try await Snapshot(store.reader) }

    func names() async throws -> [String] { try await registry.repositoryNames().map(\.string) }

    func tags(_ name: String) async throws -> [String] {
        try await registry.pass().tagNames(of: self.name(name))
    }
}
