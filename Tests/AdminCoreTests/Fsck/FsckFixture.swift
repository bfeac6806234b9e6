import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// A small, sound, old registry with chunks of a kilobyte. Each test damages it once.
struct FsckFixture: Sendable {
    static let chunkSize: UInt64 = 1024
    static let pushed = SampleDate(2015, 11, 2, 10, 0)

    /// A layer of three chunks that the image `app:v1` needs.
    static let layer = SampleLayer.archive("app/layer", size: 2560)
    /// A blob of three chunks that nothing needs.
    static let spare = SampleLayer.archive("spare", size: 2560)
    static let image = SampleImage(created: pushed, layers: [layer])
    static var manifest: SampleBlob { image.manifest(config: image.config) }
    static let upload = "6f0d1a52-93c4-4e0b-a3a5-000000000006"

    let store: StoreUnderTest
    let registry: RegistryReader

    var paths: RegistryPaths { registry.paths }
    var storage: StorageReader { registry.storage }
    var driver: StorageDriver { store.driver(chunkSize: Self.chunkSize) }
    var admin: RegistryAdmin { RegistryAdmin(registry: registry, driver: driver) }
    var planner: ChangePlanner { ChangePlanner(registry: registry, policy: driver.policy) }

    /// Makes damage as the old driver did, with old dates.
    var planter: DamagePlanter {
        DamagePlanter(
            reader: storage, writer: store.writer, modified: Self.pushed.date,
            makeIdentifier: SampleBuilder.identifier)
    }

    /// Writes the sound registry. `prepare` adds the content that a test damages.
    init(
        _ store: StoreUnderTest, leaving missing: SampleBlob? = nil, isAlone: Bool = false,
        prepare: (inout SampleBuilder) throws -> Void = { _ in }
    ) async throws {
        self.store = store
        registry = RegistryReader(storage: StorageReader(objects: store.reader, chunkSize: Self.chunkSize))
        var builder = SampleBuilder(chunkSize: Self.chunkSize)
        try builder.push(Self.image, to: "app", tags: ["v1", "v2"], at: Self.pushed, without: missing)
        try builder.store(Self.spare, at: Self.pushed)
        if !isAlone { try Self.pushIndex(into: &builder) }
        try prepare(&builder)
        try await builder.draft.write(to: store.writer)
    }

    /// Adds a repository with an index of two images, which no test damages.
    private static func pushIndex(into builder: inout SampleBuilder) throws {
        let arm = SampleImage(
            created: Self.pushed, architecture: "arm", layers: [SampleLayer.archive("arm", size: 2048)])
        let amd = SampleImage(created: Self.pushed, layers: [SampleLayer.archive("amd", size: 4096), SampleBlob.empty])
        try builder.push([arm, amd], as: .docker, to: "keep/multi", tags: ["latest"], at: Self.pushed)
    }

    func fsck(
        deep: Bool = false, grace: TimeInterval = 86_400, largeOmap: Int = StorageReader.largeOmap,
        chunkSize: UInt64 = FsckFixture.chunkSize
    ) async -> FsckReport {
        var options = FsckOptions(clock: store.clock)
        options.deep = deep
        options.grace = grace
        options.largeOmap = largeOmap
        let reader = StorageReader(objects: store.reader, chunkSize: chunkSize)
        return await Fsck(registry: RegistryReader(storage: reader, paths: paths), options: options).run()
    }

    /// Repairs the problems and returns the outcomes.
    func repair(_ problems: [Problem]) async throws -> [ChangeResult] {
        await admin.apply(try await planner.repairs(ofAll: problems))
    }

    // MARK: - Places

    var name: RepositoryName { "app" }
    func blob(_ blob: SampleBlob) -> StoragePath { paths.blob(blob.digest) }
    func layerLink(_ blob: SampleBlob) -> StoragePath { paths.layerLink(name, blob.digest) }
    func tag(_ tag: String) -> StoragePath { paths.tags(name).appending(.literal(tag)) }
    func currentLink(_ tag: String) -> StoragePath { self.tag(tag).appending(.literal("current", "link")) }
    func uploadFile(_ name: String) -> StoragePath {
        paths.uploads(self.name).appending(.literal(Self.upload, name))
    }

    // MARK: - Damages that the old driver does not do by itself

    func change(_ object: ObjectID, _ mutations: WriteOperation.Mutation...) async throws {
        try await store.set(object, mutations, modified: Self.pushed.date)
    }

    /// Removes a file completely: its key, its chunks and the directories that are then empty.
    func erase(_ path: StoragePath) async throws {
        let blob = try await storage.blob(path)
        let layout = try await storage.layout(of: blob)
        try await driver.delete(path)
        for chunk in layout.chunks where chunk.length != nil { try await change(chunk.object, .remove) }
    }
}
