import Foundation
import Testing

@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

@Suite("Registry: damage is a row's state, never an error, and never another row's") struct RegistryDamageTests {
    /// The rows of a sound repository `good`, and of a repository `bad` that differs only by
    /// `change`.
    static func rows(_ change: (inout RegistryPool) throws -> Void) async throws -> (
        good: RepositorySummary, bad: RepositorySummary, tags: [TagSummary]
    ) {
        var pool = RegistryPool()
        for (repository, number) in [("good", 100), ("bad", 200)] {
            pool.image(repository, number, layers: [number + 10, number + 11])
            pool.tag(repository, "a", RegistryPool.digest(number))
            pool.tag(repository, "b", RegistryPool.digest(number))
        }
        try change(&pool)
        let pass = pool.pass
        return try await (pass.summary(of: "good"), pass.summary(of: "bad"), pass.tags(of: "bad"))
    }

    /// One kind of damage of a registry.
    struct Specimen: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let problem: String
        let states: [TagSummary.State]
        let change: @Sendable (inout RegistryPool) throws -> Void

        init(
            _ name: String, _ problem: String, _ states: [TagSummary.State] = [.damaged, .damaged],
            _ change: @escaping @Sendable (inout RegistryPool) throws -> Void
        ) {
            testDescription = name
            self.problem = problem
            self.states = states
            self.change = change
        }
    }

    static let layer = RegistryPool.digest(210)
    static let config = RegistryPool.digest(201)
    static let manifest = RegistryPool.digest(200)

    static func chunk(_ pool: RegistryPool, _ path: String, _ index: Int = 0) throws -> String {
        try #require(pool.pool.blob(path)).chunk(index).name.description
    }

    static let specimens: [Specimen] = [
        Specimen("layer blob missing", "The layer \(layer) is missing.") {
            $0.pool.unlink(RegistryPool.blobPath(layer))
        },
        Specimen("configuration missing", "The configuration \(config) is missing.") {
            $0.pool.unlink(RegistryPool.blobPath(config))
        },
        Specimen("D7: layer without any chunk", "The layer \(layer) has lost its content.") {
            $0.pool.remove(try chunk($0, RegistryPool.blobPath(layer)))
        },
        Specimen("D7: layer without its first chunk", "The layer \(layer) has lost its first chunk.") {
            let chunk = try chunk($0, RegistryPool.blobPath(layer))
            $0.pool.remove(chunk)
            $0.pool[try RegistryDamageTests.chunk($0, RegistryPool.blobPath(layer), 1)].data = [1]
        },
        Specimen(
            "D14: layer too short",
            "The layer \(layer) has a first chunk that is too short: a client that pulls it waits without end."
        ) {
            $0.pool[try chunk($0, RegistryPool.blobPath(layer))].data.removeLast()
        },
        Specimen(
            "D4: layer too long",
            "The layer \(layer) has a first chunk that is too long: only its content tells whether it can be pulled.",
            [.suspect, .suspect]
        ) {
            $0.pool[try chunk($0, RegistryPool.blobPath(layer))].data.append(0)
        },
        Specimen("layer without a size", "The layer \(layer) does not say its size.") {
            $0.pool[try chunk($0, RegistryPool.blobPath(layer))].xattrs = [:]
        },
        Specimen("a blob that is a directory", "The layer \(layer) is a directory.") {
            $0.pool.makeDirectory(RegistryPool.blobPath(layer))
        },
        Specimen("layer link missing", "The layer \(layer) is not linked in this repository.") {
            $0.pool.removeLink(RegistryPool.layerLink("bad", layer))
        },
        Specimen("manifest missing", "The manifest \(manifest) is missing.") {
            $0.pool.unlink(RegistryPool.blobPath(manifest))
        },
        Specimen("manifest empty", "The manifest \(manifest) has lost its content.") {
            $0.pool.put(RegistryPool.blobPath(manifest), [])
        },
        Specimen("manifest no JSON", "The manifest \(manifest) is not JSON.") {
            $0.pool.put(RegistryPool.blobPath(manifest), Array("\u{1b}[2J".utf8))
        },
        Specimen("manifest too large", "The manifest \(manifest) is larger than a manifest may be.") {
            $0.pool.put(RegistryPool.blobPath(manifest), [UInt8](repeating: 32, count: Manifest.sizeLimit + 1))
        },
        Specimen("revision link missing", "The link to the manifest \(manifest) is missing.") {
            $0.pool.removeLink(RegistryPool.revisionLink("bad", manifest))
        },
        Specimen("tag without a link", "The link of the tag a is missing.", [.damaged, .ok]) {
            $0.pool.unlink(RegistryPool.currentLink("bad", "a"))
        },
        Specimen(
            "tag without anything", "The link of the tag a is missing: only the name of the tag is left.",
            [.damaged, .ok]
        ) {
            $0.pool["\(RegistryPool.root)/repositories/bad/_manifests/tags/a"].omap = [:]
            $0.pool.remove("\(RegistryPool.root)/repositories/bad/_manifests/tags/a/current")
        },
        Specimen(
            "tag with its history only",
            "The link of the tag a is missing: only the list of its former manifests is left.",
            [.damaged, .ok]
        ) {
            $0.pool["\(RegistryPool.root)/repositories/bad/_manifests/tags/a"].omap = ["index": []]
            $0.pool.remove("\(RegistryPool.root)/repositories/bad/_manifests/tags/a/current")
        },
        Specimen("tag link garbage", "The link of the tag a holds no digest.", [.damaged, .ok]) {
            $0.pool.put(RegistryPool.currentLink("bad", "a"), Array("sha256:../../../x".utf8))
        },
        Specimen("tag link empty", "The link of the tag a is empty.", [.damaged, .ok]) {
            $0.pool.put(RegistryPool.currentLink("bad", "a"), [])
        },
        Specimen("tag of a manifest that is not there", "The manifest \(layer) is not JSON.", [.damaged, .ok]) {
            $0.pool.put(RegistryPool.currentLink("bad", "a"), Array(layer.string.utf8))
        },
        Specimen("D8, D9: the tag's directory has no object", "The link of the tag a is missing.", [.damaged, .ok]) {
            $0.pool.remove("\(RegistryPool.root)/repositories/bad/_manifests/tags/a/current")
        },
    ]

    /// Damage of links that are listed. Rows do not read such links; an image and fsck do.
    static let links: [Specimen] = [
        Specimen("layer link missing, its directory left", "The layer \(layer) is not linked in this repository.") {
            $0.pool.unlink(RegistryPool.layerLink("bad", layer))
        },
        Specimen("layer link empty (D3, D7)", "The layer \(layer) has a link that is empty.") {
            $0.pool.put(RegistryPool.layerLink("bad", layer), [])
        },
        Specimen("layer link to another", "The layer \(layer) has a link that names another digest, \(config).") {
            $0.pool.put(RegistryPool.layerLink("bad", layer), Array(config.string.utf8))
        },
        Specimen("revision link missing, its directory left", "The link to the manifest \(manifest) is missing.") {
            $0.pool.unlink(RegistryPool.revisionLink("bad", manifest))
        },
        Specimen("revision link garbage", "The link to the manifest \(manifest) holds no digest.") {
            $0.pool.put(RegistryPool.revisionLink("bad", manifest), [0, 255, 10])
        },
        Specimen("revision link of megabytes", "The link to the manifest \(manifest) cannot be read.") {
            $0.pool.put(RegistryPool.revisionLink("bad", manifest), [UInt8](repeating: 97, count: 5 << 20))
        },
    ]

    @Test("damage in a listed link is no part of the rows; the image and fsck show it", arguments: links)
    func link(_ specimen: Specimen) async throws {
        let rows = try await RegistryDamageTests.rows(specimen.change)
        #expect(rows.bad.state == .ok)
        #expect(rows.tags.map(\.state) == [.ok, .ok])
        var pool = RegistryPool()
        pool.image("bad", 200, layers: [210, 211])
        pool.tag("bad", "a", RegistryDamageTests.manifest)
        try specimen.change(&pool)
        let image = try await pool.pass.image(try #require(ImageReference("bad:a")))
        #expect(image.state == .damaged)
        #expect(image.problems == [specimen.problem])
        let report = await Fsck(registry: pool.registry, options: FsckOptions(clock: .test)).run()
        #expect(report.problems.contains { $0.severity == .error })
    }

    @Test("each damage", arguments: specimens)
    func damage(_ specimen: Specimen) async throws {
        let sound = try await RegistryDamageTests.rows { _ in }
        #expect([sound.good.state, sound.bad.state] == [.ok, .ok])
        #expect(sound.tags.map(\.state) == [.ok, .ok])
        let rows = try await RegistryDamageTests.rows(specimen.change)
        #expect(rows.good == sound.good)
        #expect(rows.bad.state == (specimen.states.contains(.suspect) ? .suspect : .damaged))
        #expect(rows.bad.problems.contains(specimen.problem), "\(rows.bad.problems)")
        #expect(rows.tags.map(\.tag) == ["a", "b"])
        #expect(rows.tags.map(\.state) == specimen.states)
        #expect(rows.tags.allSatisfy { ($0.state != .ok) == !$0.problems.isEmpty })
    }

    @Test("the empty blob is sound if it has a chunk; as the old driver leaves it (D3), no registry serves it")
    func emptyBlob() async throws {
        var pool = RegistryPool()
        let empty = try #require(Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        pool.blob(empty, [])
        pool.linkLayer("a", empty)
        pool.blob(RegistryPool.digest(1), Array("{}".utf8))
        pool.linkLayer("a", RegistryPool.digest(1))
        pool.manifest(
            "a", RegistryPool.digest(2),
            #"{"schemaVersion":2,"config":{"digest":"\#(RegistryPool.digest(1))"},"layers":[{"digest":"\#(empty)","size":0}]}"#
        )
        pool.tag("a", "t", RegistryPool.digest(2))
        #expect(try await pool.pass.summary(of: "a").problems.contains { $0.contains("has no chunk") })
        let blob = try #require(pool.pool.blob(RegistryPool.blobPath(empty)))
        pool.pool[blob.chunk(0).name.description].xattrs[TotalSize.xattr] = TotalSize.encode(0)
        #expect(try await pool.pass.summary(of: "a").state == .ok)
    }

    @Test("of a blob of several chunks the last one is looked at as well, once a pass; those between are not")
    func lastChunks() async throws {
        let large = [UInt8](repeating: 4, count: 2500)
        let (sound, manifest, layers) = VerifierTests.pool(layers: [[1, 2, 3], large], chunkSize: 1024)
        let blob = try #require(sound.pool.blob(RegistryPool.blobPath(layers[1])))
        func row(_ change: (inout RegistryPool) -> Void) async throws -> (String, [TagSummary.State], ImageDetail) {
            var pool = sound
            change(&pool)
            let reference = try #require(ImageReference("a:x"))
            return try await (
                pool.pass.summary(of: "a").problems.joined(), pool.pass.tags(of: "a").map(\.state),
                pool.pass.image(reference)
            )
        }
        let last: [(String, @Sendable (inout RegistryPool) -> Void)] = [
            ("has lost its last chunk", { $0.pool.objects[blob.chunk(2)] = nil }),
            ("has a last chunk that is too short", { $0.pool.objects[blob.chunk(2)]?.data.removeLast() }),
            ("has a last chunk that is too long", { $0.pool.objects[blob.chunk(2)]?.data.append(1) }),
        ]
        for (what, change) in last {
            let (problems, tags, image) = try await row(change)
            #expect(problems.contains(what), "\(problems)")
            let isLong = what.hasSuffix("long")
            #expect(tags == [isLong ? .suspect : .damaged])
            #expect(image.layers.map(\.state) == [.ok, isLong ? .suspect : .damaged])
        }
        let (problems, tags, _) = try await row { $0.pool.objects[blob.chunk(1)] = nil }
        #expect(problems == "" && tags == [.ok])

        var shared = sound
        for digest in layers { shared.linkLayer("b", digest) }
        shared.linkRevision("b", manifest)
        let reader = LockstepReader(shared.pool.reader)
        let registry = RegistryReader(storage: StorageReader(objects: reader, chunkSize: 1024))
        _ = try await reader.executor.run {
            try await registry.pass().summaries(of: try await registry.repositoryNames())
        }
        #expect((0...3).map { reader.count(of: blob.chunk($0)) } == [1, 0, 1, 0])
        let small = try #require(sound.pool.blob(RegistryPool.blobPath(layers[0])))
        #expect((0...1).map { reader.count(of: small.chunk($0)) } == [1, 0])
    }

    @Test("a foreign layer that is absent is no damage and costs nothing")
    func foreign() async throws {
        var pool = RegistryPool()
        pool.blob(RegistryPool.digest(1), Array("{}".utf8))
        pool.linkLayer("a", RegistryPool.digest(1))
        let text =
            #"{"schemaVersion":2,"config":{"digest":"\#(RegistryPool.digest(1))","size":2},"layers":[{"digest":"#
            + #""\#(RegistryPool.digest(5))","size":1000000,"urls":["https://example.org/"]}]}"#
        pool.manifest("a", RegistryPool.digest(2), text)
        pool.tag("a", "t", RegistryPool.digest(2))
        let row = try await pool.pass.summary(of: "a")
        #expect(row.state == .ok)
        #expect(row.size == UInt64(2 + text.utf8.count))
    }

    @Test("what a deletion leaves is no revision; a manifest that only a tag names can be looked at")
    func revisions() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1])
        pool.tag("a", "t", RegistryPool.digest(100))
        let gone = RegistryPool.revisionLink("a", RegistryPool.digest(300)).replacingOccurrences(of: "/link", with: "")
        pool.pool.makeDirectory(gone)
        let unlisted = RegistryPool.revisionLink("a", RegistryPool.digest(301)).replacingOccurrences(
            of: "/link", with: "")
        pool.pool.makeDirectory(unlisted)
        pool.pool.remove(unlisted)
        let row = try await pool.pass.summary(of: "a")
        #expect(row.revisions == 1)
        #expect(row.tags == 1)
        #expect(row.state == .ok)
        #expect(try await pool.pass.revisions(of: "a") == [RegistryPool.digest(100)])

        pool.pool.unlink(RegistryPool.revisionLink("a", RegistryPool.digest(100)))
        let image = try await pool.pass.image(
            try #require(ImageReference("a", .digest(RegistryPool.digest(100)))))
        #expect(image.state == .damaged)
        #expect(image.layers.count == 1)
        #expect(try await pool.pass.revisions(of: "a").isEmpty)
    }

    @Test("a repository with layers only, with nothing at all, and with uploads beside layers")
    func bare() async throws {
        var pool = RegistryPool()
        pool.linkLayer("layers", RegistryPool.digest(1))
        pool.pool.makeDirectory("\(RegistryPool.root)/repositories/nothing/_manifests")
        pool.linkLayer("both", RegistryPool.digest(1))
        for repository in ["both", "uploads"] {
            pool.pool.put(
                "\(RegistryPool.root)/repositories/\(repository)/_uploads/1/startedat",
                Array("2015-01-01T00:00:00Z".utf8))
        }
        let names = try await pool.registry.repositoryNames()
        #expect(names.map(\.string) == ["both", "layers", "nothing", "uploads"])
        let rows = try await pool.pass.summaries(of: names)
        #expect(rows.map(\.state) == [.untagged, .untagged, .untagged, .uploadsOnly])
        #expect(rows.map(\.uploads) == [1, 0, 0, 1])
        #expect(rows[3].modified == Timestamp.parse("2015-01-01T00:00:00Z"))
        #expect(rows[2].modified == nil)
    }

    @Test("of an index: a child that is missing, one without a link, one whose layer is gone; a cycle, a diamond")
    func indexes() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1])
        pool.image("a", 110, layers: [2], architecture: "arm64")
        pool.image("a", 120, layers: [3], architecture: "s390x")
        pool.pool.unlink(RegistryPool.revisionLink("a", RegistryPool.digest(110)))
        pool.pool.unlink(RegistryPool.blobPath(RegistryPool.digest(3)))
        let list = "application/vnd.docker.distribution.manifest.list.v2+json"
        pool.manifest(
            "a", RegistryPool.digest(50),
            RegistryPool.listDocument([(100, "amd64"), (110, "arm64"), (120, "s390x"), (130, "mips")]))
        pool.manifest("a", RegistryPool.digest(51), RegistryPool.listDocument([(52, "x"), (50, "y")], childType: list))
        pool.manifest(
            "a", RegistryPool.digest(52), RegistryPool.listDocument([(51, "x"), (50, "y"), (52, "z")], childType: list))
        pool.tag("a", "t", RegistryPool.digest(50))
        pool.tag("a", "cycle", RegistryPool.digest(51))

        let image = try await pool.pass.image(try #require(ImageReference("a:t")))
        #expect(image.manifests.map(\.state) == [.ok, .unlinked, .damaged, .missing])
        #expect(image.state == .damaged)
        #expect(image.platforms == ["linux/amd64", "linux/arm64", "linux/s390x", "linux/mips"])
        #expect(image.problems.count == 4, "\(image.problems)")
        let rows = try await pool.pass.tags(of: "a")
        #expect(rows.map(\.tag) == ["cycle", "t"])
        #expect(rows[0].size > rows[1].size)
        #expect(try await pool.pass.summary(of: "a").state == .damaged)
    }

    @Test("an index child is found in another repository's blobs, and counts there once")
    func sharedChild() async throws {
        var pool = RegistryPool()
        pool.image("other", 100, layers: [1])
        pool.manifest("a", RegistryPool.digest(50), RegistryPool.listDocument([(100, "amd64"), (100, "amd64")]))
        pool.tag("a", "t", RegistryPool.digest(50))
        let row = try await pool.pass.summary(of: "a")
        let other = try await pool.pass.summary(of: "other")
        #expect(row.state == .damaged, "its child is not linked here")
        #expect(
            row.size == other.size + UInt64(RegistryPool.listDocument([(100, "amd64"), (100, "amd64")]).utf8.count))
    }

    @Test("indexes nested too deeply end with a sentence; a shorter way to the same manifest is taken")
    func nesting() async throws {
        var pool = RegistryPool()
        let list = "application/vnd.docker.distribution.manifest.list.v2+json"
        pool.image("a", 100, layers: [1])
        for level in 0..<20 {
            let child = level == 19 ? 100 : 1000 + level + 1
            pool.manifest(
                "a", RegistryPool.digest(1000 + level),
                RegistryPool.listDocument([(child, "amd64")], childType: level == 19 ? ManifestType.schema2 : list))
        }
        pool.tag("a", "deep", RegistryPool.digest(1000))
        pool.tag("a", "shallow", RegistryPool.digest(1015))
        let rows = try await pool.pass.tags(of: "a")
        #expect(rows.map(\.state) == [.damaged, .ok])
        #expect(rows[0].problems.count == 1)
        #expect(rows[1].platforms == ["linux/amd64"])
    }

    @Test("keys that break the path rule are skipped everywhere and followed nowhere (D11)")
    func names() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1])
        pool.tag("a", "t", RegistryPool.digest(100))
        let sound = try await pool.pass.summary(of: "a")
        let root = RegistryPool.root
        for directory in [
            "\(root)/repositories", "\(root)/repositories/a", "\(root)/repositories/a/_manifests/tags",
            "\(root)/repositories/a/_manifests/revisions", "\(root)/repositories/a/_manifests/revisions/sha256",
            "\(root)/repositories/a/_layers/sha256",
        ] {
            for key in [
                ByteString(".."), ByteString("."), "/", "a b", "\u{1b}[2J", ByteString(bytes: [0xff, 0xfe]), "",
            ] {
                pool.pool[directory].omap[key] = []
            }
        }
        #expect(try await pool.registry.repositoryNames().map(\.string) == ["a"])
        #expect(try await pool.pass.summary(of: "a") == sound)
        #expect(try await pool.pass.ownFaults(of: "a").count == 7)
        #expect(try await pool.pass.tagNames(of: "a") == ["t"])
    }

    @Test("5,000 tags on one digest: each its row, the image thought through once")
    func manyTags() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: Array(1...50))
        for index in 0..<5000 { pool.tag("a", "t\(index)", RegistryPool.digest(100)) }
        let blob = try #require(pool.pool.blob(RegistryPool.blobPath(RegistryPool.digest(100))))
        let reader = LockstepReader(pool.pool.reader)
        let pass = RegistryReader(storage: StorageReader(objects: reader)).pass()
        let rows = try await reader.executor.run { try await pass.tags(of: "a") }
        #expect(rows.count == 5000)
        #expect(rows.allSatisfy { $0.state == .ok && $0.platforms == ["linux/amd64"] })
        #expect(reader.count(of: blob.chunk(0)) == 1)
    }

    @Test("an empty pool, and one full of other people's objects")
    func foreignPools() async throws {
        var pool = RegistryPool()
        #expect(try await pool.registry.repositoryNames().isEmpty)
        for index in 0..<100 { pool.pool["benchmark_data_\(index)"].data = [1, 2, 3] }
        pool.pool[RegistryPool.root + "/repositories"].data = [1]
        #expect(try await pool.registry.repositoryNames().isEmpty)
        #expect(try await UsageInspector(registry: pool.registry).usage().repositories.isEmpty)
    }
}
