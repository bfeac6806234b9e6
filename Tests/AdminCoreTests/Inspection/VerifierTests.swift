import Testing

@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

@Suite("Inspection: verification") struct VerifierTests {
    /// Makes a registry whose digests are those of its contents. Returns the digests of the
    /// manifest and of the layers too.
    static func pool(layers: [[UInt8]], chunkSize: UInt64 = 4 << 20) -> (
        RegistryPool, manifest: Digest, layers: [Digest]
    ) {
        var pool = RegistryPool()
        pool.pool.chunkSize = chunkSize
        let config = Array(#"{"os":"linux","architecture":"amd64"}"#.utf8)
        let digests = layers.map { Digest.sha256(of: $0) }
        for (digest, bytes) in zip(digests, layers) {
            pool.blob(digest, bytes)
            pool.linkLayer("a", digest)
        }
        pool.blob(Digest.sha256(of: config), config)
        pool.linkLayer("a", Digest.sha256(of: config))
        let list = zip(digests, layers).map {
            #"{"mediaType":"application/octet-stream","size":\#($1.count),"digest":"\#($0)"}"#
        }
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(ManifestType.schema2)","config":{"mediaType":"x","size":\#(config.count),"digest":"#
            + #""\#(Digest.sha256(of: config))"},"layers":[\#(list.joined(separator: ","))]}"#
        let manifest = Digest.sha256(of: Array(text.utf8))
        pool.manifest("a", manifest, text)
        pool.tag("a", "x", manifest)
        return (pool, manifest, digests)
    }

    static func verify(_ pool: RegistryPool, _ text: String = "a:x") async throws -> Verification {
        try await Verifier(registry: pool.registry).verify([try #require(ImageReference(text))])
    }

    @Test("the fixture: everything is right but the resumed upload and the layer without its link")
    func fixture() async throws {
        let registry = try await MemoryPool.fixture().registry
        let all = try await registry.repositoryNames().compactMap { ImageReference($0) }
        let found = try await Verifier(registry: registry).verify(all)
        #expect(found.isComplete && !found.isSound)
        #expect(found.blobs == 44)
        #expect(found.findings.map(\.repository) == ["damaged/resumed", "stale/layer-unlinked"])
        #expect(found.findings.map(\.state) == [.damaged, .unlinked])
        // Every byte except the layer of the resumed upload, which cannot be read to its end.
        #expect(found.bytes >= 18_211_886 - 9_000_000)
        let web = try await Verifier(registry: registry).verify([try #require(ImageReference("app/web"))])
        #expect(web.isSound && web.manifests == 3 && web.blobs == 11 && web.bytes == 9_118_017)
    }

    @Test("one byte changed anywhere is seen, in a file of one chunk and of many")
    func changed() async throws {
        let large = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let (sound, _, layers) = Self.pool(layers: [[1, 2, 3], large], chunkSize: 128)
        let first = try await Self.verify(sound)
        #expect(first.isSound, "\(first.findings)")
        #expect(first.blobs == 4)
        for (layer, chunk, offset) in [(0, 0, 1), (1, 0, 0), (1, 3, 77), (1, 7, 103)] {
            var pool = sound
            let blob = try #require(pool.pool.blob(RegistryPool.blobPath(layers[layer])))
            pool.pool.objects[blob.chunk(chunk)]?.data[offset] ^= 1
            let found = try await Self.verify(pool)
            #expect(found.findings.map(\.digest) == [layers[layer]])
            #expect(found.findings.first?.problem.contains("does not have its digest") == true)
        }
    }

    @Test(
        "missing, unlinked, shortened, of another length than the manifest says, a manifest that is none, a tag without a link"
    )
    func kinds() async throws {
        let (sound, manifest, layers) = Self.pool(
            layers: [[1, 2, 3], [UInt8](repeating: 4, count: 300)], chunkSize: 128)
        func states(_ change: (inout RegistryPool) throws -> Void) async throws -> [ImageDetail.BlobState] {
            var pool = sound
            try change(&pool)
            return try await Self.verify(pool).findings.map(\.state)
        }
        #expect(try await states { $0.pool.unlink(RegistryPool.blobPath(layers[0])) } == [.missing])
        #expect(try await states { $0.pool.unlink(RegistryPool.layerLink("a", layers[0])) } == [.unlinked])
        #expect(try await states { $0.pool.unlink(RegistryPool.revisionLink("a", manifest)) } == [.unlinked])
        #expect(
            try await states { pool in
                let blob = try #require(pool.pool.blob(RegistryPool.blobPath(layers[1])))
                pool.pool.objects[blob.chunk(2)] = nil
            } == [.damaged])
        #expect(try await states { $0.blob(manifest, Array("{}".utf8)) } == [.damaged, .damaged])
        #expect(
            try await states { pool in pool.blob(layers[0], [1, 2, 3, 4]) } == [.damaged],
            "its digest; its length is only a claim of the manifest")
        #expect(
            try await states { pool in
                pool.pool.put(RegistryPool.currentLink("a", "x"), Array("nothing".utf8))
            } == [.damaged])
    }

    @Test("of what is damaged and has every byte it is said that no byte is lost, as fsck says it")
    func intact() async throws {
        let content = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let (sound, _, layers) = Self.pool(layers: [content], chunkSize: 128)
        let blob = try #require(sound.pool.blob(RegistryPool.blobPath(layers[0])))
        func problems(_ change: (inout RegistryPool) -> Void) async throws -> [String] {
            var pool = sound
            change(&pool)
            return try await Self.verify(pool).findings.map(\.problem)
        }
        // The upload was sent as 200 + 100 bytes: chunk 0 is right, chunk 1 is too long, and chunk
        // 2 is missing.
        let resumed = try await problems {
            $0.pool.objects[blob.chunk(1)]?.data = Array(content[128...])
            $0.pool.objects[blob.chunk(2)] = nil
        }
        #expect(resumed.count == 1 && resumed.allSatisfy { $0.contains("resumed") && $0.contains("no byte is lost") })
        for size in [nil, TotalSize.encode(129), TotalSize.encode(512)] {
            let found = try await problems { $0.pool.objects[blob.chunk(0)]?.xattrs[TotalSize.xattr] = size }
            #expect(found.count == 1 && found.allSatisfy { $0.contains("no byte is lost") }, "\(found)")
        }
        let lost = try await problems {
            $0.pool.objects[blob.chunk(1)]?.data = Array(content[128..<299])
            $0.pool.objects[blob.chunk(2)] = nil
        }
        #expect(lost.count == 1 && lost.allSatisfy { !$0.contains("no byte") }, "\(lost)")
    }

    @Test("an error of the store ends it; what is not there is not found; a blob that many share is read once")
    func errors() async throws {
        let (pool, _, layers) = Self.pool(layers: [[1, 2, 3]])
        let blob = try #require(pool.pool.blob(RegistryPool.blobPath(layers[0])))
        let failing = FailingReader(
            pool.pool.reader, victim: blob.chunk(0), error: StoreError(.timedOut, operation: "read", reason: "x"))
        let reference = try #require(ImageReference("a:x"))
        await #expect(throws: StoreError.self) {
            try await Verifier(registry: RegistryReader(storage: StorageReader(objects: failing))).verify([reference])
        }
        for text in ["none", "a:none", "a@\(RegistryPool.digest(1))"] {
            await #expect(throws: StorageError.self, "\(text)") { try await Self.verify(pool, text) }
        }
        let twice = try await Verifier(registry: pool.registry).verify(
            [reference, try #require(ImageReference("a"))])
        #expect(twice.blobs == 3)
    }
}
