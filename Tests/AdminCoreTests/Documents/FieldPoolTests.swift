import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Small pools with oddities that people met in the field, each with the blobs that a collection
/// may free. Numbers stand for digests. Every blob that `frees` does not name must stay.
@Suite struct FieldPoolTests {
    private static let docker = "application/vnd.docker.distribution.manifest"

    private static func quoted(_ number: Int) -> String { "\"\(RegistryPool.digest(number))\"" }

    /// A pool with a sound image (1, 2, 11), and blob 99, which no manifest names.
    private static func pool(_ prepare: (inout RegistryPool) -> Void) -> RegistryPool {
        var pool = RegistryPool()
        pool.image("fine/image", 1, layers: [11])
        pool.tag("fine/image", "1", RegistryPool.digest(1))
        pool.blob(RegistryPool.digest(99), [9, 9, 9])
        for number in 50..<54 { pool.blob(RegistryPool.digest(number), Array("layer \(number)".utf8)) }
        prepare(&pool)
        return pool
    }

    private static func freed(_ mark: CollectionMark) -> Set<Digest> {
        Set(mark.weights.candidates.map { mark.index.digests.keys[$0.ordinal] })
    }

    private func expectFreed(
        _ numbers: Set<Int>, _ pool: RegistryPool, _ comment: Comment = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let mark = try await pool.mark()
        #expect(mark.obstacles == [], comment, sourceLocation: sourceLocation)
        #expect(Self.freed(mark) == Set(numbers.map(RegistryPool.digest)), comment, sourceLocation: sourceLocation)
    }

    /// The document names layers 50 and 51 and configuration 52, but not 53.
    @Test(arguments: [
        #""Config":{"digest":C},"LAYERS":[{"Digest":A},{"DIGEST":B}]"#,
        #""con\u0066ig":{"dige\u017ft":C},"layer\u017f":[{"dIgEsT":A,"size":-1},{"digest":B,"size":"x"}]"#,
        #""config":{"digest":C},"layers":[{"digest":A}],"Layers":[{"digest":B}]"#,
        #""config":{"digest":C,"digest":C},"layers":[{"digest":A,"Digest":B}]"#,
        #""config":{"digest":A},"config":{"digest":C},"layers":[{"digest":B}]"#,
        #""config":{"digest":C,"size":8.1e3},"layers":[{"digest":A},{"digest":B}],"annotations":{"digest":D}"#,
        #""config":{"digest":C},"layers":[],"elsewhere":[[{"deep":[{"digest":[A,{"x":B}]}]}]]"#,
    ])
    func whateverAReaderMayTakeForAReferenceStays(_ members: String) async throws {
        var text = #"{"schemaVersion":2,"mediaType":"\#(Self.docker).v2+json",\#(members)}"#
        for (letter, number) in [("A", 50), ("B", 51), ("C", 52), ("D", 53)] {
            text = text.replacingOccurrences(of: ":\(letter)", with: ":\(Self.quoted(number))")
                .replacingOccurrences(of: "[\(letter)", with: "[\(Self.quoted(number))")
        }
        let pool = Self.pool { $0.manifest("a", RegistryPool.digest(40), text) }
        try await expectFreed([53, 99], pool, "\(text)")
    }

    @Test func childrenOfAnIndexAreFollowedInAnyCaseOfTheirKeys() async throws {
        let pool = Self.pool { pool in
            pool.blob(
                RegistryPool.digest(41),
                Array(RegistryPool.imageDocument(config: 52, size: 1, layers: [50]).utf8))
            pool.manifest(
                "a", RegistryPool.digest(40),
                #"{"schemaVersion":2,"mediaType":"\#(Self.docker).list.v2+json","ManifeſtS":[{"digest":\#(Self.quoted(41))}]}"#
            )
        }
        try await expectFreed([51, 53, 99], pool)
    }

    @Test(arguments: ["\u{feff}", "\n \t", "\0\0"], ["", "\n", "\0"])
    func aDocumentIsReadDespiteBytesAroundIt(_ front: String, _ back: String) async throws {
        let text = front + RegistryPool.imageDocument(config: 52, size: 1, layers: [50, 51]) + back
        try await expectFreed([53, 99], Self.pool { $0.manifest("a", RegistryPool.digest(40), text) })
    }

    @Test func aManifestOfFiveMebibytesIsRead() async throws {
        let padding = String(repeating: " ", count: 5 << 20)
        let text = RegistryPool.imageDocument(config: 52, size: 1, layers: [50, 51]) + padding
        try await expectFreed([53, 99], Self.pool { $0.manifest("a", RegistryPool.digest(40), text) })
    }

    /// `history` may be shorter than `fsLayers`, and may be empty.
    @Test(arguments: ["[]", "[{}]", #"[{"v1Compatibility":"{}"},{},{},{}]"#, "null", "{}"])
    func schema1(_ history: String) async throws {
        let text =
            #"{"schemaVersion":1,"fsLayers":[{"blobSum":\#(Self.quoted(50))},{"blobSum":\#(Self.quoted(51))},{"blobSum":\#(Self.quoted(50))}],"history":\#(history)}"#
        let pool = Self.pool {
            $0.manifest("a", RegistryPool.digest(40), text)
            $0.tag("a", "1", RegistryPool.digest(40))
        }
        try await expectFreed([52, 53, 99], pool)
        let image = try await pool.pass.image(#require(ImageReference("a:1")), expanding: false)
        #expect(image.layers.map(\.digest) == [50, 51, 50].map(RegistryPool.digest))
    }

    /// Registry 2.1.0 linked manifests among the layers. A tag names one of these manifests; no tag
    /// names the other.
    @Test func manifestLinksOfRegistry210AreFollowed() async throws {
        let pool = Self.pool { pool in
            for (number, layer) in [(40, 50), (41, 51)] {
                pool.blob(
                    RegistryPool.digest(number),
                    Array(RegistryPool.imageDocument(config: 52, size: 1, layers: [layer]).utf8))
                pool.linkLayer("old", RegistryPool.digest(number))
            }
            pool.linkLayer("old", RegistryPool.digest(53))
            pool.tag("old", "1", RegistryPool.digest(40))
        }
        // A link does not keep a layer that no manifest names.
        try await expectFreed([53, 99], pool)
        let report = await Fsck(registry: pool.registry).run()
        let found = report.problems.filter { $0.path?.string.contains("/old/") == true }.map(\.kind)
        #expect(
            found.sorted { $0.rawValue < $1.rawValue } == [
                .missingLayerLink, .missingLayerLink, .missingLayerLink, .missingRevision, .missingRevision,
                .unusedLayerLink,
            ])
        let plan = try await ChangePlanner(registry: pool.registry).removal(
            of: [#require(ImageReference("old@\(RegistryPool.digest(41))"))])
        #expect(
            plan.targets.flatMap(\.stages).joined().map(\.path.string)
                == [RegistryPool.layerLink("old", RegistryPool.digest(41))])
    }

    /// A registry may link a blob by a digest of another algorithm. It stores the blob below its
    /// SHA-256.
    @Test(arguments: [
        "sha512:" + String(repeating: "ab", count: 64), "tarsum.v1+sha256:" + String(repeating: "cd", count: 32),
        "tarsum+sha256:" + String(repeating: "ef", count: 32),
    ])
    func blobsLinkedByOtherAlgorithmsStay(_ name: String) async throws {
        let alias = try #require(Digest(name))
        let pool = Self.pool { pool in
            pool.manifest(
                "a", RegistryPool.digest(40),
                #"{"schemaVersion":2,"mediaType":"\#(Self.docker).v2+json","config":{"digest":\#(Self.quoted(52)),"size":8},"layers":[{"digest":"\#(alias)","size":8}]}"#
            )
            pool.tag("a", "1", RegistryPool.digest(40))
            for digest in [52, 50] { pool.linkLayer("a", RegistryPool.digest(digest)) }
            pool.pool.put(
                RegistryPaths().layerLink("a", alias).string, Array(RegistryPool.digest(50).string.utf8))
        }
        try await expectFreed([51, 53, 99], pool)
        let image = try await pool.pass.image(#require(ImageReference("a:1")), expanding: false)
        #expect(image.state == .ok, "\(image.problems)")
        #expect(image.layers.map(\.size) == [8])
        let report = await Fsck(registry: pool.registry, options: FsckOptions(clock: .test)).run()
        #expect(
            report.problems.allSatisfy { $0.path?.string.contains("/repositories/a/") != true },
            "\(report.problems)")
        #expect(Digest(directories: alias.directories) == alias)
    }

    /// A verification hashes the content by the algorithm of the digest in the manifest.
    @Test func aBlobIsVerifiedByTheDigestThatAManifestNames() async throws {
        let content = Array("content".utf8)
        let (config, blob) = (Digest.sha256(of: Array("{}".utf8)), Digest.sha256(of: content))
        func damages(_ named: String) async throws -> [String] {
            var pool = RegistryPool()
            let alias = try #require(Digest(algorithm: "sha512", hex: named))
            let text =
                #"{"schemaVersion":2,"mediaType":"\#(Self.docker).v2+json","config":{"digest":"\#(config)"},"layers":[{"digest":"\#(alias)"}]}"#
            let manifest = Digest.sha256(of: Array(text.utf8))
            pool.manifest("a", manifest, text)
            for (digest, bytes) in [(config, Array("{}".utf8)), (blob, content)] {
                pool.blob(digest, bytes)
                pool.linkLayer("a", digest)
            }
            pool.pool.put(RegistryPaths().layerLink("a", alias).string, Array(blob.string.utf8))
            let verifier = Verifier(registry: pool.registry)
            return try await verifier.verify([#require(ImageReference("a@\(manifest)"))]).findings.map(\.problem)
        }
        // By sha512sum, of "content" and of "other".
        let ofContent =
            "b2d1d285b5199c85f988d03649c37e44fd3dde01e5d69c50fef90651962f4811"
            + "0e9340b60d49a479c4c0b53f5f07d690686dd87d2481937a512e8b85ee7c617f"
        let ofOther =
            "e25ac3845f8cbe12801a2dfa5a89d4c55dc47900f3b6edc9a9ee590f3c2b9312"
            + "f665d0039c93828b7b58f33950bc817a0955a9c5000a8d3e280569f08745ca68"
        #expect(try await damages(ofContent) == [])
        #expect(try await damages(ofOther).count == 1)
    }

    /// A link that can mean only one digest names it, even if it holds other text.
    @Test(arguments: [
        "{d}\n", "\u{feff}{d}", " {d}\r\n", "{h}", "{u}", "SHA256:{u}", "sha256: {h}", "\"{d}\"", "{d}\0\0", "{d} {d}",
    ])
    func linksThatMeanOneDigestNameIt(_ text: String) async throws {
        let digest = RegistryPool.digest(0xabc40)
        let spellings = [("{d}", digest.string), ("{h}", digest.hex), ("{u}", digest.hex.uppercased())]
        let content = spellings.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
        let pool = Self.pool { pool in
            pool.blob(digest, Array(RegistryPool.imageDocument(config: 52, size: 1, layers: [50, 51]).utf8))
            pool.pool.put(RegistryPool.currentLink("a", "1"), Array(content.utf8))
        }
        try await expectFreed([53, 99], pool, "\(content)")
        #expect(try await pool.pass.tags(of: "a").map(\.state) == [.damaged], "no registry reads it")
        #expect(try await pool.pass.image(#require(ImageReference("a:1")), expanding: false).digest == digest)
    }

    /// A document that cannot be understood pins everything that its repository links to, and no
    /// other content.
    @Test(arguments: [
        "nonsense", #"{"schemaVersion":2,"mediaType":"a/b"}"#, #"{"schemaVersion":3}"#, "{\"schemaVersion\":2,",
        #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"digest":"x"}}"#,
    ])
    func anUnreadableDocumentPinsItsRepository(_ text: String) async throws {
        var pool = Self.pool { pool in
            pool.manifest("a", RegistryPool.digest(40), text)
            pool.linkLayer("a", RegistryPool.digest(50))
            // Another manifest of that repository. Only the pinned link among the layers names it.
            pool.blob(
                RegistryPool.digest(41), Array(RegistryPool.imageDocument(config: 52, size: 1, layers: [51]).utf8))
            pool.linkLayer("a", RegistryPool.digest(41))
        }
        try await expectFreed([53, 99], pool, "\(text)")
        let mark = try await pool.mark()
        let note = "`regtop rm a@\(RegistryPool.digest(40))`"
        #expect(
            mark.notes.contains { $0.contains("everything that a links to is kept") && $0.contains(note) },
            "\(mark.notes)")
        // A pin also works in a directory that its parent does not list.
        pool.pool["/docker/registry/v2/repositories/a"].omap["_layers"] = nil
        try await expectFreed([53, 99], pool, "\(text)")
    }

    /// A tag with an invalid link. Its repository still links to the content that the tag needs.
    @Test func aTagWithAnInvalidLinkPinsItsRepository() async throws {
        let pool = Self.pool { pool in
            pool.pool.put(
                RegistryPool.currentLink("a", "1"), Array("nonsense".utf8), modified: Date(timeIntervalSince1970: 1))
            pool.linkLayer("a", RegistryPool.digest(50))
        }
        try await expectFreed([51, 52, 53, 99], pool)
    }

    /// An enumeration that hides directories: all content that the walk finds is kept, and nothing
    /// is freed.
    @Test(arguments: ["_manifests/revisions/sha256", "_layers", "_manifests/tags/1"])
    func contentHiddenFromTheEnumerationStays(_ part: String) async throws {
        let pool = Self.pool { pool in
            pool.image("a", 40, layers: [50])
            pool.tag("a", "1", RegistryPool.digest(40))
        }
        let hidden = "/docker/registry/v2/repositories/a/\(part)"
        let mark = try await pool.mark(HidingReader(pool.pool.reader, hidden))
        #expect(
            mark.obstacles.contains { $0.contains("does not show all") && $0.contains(hidden) }, "\(mark.obstacles)")
        #expect(Self.freed(mark).isDisjoint(with: [40, 41, 50].map(RegistryPool.digest)))
    }

    /// The mark includes a directory that its parent does not list, and reports it.
    @Test func contentOfUnlistedDirectoriesStays() async throws {
        let pool = Self.pool { pool in
            pool.image("a", 40, layers: [50])
            pool.pool["/docker/registry/v2/repositories"].omap["a"] = nil
        }
        let mark = try await pool.mark()
        #expect(mark.obstacles.isEmpty)
        #expect(mark.notes.contains { $0.contains("listed by none above them") }, "\(mark.notes)")
        #expect(Self.freed(mark).isDisjoint(with: [40, 41, 50].map(RegistryPool.digest)))
    }
}

/// Hides the objects below a directory from enumerations, as a cache tier may.
private final class HidingReader: WrappingReader {
    let base: any ObjectReader
    private let hidden: String

    init(_ base: any ObjectReader, _ hidden: String) {
        self.base = base
        self.hidden = hidden
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await base.enumerate(scope, slices: slices).map { [hidden] cursor in
            ObjectCursor { try await cursor.next()?.filter { !($0.name.string ?? "").hasPrefix(hidden) } }
        }
    }
}
