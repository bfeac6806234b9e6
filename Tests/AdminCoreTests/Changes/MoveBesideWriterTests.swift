import Synchronization
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// A repository moves while a registry pushes into it. The push performs the operations of the old
/// driver, and runs whole before each write of the move.
@Suite struct MoveBesideWriterTests {
    enum Push: String, CaseIterable, Sendable {
        /// A push of a new tag.
        case newTag
        /// A push of an existing tag: it overwrites the tag's link in place, under the same
        /// identifier.
        case retag
        /// A push of an existing tag, with the manifest that another tag names.
        case retagToKnown

        var tag: String { self == .newTag ? "late" : "v1" }
        var image: ModelImage {
            self == .retagToKnown ? ModelImage(2, hash: RawRegistry.hash) : .init(5, hash: RawRegistry.hash)
        }
    }

    @Test(arguments: Push.allCases)
    func noAnsweredPushIsLostAndALatePushIsReported(_ push: Push) async throws {
        let base = try StoreUnderTest.quick()
        try await Self.push(ModelImage(1, hash: RawRegistry.hash), as: "v1", to: base)
        try await Self.push(ModelImage(2, hash: RawRegistry.hash), as: "v2", to: base)
        let tree = try await StoreCopy(of: base)
        var write = 1
        var reported = 0
        while true {
            let store = try await tree.restore()
            guard let results = try await move(store, pushing: push, before: write) else { break }
            let what = "\(push.rawValue) before write \(write): \(results)"
            let raw = try await RawRegistry(store.reader)
            #expect(raw.faults.isEmpty, "\(what): \(raw.faults)")
            let isReported = results.contains { $0.error != nil || !$0.notes.isEmpty }
            if isReported { reported += 1 }
            let untouched = push.tag == "v1" ? ["v2": 2] : ["v1": 1, "v2": 2]
            for (tag, number) in untouched {
                #expect(Self.serves(ModelImage(number, hash: RawRegistry.hash), as: tag, raw, ["b"]), "\(what): \(tag)")
            }
            // Both names together may hold its links: links from before the push have moved.
            let isThere = Self.serves(push.image, as: push.tag, raw, ["a", "b"])
            #expect(isThere, "\(what): lost; \(raw.repositories)")
            #expect(isReported || Self.isWhole(push.image, as: push.tag, in: raw), "\(what): not reported")
            write += 1
        }
        #expect(write > 10 && reported > 10)
        print("\nmv beside a writer: \(push.rawValue): \(write - 1) moments, \(reported) of them reported")
    }

    /// A tag replaces another one while a registry pushes one of the two: each manifest stays at a
    /// tag or in the trash, except one into whose tag the push has written.
    @Test(arguments: ["v1", "v2"]) func aReplacedTagAndAPushAreBothKept(_ tag: String) async throws {
        let base = try StoreUnderTest.quick()
        for number in 1...2 {
            try await Self.push(ModelImage(number, hash: RawRegistry.hash), as: "v\(number)", to: base)
        }
        let tree = try await StoreCopy(of: base)
        var write = 1
        while true {
            let store = try await tree.restore()
            let pushed = ModelImage(5, hash: RawRegistry.hash)
            let push: @Sendable () async throws -> Void = { try await Self.push(pushed, as: tag, to: store) }
            let results = try await Self.move(store, "a:v1", to: "a:v2", before: write, push) { results in
                let what = "push to \(tag) before write \(write), before the last look: \(results)"
                try await Self.expectBothKept(store, pushed, results, what)
            }
            guard let results else { break }
            try await Self.expectBothKept(store, pushed, results, "push to \(tag) before write \(write): \(results)")
            write += 1
        }
        #expect(write > 10)
        print("\nmv over a tag beside a push to \(tag): \(write - 1) moments")
    }

    /// A tag whose link cannot be read is pushed before each write of a move over it.
    @Test func aPushThatMendsAReplacedTagIsKept() async throws {
        let base = try StoreUnderTest.quick()
        for number in 1...2 {
            try await Self.push(ModelImage(number, hash: RawRegistry.hash), as: "v\(number)", to: base)
        }
        let fixture = ChangeFixture(base)
        let link = try #require(fixture.registry.paths.currentLink("a", tag: "v2"))
        let garbage = [UInt8](repeating: 0, count: 71)
        try await base.set(fixture.driver.reader.blob(link).chunk(0), [.write(garbage, at: 0)])
        let tree = try await StoreCopy(of: base)
        let pushed = ModelImage(5, hash: RawRegistry.hash)
        var write = 1
        while true {
            let store = try await tree.restore()
            let results = try await Self.move(store, "a:v1", to: "a:v2", before: write) {
                try await Self.push(pushed, as: "v2", to: store)
            }
            guard let results else { break }
            let tags = try await RawRegistry(store.reader).repositories["a"]?.tags ?? [:]
            #expect(tags["v2"] == pushed.manifest.digest, "push before write \(write): \(results)")
            write += 1
        }
        #expect(write > 10)
    }

    /// Checks that the push of a tag is at a tag, and that each manifest is at a tag or in the
    /// trash, except one into whose tag the push has written.
    private static func expectBothKept(
        _ store: StoreUnderTest, _ pushed: ModelImage, _ results: [ChangeResult], _ what: String
    ) async throws {
        let raw = try await RawRegistry(store.reader)
        #expect(raw.faults.isEmpty, "\(what): \(raw.faults)")
        let tags = raw.repositories["a"]?.tags ?? [:]
        var named = Set(tags.values)
        let fixture = ChangeFixture(store)
        let trash = fixture.registry.paths.trash
        for entry in try await fixture.driver.reader.holdings(in: trash).flatMap(\.entries)
        where fixture.registry.paths.currentTag(of: entry.origin) != nil {
            let digest = try await fixture.registry.links.read(entry.blob, at: entry.origin).digest
            named.insert(digest?.hex ?? "")
        }
        #expect(tags.values.contains(pushed.manifest.digest), "\(what): the push is lost")
        #expect(try await PoolCensus(fixture.driver.reader).twice.isEmpty, "\(what)")
        #expect(tags["v2"] != nil, "\(what)")
        let isDone = results.allSatisfy { $0.outcome == .done }
        #expect(isDone || tags["v1"] != nil, "\(what): half moved")
        // The push overwrites the manifest of one tag at most.
        let others = (1...2).filter { named.contains(ModelImage($0, hash: RawRegistry.hash).manifest.digest) }
        #expect(!others.isEmpty, "\(what)")
    }

    private func move(_ store: StoreUnderTest, pushing push: Push, before write: Int) async throws -> [ChangeResult]? {
        try await Self.move(store, "a", to: "b", before: write) {
            try await Self.push(push.image, as: push.tag, to: store)
        }
    }

    /// Moves a name, with a push just before the given write; looks at the pool before the last
    /// look. Returns nil if the move has fewer writes.
    private static func move(
        _ store: StoreUnderTest, _ source: String, to destination: String, before write: Int,
        _ push: @escaping @Sendable () async throws -> Void,
        beforeLastLook look: ([ChangeResult]) async throws -> Void = { _ in }
    ) async throws -> [ChangeResult]? {
        let clock = TestClock()
        let policy = clock.policy(delay: 1000)
        let planner = ChangeFixture(store).planner
        let plan = try await planner.move(
            from: try #require(ImageReference(source)), to: try #require(ImageReference(destination)), force: true)
        let recording = RecordingStore(store)
        let hasCome = Mutex(false)
        recording.before { step in
            guard step.write == write, !hasCome.withLock({ $0 }) else { return }
            hasCome.withLock { $0 = true }
            do {
                try await push()
            } catch {
                Issue.record(error)
            }
        }
        let results = await ChangeFixture(recording.underTest, policy: policy).admin.apply(plan)
        guard hasCome.withLock({ $0 }) else { return nil }
        try await look(results)
        // Longer than any push: `recover` looks again for files in directories that the move
        // removed.
        clock.advance(by: 1001)
        for recovery in try await ChangeFixture(store, policy: policy).admin.recover() {
            #expect([.checked, .watched].contains(recovery.outcome), "\(recovery)")
        }
        return results
    }

    /// Whether one of the repositories has the tag, one has the manifest, and each layer link is in
    /// one. A late push creates the old name again, without the links that have moved
    /// (docs/safety.md#4-races-that-remain).
    private static func serves(_ image: ModelImage, as tag: String, _ raw: RawRegistry, _ names: [String]) -> Bool {
        let digest = image.manifest.digest
        let all = names.compactMap { raw.repositories[$0] }
        let layers = all.reduce(into: Set<String>()) { $0.formUnion($1.layers) }
        return all.contains { $0.tags[tag] == digest } && all.contains { $0.revisions.contains(digest) }
            && layers.isSuperset(of: [image.layer.digest, image.config.digest])
            && raw.blobs.isSuperset(of: [digest, image.layer.digest, image.config.digest])
    }

    /// Whether one repository alone has the tag, the manifest and the layer links.
    private static func isWhole(_ image: ModelImage, as tag: String, in raw: RawRegistry) -> Bool {
        ["a", "b"].contains { serves(image, as: tag, raw, [$0]) }
    }

    private static func push(_ image: ModelImage, as tag: String, to store: StoreUnderTest) async throws {
        func put(_ path: String, _ content: [UInt8]) async throws {
            try await OldDriver(reader: store.reader, writer: store.writer, chunkSize: 4 << 20).put(path, content)
        }
        let root = "/docker/registry/v2"
        for blob in [image.layer, image.config, image.manifest] {
            try await put("\(root)/blobs/sha256/\(blob.digest.prefix(2))/\(blob.digest)/data", blob.content)
        }
        for blob in [image.layer, image.config] {
            try await put(
                "\(root)/repositories/a/_layers/sha256/\(blob.digest)/link", Array("sha256:\(blob.digest)".utf8))
        }
        let manifests = "\(root)/repositories/a/_manifests"
        let link = Array("sha256:\(image.manifest.digest)".utf8)
        try await put("\(manifests)/revisions/sha256/\(image.manifest.digest)/link", link)
        try await put("\(manifests)/tags/\(tag)/index/sha256/\(image.manifest.digest)/link", link)
        try await put("\(manifests)/tags/\(tag)/current/link", link)
    }
}
