import Foundation
import Testing

@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// One damage to a small registry that is otherwise sound, and the report that is expected.
struct DamageCase: Sendable, CustomTestStringConvertible {
    let name: String
    let kind: ProblemKind
    let severity: ProblemSeverity
    /// The name of the repair; nil if there is none.
    let repair: String?
    /// The problems that the repair leaves on purpose, as found without a grace window.
    var after: [ProblemKind] = []
    var isDeep = false
    var largeOmap = StorageReader.largeOmap
    var chunkSize = FsckFixture.chunkSize
    /// The path of the problem; nil if the problem has none.
    let path: (@Sendable (FsckFixture) -> StoragePath?)
    private let prepare: @Sendable (inout SampleBuilder) throws -> Void
    private let damage: @Sendable (FsckFixture) async throws -> Void
    private let missing: SampleBlob?

    /// Makes the registry and damages it. `isAlone` leaves out the repository that is not damaged.
    func plant(_ store: StoreUnderTest, isAlone: Bool = false) async throws -> FsckFixture {
        let fixture = try await FsckFixture(store, leaving: missing, isAlone: isAlone, prepare: prepare)
        try await damage(fixture)
        return fixture
    }

    var testDescription: String { name }

    init(
        _ name: String, _ kind: ProblemKind, _ severity: ProblemSeverity, repair: String? = nil,
        after: [ProblemKind] = [], isDeep: Bool = false,
        leaving missing: SampleBlob? = nil,
        at path: @escaping @Sendable (FsckFixture) -> StoragePath?,
        prepare: @escaping @Sendable (inout SampleBuilder) throws -> Void = { _ in },
        damage: @escaping @Sendable (FsckFixture) async throws -> Void = { _ in }
    ) {
        self.name = name
        self.kind = kind
        self.severity = severity
        self.repair = repair
        self.after = after
        self.isDeep = isDeep
        self.path = path
        self.prepare = prepare
        self.damage = damage
        self.missing = missing
    }

    /// Returns a copy with another limit for omaps, or with another assumed chunk size.
    func with(largeOmap: Int? = nil, chunkSize: UInt64? = nil) -> DamageCase {
        var copy = self
        if let largeOmap { copy.largeOmap = largeOmap }
        if let chunkSize { copy.chunkSize = chunkSize }
        return copy
    }

    func look(at fixture: FsckFixture, grace: TimeInterval = 86_400) async -> FsckReport {
        await fixture.fsck(deep: isDeep, grace: grace, largeOmap: largeOmap, chunkSize: chunkSize)
    }
}

extension DamageCase {
    static let all = files + references + directories + objects + links + documents + leftovers

    static let layer = FsckFixture.layer
    static let spare = FsckFixture.spare
    static let pushed = FsckFixture.pushed

    private static let files: [DamageCase] = [
        DamageCase(
            "a deletion stopped after chunk 0", .danglingReference, .error, repair: "finish-deletion",
            at: { $0.blob(spare) }, damage: { try await $0.planter.crashInsideDelete($0.blob(spare)) }),
        DamageCase(
            "a blob without any chunk", .danglingReference, .error, repair: "finish-deletion",
            at: { $0.blob(spare) },
            damage: { fixture in
                let layout = try await fixture.storage.layout(of: fixture.storage.blob(fixture.blob(spare)))
                for chunk in layout.chunks { try await fixture.change(chunk.object, .remove) }
            }),
        DamageCase(
            "the blob of no bytes without any chunk", .emptyFile, .error, repair: "write-empty",
            at: { $0.blob(SampleBlob.empty) }, damage: emptied),
        DamageCase(
            "the blob of no bytes without any chunk, looked at deeply", .emptyFile, .error, repair: "write-empty",
            isDeep: true, at: { $0.blob(SampleBlob.empty) }, damage: emptied),
        DamageCase(
            "a file that is none of the registry's, without any chunk", .emptyFile, .info,
            at: { $0.paths.repository($0.name).appending(.literal("note")) },
            damage: {
                try await $0.planter.putEmptyFile($0.paths.repository($0.name).appending(.literal("note")))
            }),
        DamageCase(
            "no size", .missingSize, .error, repair: "restore-size", after: [.orphanBlob], at: { $0.blob(layer) },
            damage: {
                try await $0.change($0.storage.blob($0.blob(layer)).chunk(0), .removeXattr(TotalSize.xattr))
            }),
        DamageCase(
            "an impossible size", .badSize, .error, repair: "restore-size", after: [.orphanBlob],
            at: { $0.blob(layer) }, damage: { try await say([1, 2, 3], of: $0.blob(layer), $0) }),
        DamageCase(
            "a size that is too small", .badSize, .error, repair: "restore-size", after: [.orphanBlob],
            at: { $0.blob(layer) }, damage: { try await say(TotalSize.encode(700), of: $0.blob(layer), $0) }),
        DamageCase(
            "a size that is too large", .badSize, .error, repair: "restore-size", after: [.orphanBlob],
            at: { $0.blob(layer) }, damage: { try await say(TotalSize.encode(9000), of: $0.blob(layer), $0) }),
        DamageCase(
            "a size that is a little too large", .badSize, .error, repair: "restore-size", after: [.orphanBlob],
            at: { $0.blob(layer) }, damage: { try await say(TotalSize.encode(2561), of: $0.blob(layer), $0) }),
        DamageCase(
            "a manifest without a size", .missingSize, .error, repair: "restore-size", after: [.orphanBlob],
            at: { $0.blob(FsckFixture.manifest) },
            damage: {
                try await $0.change(
                    $0.storage.blob($0.blob(FsckFixture.manifest)).chunk(0), .removeXattr(TotalSize.xattr))
            }),
        DamageCase(
            "a tag's link without a size", .missingSize, .error, repair: "restore-size", after: [.orphanBlob],
            at: { $0.currentLink("v2") },
            damage: {
                try await $0.change($0.storage.blob($0.currentLink("v2")).chunk(0), .removeXattr(TotalSize.xattr))
            }),
        DamageCase(
            "a layer link without a size, that ends early", .missingSize, .error, repair: "replace-link",
            at: { $0.layerLink(layer) },
            damage: { fixture in
                let chunk = try await fixture.storage.blob(fixture.layerLink(layer)).chunk(0)
                try await fixture.change(chunk, .truncate(20), .removeXattr(TotalSize.xattr))
            }),
        DamageCase(
            "no size, and a chunk is gone", .missingSize, .error, at: { $0.blob(layer) },
            damage: { fixture in
                let blob = try await fixture.storage.blob(fixture.blob(layer))
                try await fixture.change(blob.chunk(0), .removeXattr(TotalSize.xattr))
                try await fixture.change(blob.chunk(1), .remove)
            }),
        DamageCase(
            "no size, and other content", .missingSize, .error, at: { $0.blob(layer) },
            damage: { fixture in
                let blob = try await fixture.storage.blob(fixture.blob(layer))
                try await fixture.change(blob.chunk(0), .removeXattr(TotalSize.xattr))
                try await fixture.change(blob.chunk(1), .write([1, 2, 3], at: 0))
            }),
        DamageCase(
            "a chunk is gone", .missingChunk, .error, at: { $0.blob(layer) },
            damage: { try await $0.change($0.storage.blob($0.blob(layer)).chunk(1), .remove) }),
        DamageCase(
            "the last chunks are gone", .missingChunk, .error, at: { $0.blob(layer) },
            damage: { fixture in
                for index in 1...2 {
                    try await fixture.change(fixture.storage.blob(fixture.blob(layer)).chunk(index), .remove)
                }
            }),
        DamageCase(
            "a chunk ends early", .shortChunk, .error, at: { $0.blob(layer) },
            damage: { try await $0.planter.shorten($0.blob(layer), chunk: 1, to: 100) }),
        DamageCase(
            "a resumed upload", .longChunk, .error, repair: "rearrange", after: [.orphanBlob], leaving: layer,
            at: { $0.blob(layer) }, prepare: { try $0.store(layer.prefix(700), as: layer, at: pushed) },
            damage: { try await $0.planter.resumeInsideChunk($0.blob(layer), layer.content[700...]) }),
        DamageCase(
            "zero fill", .longChunk, .waste, repair: "drop-surplus", at: { $0.blob(zeroFilled) },
            prepare: { try $0.store(zeroFilled.prefix(600), as: zeroFilled, at: pushed) },
            damage: {
                try await $0.planter.writeBeyondEnd($0.blob(zeroFilled), offset: 800, Array(zeroFilled.content[800...]))
            }),
        DamageCase(
            "a longer file was overwritten", .surplusChunk, .waste, repair: "drop-surplus", leaving: layer,
            at: { $0.blob(layer) },
            prepare: { try $0.store([UInt8](repeating: 7, count: 5000), as: layer, at: pushed) },
            damage: { try await $0.planter.overwriteShorter($0.blob(layer), layer.content) }),
        DamageCase(
            "a chunk far behind the end", .surplusChunk, .waste, repair: "drop-surplus", at: { $0.blob(layer) },
            damage: { try await $0.change($0.storage.blob($0.blob(layer)).chunk(77), .writeFull([1])) }),
        DamageCase(
            "other content of the same length", .digestMismatch, .error, isDeep: true, at: { $0.blob(layer) },
            damage: { try await $0.change($0.storage.blob($0.blob(layer)).chunk(1), .write([1, 2, 3], at: 0)) }),
    ]

    /// Leaves the blob of no bytes as the old driver does: a reference without a chunk.
    @Sendable private static func emptied(_ fixture: FsckFixture) async throws {
        let path = fixture.blob(SampleBlob.empty)
        if try await fixture.storage.entry(path) == nil { return try await fixture.planter.putEmptyFile(path) }
        try await fixture.change(fixture.storage.blob(path).chunk(0), .remove)
    }

    /// Sets the size that the first chunk of a file holds.
    private static func say(_ size: [UInt8], of path: StoragePath, _ fixture: FsckFixture) async throws {
        try await fixture.change(
            fixture.storage.blob(path).chunk(0), .setXattr(name: TotalSize.xattr, value: size))
    }

    /// 1000 bytes; those from 600 to 799 are zeros.
    private static let zeroFilled: SampleBlob = {
        let content = [UInt8](repeating: 5, count: 600) + [UInt8](repeating: 0, count: 200)
        return SampleBlob(content + [UInt8](repeating: 6, count: 200))
    }()

    private static let references: [DamageCase] = [
        DamageCase(
            "two clients pushed one layer", .orphanBlob, .waste, at: { _ in nil },
            damage: {
                try await $0.planter.moveOntoExisting($0.blob(layer), from: $0.uploadFile("data"), layer.content)
            }),
        DamageCase(
            "a crash inside a move", .doubleReference, .error, repair: "drop-upload-key", after: [.staleUpload],
            leaving: layer, at: { $0.uploadFile("data") },
            prepare: { try $0.startUpload(FsckFixture.upload, in: "app", at: pushed, layer.content) },
            damage: { fixture in
                try await fixture.planter.crashInsideMove(fixture.uploadFile("data"), to: fixture.blob(layer))
                // The client continues its upload.
                try await fixture.driver.putContent(
                    fixture.uploadFile("hashstates").appending(.literal("sha256", "2560")), Array("state".utf8))
            }),
    ]

    private static let directories: [DamageCase] = [
        DamageCase(
            "a directory that its parent does not list", .unlistedDirectory, .error, repair: "relink",
            at: { $0.tag("v2") }, damage: { try await $0.planter.unlist($0.tag("v2")) }),
        DamageCase(
            "the directory of a blob that nothing lists", .unlistedDirectory, .error, repair: "relink",
            at: { $0.blob(layer).parent }, damage: { try await $0.planter.unlist($0.blob(layer).parent) }),
        DamageCase(
            "a directory without an object", .missingDirectory, .info, repair: "prune",
            at: { $0.paths.repository($0.name).appending(.literal("old")) },
            prepare: { try $0.makeDirectory(StoragePath("/docker/registry/v2/repositories/app/old"), at: pushed) },
            damage: { try await $0.planter.loseObject(of: $0.paths.repository($0.name).appending(.literal("old"))) }),
        DamageCase(
            "a directory without an object and with directories below it", .missingDirectory, .error,
            repair: "relink", at: { $0.paths.tags($0.name) },
            damage: { try await $0.change(StorageReader.directory($0.paths.tags($0.name)), .remove) }),
        DamageCase(
            "an empty directory", .emptyDirectory, .waste, repair: "prune",
            at: { $0.paths.repository($0.name).appending(.literal("old")) },
            prepare: { try $0.makeDirectory(StoragePath("/docker/registry/v2/repositories/app/old"), at: pushed) }),
        DamageCase(
            "an empty directory that nothing lists", .emptyDirectory, .waste, repair: "prune",
            at: { $0.paths.repository($0.name).appending(.literal("old")) },
            damage: {
                try await $0.change(
                    StorageReader.directory($0.paths.repository($0.name).appending(.literal("old"))), .create)
            }),
        DamageCase(
            "a key that breaks the path rule", .badName, .error, repair: "remove-key", at: { $0.paths.tags($0.name) },
            damage: { try await $0.planter.putBadName("..", in: $0.paths.tags($0.name)) }),
        DamageCase(
            "a key of any bytes", .badName, .error, repair: "remove-key", at: { $0.paths.tags($0.name) },
            damage: {
                try await $0.change(
                    StorageReader.directory($0.paths.tags($0.name)),
                    .setOmap([ByteString(bytes: [0xff, 0x1b, 0x5b]): Array("what".utf8)]))
            }),
    ]

    private static let objects: [DamageCase] = [
        DamageCase(
            "another chunk size", .wrongChunkSize, .error, at: { _ in nil }
        ).with(chunkSize: 512),
        DamageCase(
            "an object of somebody else", .foreignObject, .info, at: { _ in nil },
            damage: { try await $0.change(ObjectID("benchmark_data_host_1"), .writeFull([1, 2, 3])) }),
        DamageCase(
            "an object whose name breaks the path rule", .foreignObject, .info, at: { _ in nil },
            damage: {
                try await $0.change(
                    ObjectID("/docker/../etc"),
                    .setOmap(["x": BlobIdentifier("blob:00000000-0000-4000-8000-000000000001")?.value ?? []]))
            }),
        DamageCase(
            "a directory with very many keys", .largeOmap, .info, at: { $0.paths.tags($0.name) },
            prepare: { builder in
                try builder.push(
                    FsckFixture.image, to: "app", tags: (0..<60).map { "t\($0)" }, at: pushed)
            }
        ).with(largeOmap: 60),
    ]

    private static let documents: [DamageCase] = [
        DamageCase("a layer never arrived", .missingBlob, .error, leaving: layer, at: { $0.blob(layer) }),
        DamageCase(
            "a tag names a manifest that the repository does not hold", .missingRevision, .error,
            at: { $0.paths.revision($0.name, spare.digest).appending(.literal("link")) },
            damage: { try await $0.driver.putContent($0.currentLink("lost"), Array(spare.digest.string.utf8)) }),
        DamageCase(
            "the link of a manifest lies where registry 2.1.0 kept it", .missingRevision, .error, repair: "write-link",
            at: { $0.paths.revision($0.name, FsckFixture.manifest.digest).appending(.literal("link")) },
            prepare: { try $0.linkLayer(FsckFixture.manifest, in: "app", at: pushed) },
            damage: {
                try await $0.erase($0.paths.revision($0.name, FsckFixture.manifest.digest).appending(.literal("link")))
                for tag in ["v1", "v2"] {
                    let hex = FsckFixture.manifest.digest.hex
                    try await $0.erase($0.currentLink(tag))
                    try await $0.erase($0.tag(tag).appending(.literal("index", "sha256", hex, "link")))
                }
            }),
        DamageCase(
            "a manifest whose keys have another case", .ambiguousManifest, .info, at: { $0.blob(shouted) },
            prepare: { try $0.putManifest(shouted, in: "app", tags: ["shouted"], at: pushed) }),
        DamageCase(
            "a manifest that lies about a size", .wrongSize, .info, at: { $0.blob(boasting) },
            prepare: { try $0.putManifest(boasting, in: "app", tags: ["boasting"], at: pushed) }),
        DamageCase(
            "a manifest that is none", .badManifest, .error, at: { $0.blob(noManifest) },
            prepare: { try $0.putManifest(noManifest, in: "app", tags: [], at: pushed) }),
    ]

    /// Manifests of an image that is already in the registry.
    private static let shouted = image("Layers", size: "\(layer.size)")
    private static let boasting = image("layers", size: "-1")

    private static func image(_ layers: String, size: String) -> SampleBlob {
        let config = FsckFixture.image.config
        return SampleBlob(
            #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":"#
                + #"{"digest":"\#(config.digest)","size":\#(config.size)},"\#(layers)":"#
                + #"[{"digest":"\#(layer.digest)","size":\#(size)}]}"#)
    }

    private static let noManifest = SampleBlob(#"{"hello":"world"}"#)

    private static let signature = "sha256-\(String(repeating: "a", count: 64)).sig"

    private static let leftovers: [DamageCase] = [
        DamageCase(
            "an upload that nobody ended", .staleUpload, .waste, repair: "trash",
            at: { $0.uploadFile("data").parent },
            prepare: { try $0.startUpload(FsckFixture.upload, in: "app", at: pushed, [1, 2, 3]) }),
        DamageCase(
            "a signature whose image is gone", .orphanCompanion, .waste, repair: "trash",
            at: { $0.tag(signature) },
            prepare: {
                let attached = SampleImage(created: pushed, architecture: "arm64", layers: [spare])
                try $0.push(attached, to: "app", tags: [signature], at: pushed)
                // A signature whose image exists is no problem.
                let image = FsckFixture.manifest.digest
                try $0.push(attached, to: "app", tags: ["sha256-\(image.hex).sig"], at: pushed)
            }),
        DamageCase(
            "a repository without manifests", .emptyRepository, .waste, repair: "trash",
            at: { $0.paths.repository("attic/y2k") },
            prepare: { try $0.linkLayer(spare, in: "attic/y2k", at: pushed) }),
        // A random test found this case: the repository holds no file that could go to the trash.
        DamageCase(
            "a repository of nothing but directories", .emptyRepository, .waste, repair: "trash",
            at: { $0.paths.repository("attic/y2k") },
            prepare: { try $0.linkLayer(spare, in: "attic/y2k", at: pushed) },
            damage: { fixture in
                let link = fixture.paths.layerLink("attic/y2k", spare.digest)
                try await fixture.change(fixture.storage.blob(link).chunk(0), .remove)
                try await fixture.change(StorageReader.directory(link.parent), .removeOmap(["link"]))
            }),
    ]
}

/// Links that are wrong, refer to missing content, or are missing.
extension DamageCase {
    static let links: [DamageCase] = [
        DamageCase(
            "a layer link that is no digest", .badLink, .error, repair: "replace-link", at: { $0.layerLink(layer) },
            damage: { try await overwrite($0.layerLink(layer), "nonsense", $0) }),
        DamageCase(
            "a tag's link that is no digest", .badLink, .error, repair: "replace-link", at: { $0.currentLink("v2") },
            damage: { try await overwrite($0.currentLink("v2"), "nonsense", $0) }),
        DamageCase(
            "a tag's link that is no digest, where the tag has named two", .badLink, .error, repair: "trash",
            at: { $0.currentLink("v2") },
            damage: {
                let former = $0.tag("v2").appending(.literal("index", "sha256", spare.digest.hex, "link"))
                try await $0.driver.putContent(former, Array(spare.digest.string.utf8))
                try await overwrite($0.currentLink("v2"), "nonsense", $0)
            }),
        DamageCase(
            "a link that ends with a line end", .badLink, .error, repair: "rewrite-link", after: [.orphanBlob],
            at: { $0.currentLink("v2") },
            damage: { try await overwrite($0.currentLink("v2"), "\(FsckFixture.manifest.digest)\n", $0) }),
        DamageCase(
            "a layer link of digits alone", .badLink, .error, repair: "rewrite-link", after: [.orphanBlob],
            at: { $0.layerLink(layer) },
            damage: { try await overwrite($0.layerLink(layer), layer.digest.hex.uppercased(), $0) }),
        DamageCase(
            "a link of no bytes", .badLink, .error, repair: "replace-link", at: { $0.currentLink("v2") },
            damage: { try await $0.change($0.storage.blob($0.currentLink("v2")).chunk(0), .remove) }),
        DamageCase(
            "a link to another digest than its path says", .badLink, .error, repair: "replace-link",
            at: { $0.layerLink(layer) },
            damage: { try await overwrite($0.layerLink(layer), spare.digest.string, $0) }),
        DamageCase(
            "a tag without a link", .badLink, .error, repair: "restore-tag", at: { $0.currentLink("v2") },
            damage: { fixture in
                try await fixture.erase(fixture.currentLink("v2"))
                try await fixture.change(StorageReader.directory(fixture.tag("v2")), .removeOmap(["current"]))
            }),
        DamageCase(
            "a tag whose current directory is empty", .badLink, .error, repair: "restore-tag",
            at: { $0.currentLink("v2") }, damage: { try await dropLink(of: "v2", $0) }),
        DamageCase(
            "a tag whose current directory is empty and not listed", .badLink, .error, repair: "restore-tag",
            at: { $0.currentLink("v2") },
            damage: {
                try await dropLink(of: "v2", $0)
                try await $0.planter.unlist($0.currentLink("v2").parent)
            }),
        DamageCase(
            "a tag whose current directory is listed and gone", .badLink, .error, repair: "restore-tag",
            at: { $0.currentLink("v2") },
            damage: {
                try await dropLink(of: "v2", $0)
                try await $0.planter.loseObject(of: $0.currentLink("v2").parent)
            }),
        DamageCase(
            "a tag of which only its current directory is left", .badLink, .error, repair: "trash",
            at: { $0.currentLink("gone") },
            prepare: { try $0.makeDirectory(tags.appending(.literal("gone", "current")), at: pushed) }),
        DamageCase(
            "a tag of which only the name is left", .badLink, .error, repair: "trash", at: { $0.currentLink("gone") },
            prepare: { try $0.makeDirectory(tags.appending(.literal("gone")), at: pushed) }),
        DamageCase(
            "a tag of which only the key is left", .badLink, .error, repair: "trash", at: { $0.currentLink("gone") },
            prepare: { try $0.makeDirectory(tags.appending(.literal("gone")), at: pushed) },
            damage: { try await $0.planter.loseObject(of: $0.tag("gone")) }),
        DamageCase(
            "a layer link is gone", .missingLayerLink, .error, repair: "write-link", at: { $0.layerLink(layer) },
            damage: { try await $0.erase($0.layerLink(layer)) }),
        DamageCase(
            "a layer link that no manifest needs", .unusedLayerLink, .waste, repair: "trash",
            at: { $0.layerLink(spare) }, prepare: { try $0.linkLayer(spare, in: "app", at: pushed) }),
    ]

    private static let tags = RegistryPaths().tags("app")

    /// Leaves an empty directory where the current link of a tag was.
    private static func dropLink(of tag: String, _ fixture: FsckFixture) async throws {
        let link = fixture.currentLink(tag)
        try await fixture.change(fixture.storage.blob(link).chunk(0), .remove)
        try await fixture.change(StorageReader.directory(link.parent), .removeOmap(["link"]))
    }

    private static func overwrite(_ path: StoragePath, _ text: String, _ fixture: FsckFixture) async throws {
        try await fixture.change(
            fixture.storage.blob(path).chunk(0), .writeFull(Array(text.utf8)),
            .setXattr(name: TotalSize.xattr, value: TotalSize.encode(UInt64(text.utf8.count))))
    }
}
