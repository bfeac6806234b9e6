import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import SQLiteStore
@testable import StorageDriver

/// The watches that `mv` and `rm` of a repository leave for registries that remember its layer
/// links.
@Suite struct WatchTests {
    private let clock = TestClock()
    private let store: StoreUnderTest
    private let fixture: ChangeFixture
    private static let layer = pattern(300, seed: 3)

    init() async throws {
        let sqlite = try SQLiteStore.inMemory(clock: clock.wall)
        store = StoreUnderTest(.sqliteMemory, reader: sqlite.reader, writer: sqlite.writer)
        fixture = ChangeFixture(store, policy: clock.policy(delay: 1000))
        try await fixture.push("r", tags: ["1"], layer: Self.layer)
    }

    private func admin(_ caches: CacheState = .unknown, delay: TimeInterval = 1000) -> ChangeFixture {
        var policy = clock.policy(delay: delay)
        policy.caches = caches
        return ChangeFixture(store, policy: policy)
    }

    private func move(
        _ fixture: ChangeFixture, handling: RepositoryHandling = RepositoryHandling()
    ) async throws -> ChangeResult {
        let (source, destination) = (try #require(ImageReference("r")), try #require(ImageReference("s")))
        let plan = try await fixture.planner.move(from: source, to: destination, handling: handling)
        return try #require(await fixture.admin.apply(plan).first)
    }

    /// Pushes the same image through a registry whose cache remembers the layers: the push writes
    /// no layer links.
    private func pushFromMemory(_ tag: String) async throws -> Digest {
        let digest = try await fixture.push("r", tags: [tag], layer: Self.layer)
        for link in try await layerLinks(of: "r") {
            let blob = try #require(
                try await fixture.driver.reader.value(at: link).flatMap(BlobIdentifier.init(value:)))
            #expect(try await fixture.driver.writer.exchange(blob, for: nil, at: link))
        }
        try await fixture.driver.pruner.prune([fixture.registry.paths.layers(fixture.name("r"))])
        return digest
    }

    private func layerLinks(of name: String) async throws -> [StoragePath] {
        let layers = try fixture.registry.paths.layers(fixture.name(name))
        return try await fixture.driver.reader.walkIfThere(layers)?.compactMap(\.file?.path) ?? []
    }

    private var states: [String] {
        get async throws {
            try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy).filter {
                $0.what.hasPrefix("links")
            }
            .map { "\($0.state)" }
        }
    }

    @Test func aWatchAddsMissingLayerLinksUntilCachesAreFlushed() async throws {
        let result = try await move(fixture)
        #expect(result.outcome == .done)
        #expect(result.notes.contains(CacheState.afterwards), "\(result.notes)")
        #expect(try await states == ["watching"])
        // The watch ends when an operator says that caches are flushed, not after a time.
        for tag in ["2", "3"] {
            _ = try await pushFromMemory(tag)
            #expect(try await layerLinks(of: "r").isEmpty)
            clock.advance(by: 5000)
            let said = try await fixture.admin.settleJournal()
            #expect(said.contains { $0.hasPrefix("r has got 2 links") }, "\(said)")
            #expect(try await layerLinks(of: "r").count == 2)
            #expect(try await states == ["watching"])
        }
        // A push that was under way at the flush may write after it: the watch looks at the name
        // once more.
        _ = try await fixture.admin.recover(saying: .flushed)
        #expect(try await states.first?.hasPrefix("waiting") == true)
        _ = try await pushFromMemory("4")
        clock.advance(by: 1001)
        #expect(try await fixture.admin.recover().map(\.outcome).contains(.checked))
        #expect(try await layerLinks(of: "r").count == 2)
        #expect(try await states.isEmpty)
        let log = try await AuditLogReader(storage: fixture.driver.reader).latest(20, now: clock.now)
        #expect(log.contains { $0.action == PlanAction.repair.rawValue }, "what is written is in the log")
    }

    @Test func withoutCachesOnlyTheLastLookRemains() async throws {
        let fixture = admin(.none)
        let result = try await move(fixture)
        #expect(!result.notes.contains(CacheState.afterwards), "\(result.notes)")
        #expect(try await states.first?.hasPrefix("waiting") == true)
        clock.advance(by: 1001)
        _ = try await fixture.admin.settleJournal()
        #expect(try await states.isEmpty)
    }

    @Test func withoutRegistriesNoWatchRemains() async throws {
        let plan = try await admin(delay: 0).planner.removal(of: [try #require(ImageReference("r"))])
        #expect(plan.notes.allSatisfy { !$0.contains("cache") }, "\(plan.notes)")
        #expect(await admin(delay: 0).admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await states.isEmpty)
    }

    /// A push finds the manifest's link before the change, and writes its tag after the plan. The
    /// change itself mends the tag: no later look is necessary.
    @Test(arguments: Taking.allCases)
    func aLateTagGetsItsManifestBackAtOnce(_ taking: Taking) async throws {
        let (name, paths) = (try fixture.name("r"), fixture.registry.paths)
        let digest = try #require(try await fixture.registry.pass().revisions(of: name).first)
        let plan = try await plan(taking, with: fixture)
        try await fixture.setTag("late", of: name, to: digest)
        let result = try #require(await fixture.admin.apply(plan).first)
        #expect(result.outcome == .done, "\(result)")
        #expect(result.notes.contains { $0.hasPrefix("r:late was pushed meanwhile") }, "\(result.notes)")
        let revision = paths.revision(name, digest).appending(.literal("link"))
        #expect(try await fixture.driver.reader.entry(revision) != nil)
        #expect(try await layerLinks(of: "r").count == 2)
        #expect(try await fixture.registry.pass().tag("late", of: name).state == .ok)
        #expect(try await PoolCensus(fixture.driver.reader).twice.isEmpty, "no identifier has two paths")
    }

    @Test(arguments: [true, false])
    func keptLayerLinksHaveTheirOwnIdentifiers(_ isMoved: Bool) async throws {
        let handling = RepositoryHandling(keepsLayerLinks: true)
        if isMoved {
            #expect(try await move(fixture, handling: handling).outcome == .done)
        } else {
            let plan = try await fixture.planner.removal(of: [try #require(ImageReference("r"))], handling: handling)
            #expect(plan.notes.contains { $0.hasPrefix("the layer links stay at r") }, "\(plan.notes)")
            #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        }
        #expect(try await layerLinks(of: "r").count == 2)
        #expect(try await PoolCensus(fixture.driver.reader).twice.isEmpty, "no identifier has two paths")
        // The links stay forever: the operator asked for them.
        clock.advance(by: 5000)
        _ = try await fixture.admin.settleJournal()
        #expect(try await layerLinks(of: "r").count == 2)
        #expect(try await states.isEmpty)
    }

    @Test func oldLayerLinksWithoutManifestsGoToTheTrash() async throws {
        _ = try await move(fixture)
        let digest = Digest.sha256(of: Self.layer)
        let link = try fixture.registry.paths.layerLink(fixture.name("r"), digest)
        try await fixture.link(link, digest)
        _ = try await fixture.admin.settleJournal()
        #expect(try await layerLinks(of: "r") == [link], "a push may be under way")
        clock.advance(by: 100_000)
        let said = try await fixture.admin.settleJournal()
        #expect(said.contains { $0.contains("are in the trash") }, "\(said)")
        #expect(try await layerLinks(of: "r").isEmpty)
        #expect(try await states.contains("watching"), "a cache may remember these links as well")
    }

    @Test func removalKeepsUploadsInProgressAndTakesOldOnes() async throws {
        let uploads = try fixture.registry.paths.uploads(fixture.name("r"))
        let old = uploads.appending(.literal("old", "data"))
        let new = uploads.appending(.literal("new", "data"))
        try await fixture.driver.putContent(old, pattern(10, seed: 1))
        clock.advance(by: 2000)
        try await fixture.driver.putContent(new, pattern(10, seed: 2))
        let plan = try await fixture.planner.removal(of: [try #require(ImageReference("r"))])
        #expect(plan.notes.contains { $0.hasPrefix("1 upload in progress stay") }, "\(plan.notes)")
        let result = try #require(await fixture.admin.apply(plan).first)
        #expect(result.outcome == .done)
        #expect(result.notes.contains { $0.hasPrefix("an upload in progress stays") }, "\(result.notes)")
        #expect(try await fixture.driver.reader.entry(new) != nil)
        #expect(try await fixture.driver.reader.entry(old) == nil)
        let all = try await fixture.planner.removal(
            of: [try #require(ImageReference("r"))], handling: RepositoryHandling(takesUploads: true))
        #expect(await fixture.admin.apply(all).map(\.outcome) == [.done])
        #expect(try await fixture.driver.reader.entry(new) == nil)
    }

    /// The changes that remove layer links.
    enum Taking: CaseIterable, Sendable {
        case move, trash, drop, keep
    }

    /// Cuts the change before and after each of its writes. As soon as a layer link is missing, a
    /// watch exists; `recover` adds the links that pushes leave out.
    @Test(arguments: Taking.allCases)
    func everyCutThatLosesALayerLinkLeavesAWatch(_ taking: Taking) async throws {
        let base = try StoreUnderTest.quick()
        try await ChangeFixture(base).push("r", tags: ["1"], layer: Self.layer)
        let tree = try await StoreCopy(of: base)
        var cuts = 0
        for executed in [false, true] {
            for number in 1... {
                let store = try await tree.restore()
                let policy = clock.policy(delay: 1000)
                let after = ChangeFixture(store, policy: policy)
                let recording = RecordingStore(store)
                let stopped = ChangeFixture(recording.underTest, policy: policy)
                let plan = try await plan(taking, with: after)
                let isOver = Counter()
                recording.inject { step in
                    if isOver.value > 0 { return .unknownNotApplied(.dead) }
                    guard step.operation.isWrite, step.write == number else { return nil }
                    isOver.add(1)
                    return executed ? .unknownApplied(.dead) : .unknownNotApplied(.dead)
                }
                _ = await stopped.admin.apply(plan)
                guard isOver.value > 0 else { break }
                cuts += 1
                let links = try fixture.registry.paths.layers(fixture.name("r"))
                let left = try await after.driver.reader.walkIfThere(links)?.compactMap(\.file).count ?? 0
                let pending = try await after.driver.reader.pendingChanges(policy: policy)
                let isWatched = pending.contains { $0.what.hasPrefix("links") }
                #expect(left == 2 || isWatched, "\(taking), \(executed ? "after" : "before") write \(number)")
                _ = try await after.admin.recover()
                // A push through a registry with a cache: it writes the manifest, and no layer
                // link.
                if try await after.driver.reader.walkIfThere(links)?.compactMap(\.file).count ?? 0 < 2 {
                    let digest = try await after.push("r", tags: ["2"], layer: Self.layer)
                    #expect(digest.isCanonical)
                    try await after.driver.delete(links)
                }
                _ = try await after.admin.recover(saying: .none)
                let whole = try await after.driver.reader.walkIfThere(links)?.compactMap(\.file).count
                #expect(whole == 2, "\(taking), \(executed ? "after" : "before") write \(number)")
            }
        }
        #expect(cuts > 20)
    }

    private func plan(_ taking: Taking, with fixture: ChangeFixture) async throws -> ChangePlan {
        let source = try fixture.reference("r")
        let handling = RepositoryHandling(keepsLayerLinks: taking == .keep)
        guard taking == .move || taking == .keep else {
            return try await fixture.planner.removal(of: [source], skippingTrash: taking == .drop)
        }
        return try await fixture.planner.move(from: source, to: try fixture.reference("s"), handling: handling)
    }
}
