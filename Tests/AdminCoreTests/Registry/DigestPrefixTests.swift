import Foundation
import Testing

@testable import Inspection
@testable import SampleRegistry
@testable import Registry
@testable import StorageDriver

/// Shortened digests: the texts that are accepted, and the digest that they stand for.
@Suite struct DigestPrefixTests {
    private static let whole = "sha256:d775" + String(repeating: "0", count: 60)

    @Test(arguments: [
        (whole, "\(whole)"), (String(whole.dropFirst(7)), "\(whole)"), ("sha256:d775", "sha256:d775…"),
        ("d775", "d775…"), ("D775323", "d775323…"), ("sha256:d7753236…", "sha256:d7753236…"),
        ("d7753236...", "d7753236…"),
        ("sha512:beef", "sha512:beef…"), ("sha256:d77", nil), ("d77…", nil), ("d77g", nil), ("md5:beef", nil),
        ("sha256:", nil), ("", nil), ("…", nil), ("tag", nil), ("sha256:" + String(repeating: "a", count: 129), nil),
    ])
    func texts(_ text: String, _ prefix: String?) {
        #expect(DigestPrefix(text)?.description == prefix)
    }

    @Test("a text is a path, a digest, a reference, or nothing")
    func subjects() throws {
        #expect(try GivenSubject("d775") == .blob(#require(DigestPrefix("d775"))))
        #expect(try GivenSubject("sha256:d775") == .blob(#require(DigestPrefix("sha256:d775"))))
        #expect(try GivenSubject("a/b@d775") == .manifest("a/b", #require(DigestPrefix("d775"))))
        #expect(try GivenSubject("a:d775") == .whole(#require(BlobSubject("a:d775"))))
        #expect(try GivenSubject(Self.whole) == .whole(#require(BlobSubject(Self.whole))))
        #expect(try GivenSubject("/d775") == .whole(#require(BlobSubject("/d775"))))
        #expect(GivenSubject("a@d77") == nil && GivenReference("a@") == nil && GivenReference("_a@d775") == nil)
        #expect(GivenReference("a@\(Self.whole.dropFirst(7))")?.description == "a@\(Self.whole)")
    }

    private static func digest(_ hex: String) throws -> Digest {
        try #require(Digest("sha256:" + hex + String(repeating: "0", count: 64 - hex.count)))
    }

    /// Blobs d7751… and d7752…; for d7753… only the directory that a collection leaves; for beef…
    /// only the layer links of two repositories; for cafe… only an entry of the quarantine.
    private static func pool() throws -> RegistryPool {
        var pool = RegistryPool()
        for hex in ["d7751", "d7752", "d7761"] { pool.blob(try digest(hex), [1]) }
        let freed = RegistryPool.blobPath(try digest("d7753"))
        pool.pool.makeDirectory(String(freed.dropLast(5)))
        for repository in ["a", "b"] { pool.linkLayer(repository, try digest("beef")) }
        let place = RegistryPool.blobPath(try digest("cafe"))
        let taken = pool.blob(try digest("cafe"), [1])
        pool.pool.makeDirectory("/docker/registry/regtop-quarantine/q")
        pool.pool["/docker/registry/regtop-quarantine/q"].omap[Holding.key(try StoragePath(place))] = taken.value
        pool.pool.unlink(place)
        return pool
    }

    @Test("what the pool holds says which digest is meant; what several have is listed")
    func resolved() async throws {
        let registry = try Self.pool().registry
        let inspector = BlobInspector(registry: registry)
        func prefix(_ text: String) throws -> DigestPrefix { try #require(DigestPrefix(text)) }
        let first = try Self.digest("d7751")
        let second = try Self.digest("d7752")
        #expect(try await registry.blob(matching: try prefix("d7751")) == first)
        #expect(try await registry.blob(matching: try prefix("sha256:d776")) == (try Self.digest("d7761")))
        await #expect(throws: DigestPrefixError.ambiguous(try prefix("d775"), [first, second], areMore: false)) {
            try await registry.blob(matching: try prefix("d775"))
        }
        for text in ["d7753", "beef", "cafe", "sha512:d775"] {
            await #expect(throws: DigestPrefixError.unknown(try prefix(text))) {
                try await registry.blob(matching: try prefix(text))
            }
        }
        #expect(try await inspector.digest(matching: try prefix("beef")) == (try Self.digest("beef")))
        #expect(try await inspector.digest(matching: try prefix("cafe")) == (try Self.digest("cafe")))
        await #expect(throws: DigestPrefixError.unknown(try prefix("d7753"))) {
            try await inspector.digest(matching: try prefix("d7753"))
        }
    }

    @Test("of many matches no more than a screenful is listed, nor looked for")
    func bounded() async throws {
        var pool = RegistryPool()
        for number in 0..<3000 { pool.blob(try Self.digest("d775" + String(10_000 + number)), []) }
        let registry = pool.registry
        do {
            _ = try await registry.blob(matching: try #require(DigestPrefix("d775")))
            Issue.record("several match")
        } catch DigestPrefixError.ambiguous(_, let digests, let areMore) {
            #expect(digests.count == DigestPrefixError.listLimit && areMore)
            #expect(digests.first == (try Self.digest("d77510000")))
        }
    }

    @Test("a manifest is one that the repository links, or that a tag of it names")
    func manifests() async throws {
        var pool = try Self.pool()
        pool.linkRevision("a", try Self.digest("d7751"))
        pool.linkRevision("b", try Self.digest("d7752"))
        pool.tag("b", "t", try Self.digest("d7761"))
        let deleted = RegistryPool.revisionLink("b", try Self.digest("d7762"))
        pool.pool.makeDirectory(String(deleted.dropLast(5)))
        let registry = pool.registry
        func found(_ text: String) async throws -> String {
            try await registry.reference(try #require(GivenReference(text))).description
        }
        let expected = try ["d7751", "d7752", "d7761"].map { try Self.digest($0).string }
        #expect(try await found("a@d775") == "a@\(expected[0])")
        #expect(try await found("b@sha256:d775") == "b@\(expected[1])")
        #expect(try await found("b@d776") == "b@\(expected[2])")
        #expect(try await found("b:t") == "b:t")
        await #expect(throws: DigestPrefixError.self) { try await found("a@d776") }
        pool.linkRevision("a", try Self.digest("d77519"))
        let crowded = pool.registry
        await #expect(throws: DigestPrefixError.self) {
            try await crowded.reference(try #require(GivenReference("a@d7751")))
        }
    }

    /// The fast way to read a SHA-256, and the way of all digests, agree about texts that are
    /// nearly one.
    @Test func textsOfDigests() {
        var random = SeededGenerator(seed: "textsOfDigests")
        func parts(_ text: String) -> Digest? {
            guard let colon = text.firstIndex(of: ":") else { return nil }
            return Digest(algorithm: String(text[..<colon]), hex: String(text[text.index(after: colon)...]))
        }
        for _ in 0..<5_000 {
            var bytes = Array(Self.whole.utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[place] ^= 0x20
                case 1: bytes[place] = UInt8.random(in: 0...127, using: &random)
                case 2: bytes.remove(at: place)
                default: bytes.insert(bytes[place], at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(Digest(text) == parts(text), "\(text.debugDescription)")
            let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines.union(.controlCharacters))
            #expect(Digest(lenient: text) == parts(trimmed.lowercased()), "\(text.debugDescription)")
        }
    }
}
