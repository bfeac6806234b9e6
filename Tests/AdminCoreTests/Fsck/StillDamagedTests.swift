import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import Registry
@testable import StorageDriver

/// Hours may pass between the check and the repair. Content that was pushed in that time is not
/// part of the damage.
@Suite struct StillDamagedTests {
    private let clock = TestClock()
    private let fixture: ChangeFixture

    init() throws {
        fixture = ChangeFixture(try StoreUnderTest.inMemory(), policy: clock.policy(delay: 0))
    }

    private func problems(_ kind: ProblemKind) async -> [Problem] {
        var options = FsckOptions()
        options.grace = 0
        return await Fsck(registry: fixture.registry, options: options).run().problems.filter { $0.kind == kind }
    }

    /// Runs `fsck`, then `body`, and then repairs the problems of this kind that `fsck` found.
    private func repair(_ kind: ProblemKind, after body: () async throws -> Void) async throws -> [ChangeResult] {
        let found = await problems(kind)
        #expect(found.count == 1, "\(found)")
        let plan = try await fixture.planner.repairs(ofAll: found, grace: 0)
        try await body()
        let late = await fixture.admin.apply(try await fixture.planner.repairs(ofAll: found, grace: 0))
        return await fixture.admin.apply(plan) + late
    }

    @Test func aRepositoryThatReceivedAPushIsNotEmpty() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(100))
        let paths = fixture.registry.paths
        try await fixture.driver.delete(paths.repository(fixture.name("app")).appending("_manifests"))
        let results = try await repair(.emptyRepository) {
            try await fixture.push("app", tags: ["1"], layer: pattern(100))
        }
        #expect(results.map(\.outcome) == [.failed, .failed], "\(results)")
        #expect(try await fixture.registry.pass().tags(of: fixture.name("app")).map(\.state) == [.ok])
    }

    @Test func aLinkThatAPushNeedsIsNotUnused() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(100))
        let digest = try await fixture.push("app", tags: ["2"], layer: pattern(100, seed: 2))
        let paths = fixture.registry.paths
        let name = try fixture.name("app")
        try await fixture.driver.delete(paths.tags(name).appending("2"))
        try await fixture.driver.delete(paths.revision(name, digest))
        let results = try await repair(.unusedLayerLink) {
            try await fixture.push("app", tags: ["2"], layer: pattern(100, seed: 2))
        }
        #expect(results.map(\.outcome) == [.failed, .failed], "\(results)")
        #expect(try await fixture.registry.pass().tags(of: name).map(\.state) == [.ok, .ok])
    }

    @Test func aTagThatWasPushedAgainIsNotBad() async throws {
        let digest = try await fixture.push("app", tags: ["1"], layer: pattern(100))
        let name = try fixture.name("app")
        let link = try #require(fixture.registry.paths.currentLink(name, tag: "1"))
        try await fixture.driver.putContent(link, Array("nothing".utf8))
        let results = try await repair(.badLink) {
            try await fixture.driver.putContent(link, Array(digest.string.utf8))
        }
        #expect(results.allSatisfy { $0.outcome == .failed }, "\(results)")
        #expect(try await fixture.registry.pass().tags(of: name).map(\.state) == [.ok])
    }

    @Test func aContinuedUploadIsNotStale() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(100))
        let upload = try fixture.registry.paths.uploads(fixture.name("app")).appending("u")
        try await fixture.driver.putContent(upload.appending("data"), pattern(100, seed: 3))
        let found = await problems(.staleUpload)
        let plan = try await fixture.planner.repairs(ofAll: found, grace: 0)
        try await fixture.driver.putContent(upload.appending("startedat"), Array("2016-01-01T00:00:00Z".utf8))
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.failed])
        #expect(try await fixture.driver.reader.content(upload.appending("data")) == pattern(100, seed: 3))
    }

    /// Nothing refers to a rewritten file until it is verified. Meanwhile no collection may free
    /// its chunks as orphans.
    @Test func aCollectionDoesNotFreeAFileThatARepairRewrites() async throws {
        let content = pattern(3000)
        let path = fixture.registry.paths.blob(.sha256(of: content))
        try await fixture.driver.putContent(path, content)
        let blob = try await fixture.driver.reader.blob(path)
        let order = try Rearrangement(asTheyStand: [0: 3000], chunkSize: fixture.driver.reader.chunkSize)
        let isWritten = try await fixture.driver.repair.rewrite(path, blob, in: order) { _ in
            await #expect(throws: StorageError.self) {
                try await fixture.admin.collection(CollectionOptions(grace: 0, caches: .offline))
            }
            return true
        }
        #expect(isWritten)
        let plan = try await fixture.admin.collection(CollectionOptions(grace: 0, maxShare: 100, caches: .offline))
        #expect(plan.obstacles.isEmpty, "\(plan.obstacles)")
    }
}
