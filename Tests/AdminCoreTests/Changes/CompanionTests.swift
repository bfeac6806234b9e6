import Foundation
import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// Signatures and other companions of an image: they go with its last tag, and come back with any
/// tag.
@Suite struct CompanionTests {
    private let fixture: ChangeFixture
    /// The image has the tags `a` and `b`. It has a signature, and the signature has a bill of
    /// materials.
    private let image: Digest
    private let signature: String
    private let bill: String

    init() async throws {
        fixture = try ChangeFixture.inMemory()
        image = try await fixture.push("app", tags: ["a", "b"], layer: pattern(100, seed: 1))
        signature = "sha256-\(image.hex).sig"
        let signed = try await fixture.push("app", tags: [signature], layer: pattern(100, seed: 2))
        bill = "sha256-\(signed.hex).sbom"
        try await fixture.push("app", tags: [bill], layer: pattern(100, seed: 3))
        try await fixture.push("app", tags: ["other"], layer: pattern(100, seed: 4))
    }

    /// Stores a referrer of a manifest, without a tag.
    private func refer(to subject: Digest) async throws -> Digest {
        let type = "application/vnd.oci"
        let document = Array(
            """
            {"schemaVersion":2,"mediaType":"\(type).image.manifest.v1+json","layers":[],\
            "config":{"mediaType":"\(type).empty.v1+json","size":2,"digest":"\(Digest.sha256(of: Array("{}".utf8)))"},\
            "subject":{"mediaType":"\(type).image.manifest.v1+json","size":1,"digest":"\(subject)"}}
            """.utf8)
        let digest = Digest.sha256(of: document)
        try await fixture.driver.putContent(fixture.registry.paths.blob(digest), document)
        try await fixture.driver.putContent(
            fixture.registry.paths.revision("app", digest).appending("link"), Array(digest.string.utf8))
        return digest
    }

    @Test func companionsGoWithTheLastTagAndComeBackWithAny() async throws {
        let before = try await fixture.snapshot()
        let first = try #require(try await fixture.trash("app:a").first?.trash).string
        #expect(try await fixture.tags("app") == ["b", "other", signature, bill].sorted())
        // The signature is also named, but the change is still one deletion.
        let results = try await fixture.trash("app:b", "app:\(signature)")
        #expect(results.map(\.target) == ["app:b"] && results.map(\.outcome) == [.done])
        #expect(try await fixture.tags("app") == ["other"])
        let plan = try await fixture.planner.restoration(of: [first])
        #expect(plan.targets.map { $0.companions.map(\.entries.count) } == [[2, 2]])
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await fixture.tags("app") == ["a", "other", signature, bill].sorted())
        let second = try #require(results.first?.trash).string
        #expect(try await fixture.restore([second]).map(\.outcome) == [.done])
        #expect(try await fixture.snapshot().differences(to: before) == [], "identifiers included")
    }

    @Test func companionsKeepTheirNamesIfTheImageIsRestoredUnderAnother() async throws {
        let id = try #require(try await fixture.trash("app:a", "app:b").first?.trash).string
        #expect(try await fixture.restore([id], as: "app:new").map(\.outcome) == [.done])
        #expect(try await fixture.tags("app") == ["new", "other", signature, bill].sorted())
    }

    @Test func aSignaturePushedAgainDoesNotBlockARestoration() async throws {
        let ids = try await fixture.trash("app:a", "app:b").compactMap(\.trash?.string)
        try await fixture.push("app", tags: [signature], layer: pattern(100, seed: 9))
        let plan = try await fixture.planner.restoration(of: ids)
        #expect(plan.notes.contains { $0.contains("links of companions of app:") })
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done, .done])
        #expect(try await fixture.tags("app") == ["a", "b", "other", signature, bill].sorted())
    }

    @Test func removingAManifestRemovesTheManifestsOfItsCompanions() async throws {
        let referrer = try await refer(to: image)
        let second = try await refer(to: referrer)
        let before = try await fixture.snapshot()
        let kept = try await fixture.planner.removal(of: [fixture.reference("app@\(image)")], companions: .none)
        #expect(kept.impact.tags == ["app:a", "app:b"] && kept.impact.revisions == 1)
        let spared = try await fixture.planner.removal(
            of: [fixture.reference("app@\(image)")], companions: .except([fixture.reference("app:\(signature)")]))
        #expect(spared.impact.tags == ["app:a", "app:b"] && spared.impact.revisions == 3)
        let results = try await fixture.trash("app@\(image)")
        #expect(results.map(\.outcome) == [.done])
        #expect(try await fixture.tags("app") == ["other"])
        #expect(try await fixture.registry.pass().revisions(of: "app").count == 1)
        #expect(try await fixture.trashItems.map(\.kind) == [.revision])
        #expect(try await fixture.restore(results.compactMap(\.trash?.string)).map(\.outcome) == [.done])
        #expect(try await fixture.snapshot().differences(to: before) == [])
        #expect(try await fixture.registry.pass().revisions(of: "app").contains(second))
    }

    @Test func companionsAreListedBelowTheirImage() async throws {
        let tags = try await fixture.registry.pass().tags(of: "app")
        let rows = TagSummary.arranged(tags)
        #expect(rows.map(\.tag.tag) == ["a"] + [signature, bill].sorted() + ["b", "other"])
        #expect(rows.map(\.images) == [[], ["a", "b"], ["a", "b"], [], []])
        #expect(tags.first { $0.tag == signature }?.companion == Companion(kind: .signature, subject: image))
    }
}
