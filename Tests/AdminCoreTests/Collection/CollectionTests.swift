import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Successive collections of a small registry: what they quarantine, restore and free, and when.
@Suite struct CollectionTests: CollectionSuite {
    let world: CollectionWorld

    init() throws { world = try CollectionWorld() }

    @Test func unneededContentIsTakenAndFreedADayLater() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        let loose = try await blob(pattern(3000, seed: 9))
        let first = try await run()
        #expect(first.items(.quarantine).map(\.origin) == [loose] && first.impact.reclaimable == 3000)
        #expect(first.nextFreeAfter == clock.now.addingTimeInterval(Self.day))
        #expect(try await !isThere(loose))
        clock.advance(by: Self.day - 60)
        #expect(try await run().parts.isEmpty, "the delay is not over")
        clock.advance(by: 61)
        let last = try await run()
        #expect(last.items(.free).map(\.origin) == [loose] && last.impact.bytes == 3000)
        #expect(try await quarantined == 0)
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
    }

    /// Freeing a file removes its directory; a directory that holds a new file stays.
    @Test func freeingRemovesEmptyDirectories() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        let loose = try await blob(pattern(3000, seed: 9))
        let again = try await blob(pattern(3000, seed: 8))
        var options = Self.free
        options.untagged = true
        let untagged = try await fixture.push("app", tags: [], layer: pattern(5000, seed: 3))
        let revision = paths.revision(try fixture.name("app"), untagged)
        try await run(options)
        #expect(try await PoolCensus(fixture.driver.reader).hollow(blobsOf: paths).count == 4)
        clock.advance(by: Self.day + 1)
        let plan = try await plan(options)
        try await fixture.driver.putContent(again, pattern(3000, seed: 8))
        #expect(await fixture.admin.apply(plan).allSatisfy { $0.outcome == .done })
        let census = try await PoolCensus(fixture.driver.reader)
        #expect(census.hollow(blobsOf: paths).isEmpty && census.unlisted.isEmpty, "\(census.hollow)")
        for directory in [loose.parent, revision] {
            #expect(try await store.reader.read(.stat, of: StorageReader.directory(directory)) == nil)
            #expect(try await !isThere(directory))
        }
        #expect(try await fixture.driver.reader.content(again) == pattern(3000, seed: 8))
        let pending = try await fixture.driver.reader.pendingChanges()
        #expect(
            !pending.contains { $0.what.contains(paths.blobs.string) }, "no blob waits for another look: \(pending)")
    }

    @Test func nothingIsFreedWhileTheCacheStateIsUnknown() async throws {
        _ = try await blob(pattern(3000))
        let mute = CollectionOptions(maxShare: 100)
        let first = try await run(mute)
        #expect(first.notes.contains { $0.contains("--cache-flushed") })
        clock.advance(by: 2 * Self.day)
        #expect(try await run(mute).parts.isEmpty)
        #expect(try await quarantined == 1)
        try await run(CollectionOptions(maxShare: 100, caches: .none))
        #expect(try await quarantined == 0)
    }

    /// docs/safety.md#4-races-that-remain: the delay is a bet on the longest push.
    @Test(arguments: [0, 3599, 3600] as [TimeInterval]) func aShortDelayIsNotedAsABet(_ delay: TimeInterval)
        async throws
    {
        let first = try await plan(CollectionOptions(delay: delay, maxShare: 100, caches: .none))
        #expect(!first.notes.contains { $0.contains("a bet") }, "nothing is taken")
        _ = try await blob(pattern(3000))
        for caches in [CollectionOptions.Caches.none, .flushed, .unknown, .offline] {
            let plan = try await plan(CollectionOptions(delay: delay, maxShare: 100, caches: caches))
            #expect(plan.notes.contains { $0.contains("a bet") } == (delay < 3600 && caches != .offline), "\(caches)")
        }
    }

    /// The mutation "final mark begun before the delay": a plan whose mark is too early frees
    /// nothing, however late the plan is executed.
    @Test func aMarkBeforeTheEndOfTheDelayFreesNothing() async throws {
        _ = try await blob(pattern(3000))
        try await run()
        clock.advance(by: Self.day - 1)
        let early = try await plan()
        clock.advance(by: 2 * Self.day)
        #expect(early.items(.free).isEmpty)
        _ = await fixture.admin.apply(early)
        #expect(try await quarantined == 1)
    }

    @Test func contentThatIsNeededAgainComesBack() async throws {
        let digest = try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        let link = fixture.registry.paths.revision(try fixture.name("app"), digest)
        try await fixture.driver.delete(fixture.registry.paths.repository(try fixture.name("app")))
        #expect(try await run().items(.quarantine).count == 3)
        // A client that was told before that the image exists pushes it again.
        try await fixture.driver.putContent(link.appending("link"), Array(digest.string.utf8))
        clock.advance(by: Self.day + 1)
        let back = try await run()
        #expect(back.items(.restore).count == 3, "the manifest is read in the quarantine, and what it names comes back")
        #expect(back.items(.free).allSatisfy { $0.origin == Holding.orphan($0.blob) }, "the old links' chunks only")
        #expect(try await quarantined == 0)
    }

    @Test func aDigestThatIsPushedAgainKeepsItsNewerContent() async throws {
        let content = pattern(3000)
        let path = try await blob(content)
        try await run()
        _ = try await fixture.push("app", tags: ["1"], layer: content)
        let newer = try await fixture.driver.reader.blob(path)
        clock.advance(by: Self.day + 1)
        try await run()
        #expect(try await fixture.driver.reader.blob(path) == newer)
        #expect(try await fixture.driver.reader.content(path) == content)
        #expect(try await quarantined == 0)
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
    }

    @Test func offlineOneRunFreesAll() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        let loose = try await blob(pattern(3000, seed: 9))
        let plan = try await run(CollectionOptions(grace: 0, maxShare: 100, caches: .offline))
        #expect(plan.impact.bytes == 3000)
        #expect(try await !isThere(loose))
        #expect(try await quarantined == 0)
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
        #expect(try await fixture.registry.pass().tags(of: fixture.name("app")).map(\.state) == [.ok])
    }

    @Test func contentInTheTrashIsNeeded() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        #expect(try await fixture.trash("app").map(\.outcome) == [.done])
        #expect(try await run().parts.isEmpty)
        #expect(try await TrashReader(registry: fixture.registry).ids().count == 1)
    }

    @Test func untaggedManifestsGoOnlyWithTheOption() async throws {
        let digest = try await fixture.push("app", tags: [], layer: pattern(5000))
        try await fixture.push("app", tags: ["1"], layer: pattern(100, seed: 2))
        #expect(try await plan().items(.quarantine).isEmpty)
        var options = Self.free
        options.untagged = true
        let plan = try await run(options)
        let link = fixture.registry.paths.revision(try fixture.name("app"), digest).appending(.literal("link"))
        #expect(plan.items(.quarantine).contains { $0.origin == link })
        // The manifest, its link and its layer; the tagged image has the same configuration.
        #expect(plan.items(.quarantine).count == 3)
        clock.advance(by: Self.day + 1)
        // A new tag restores everything, also the link.
        try await fixture.setTag("late", of: fixture.name("app"), to: digest)
        #expect(try await run(options).items(.restore).count == 3)
        #expect(try await fixture.registry.pass().tags(of: fixture.name("app")).map(\.state) == [.ok, .ok])
    }

    @Test func indexesReferrersAndChildrenInOtherRepositoriesAreFollowed() async throws {
        let child = try await fixture.push("elsewhere", tags: [], layer: pattern(5000))
        let type = "application/vnd.oci.image"
        func document(_ text: String, in name: String, tag: String? = nil) async throws -> Digest {
            let bytes = Array(text.utf8)
            let digest = Digest.sha256(of: bytes)
            _ = try await blob(bytes)
            let name = try fixture.name(name)
            try await fixture.driver.putContent(
                fixture.registry.paths.revision(name, digest).appending("link"), Array(digest.string.utf8))
            if let tag { try await fixture.setTag(tag, of: name, to: digest) }
            return digest
        }
        // A diamond: both inner indexes name the same child.
        func index(_ digests: [Digest], annotation: Int) -> String {
            let list = digests.map { #"{"mediaType":"\#(type).index.v1+json","size":1,"digest":"\#($0)"}"# }
            return
                #"{"schemaVersion":2,"mediaType":"\#(type).index.v1+json","annotations":{"n":"\#(annotation)"},"manifests":[\#(list.joined(separator: ","))]}"#
        }
        let left = try await document(index([child], annotation: 1), in: "multi")
        let right = try await document(index([child], annotation: 2), in: "multi")
        let top = try await document(index([left, right], annotation: 3), in: "multi", tag: "1")
        let empty = try await blob(Array("{}".utf8))
        let digest = Digest.sha256(of: Array("{}".utf8))
        _ = try await document(
            #"{"schemaVersion":2,"mediaType":"\#(type).manifest.v1+json","config":{"mediaType":"a/b","size":2,"digest":"\#(digest)"},"layers":[],"subject":{"mediaType":"\#(type).index.v1+json","size":1,"digest":"\#(top)"}}"#,
            in: "multi")
        var options = Self.free
        options.untagged = true
        let plan = try await plan(options)
        #expect(plan.obstacles.isEmpty && plan.parts.isEmpty, "\(plan.obstacles) \(plan.parts)")
        #expect(try await isThere(empty))
    }

    /// The manifest pins everything that its repository links to. Other content is collected, and
    /// the command in the note removes the manifest.
    @Test func anUnreadableManifestDoesNotBlockACollection() async throws {
        let digest = try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        let loose = try await blob(pattern(3000, seed: 9))
        let chunk = try await fixture.driver.reader.blob(fixture.registry.paths.blob(digest)).chunk(0)
        try await store.set(chunk, [.write(Array("nonsense".utf8), at: 0)])
        let plan = try await plan()
        #expect(plan.obstacles.isEmpty && plan.items(.quarantine).map(\.origin) == [loose])
        let note = try #require(plan.notes.first { $0.contains("everything that app links to is kept") })
        let command = try #require(note.firstMatch(of: /`regtop rm ([^`]+)`/)?.output.1)
        let results = try await fixture.remove(String(command)).results
        #expect(results.allSatisfy { $0.outcome == .done }, "\(results)")
        #expect(try await self.plan().notes.allSatisfy { !$0.contains("is kept") })
    }

    @Test func anErrorIsNotAnAbsence() async throws {
        let digest = try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        _ = try await blob(pattern(3000, seed: 9))
        let chunk = try await fixture.driver.reader.blob(fixture.registry.paths.blob(digest)).chunk(0)
        let recording = RecordingStore(store)
        recording.inject { step in
            guard !step.operation.isWrite, step.operation.object == chunk else { return nil }
            return .failed(StoreError(.inputOutput, operation: "read", object: chunk, errno: 5, reason: "broken"))
        }
        let faulty = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
        let mark = try await CollectionMark.run(faulty.registry, Self.free, at: clock.now, progress: nil)
        #expect(mark.notes.contains { $0.contains(digest.string) }, "\(mark.notes)")
        #expect(mark.weights.candidates.count == 1, "only what nothing links to")
    }

    @Test func aMoveDuringTheMarkVoidsIt() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        _ = try await blob(pattern(3000, seed: 9))
        let recording = RecordingStore(store)
        let (fixture, store) = (fixture, store)
        recording.before { step in
            guard case .read(_, let object) = step.operation, object == ObjectID("/docker/registry/v2/repositories/app")
            else { return }
            // Moves the repository only after the mark is in the journal.
            guard (try? await store.reader.read(.stat, of: Journal.object)) != nil,
                (try? await fixture.names()) == ["app"]
            else { return }
            _ = try? await fixture.move("app", to: "new")
        }
        let watched = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
        let plan = try await watched.admin.collection(Self.free)
        #expect(plan.parts.isEmpty)
        #expect(plan.obstacles.contains { $0.contains("moved") })
    }

    @Test func youngContentStays() async throws {
        let young = try await blob(pattern(3000))
        var options = Self.free
        options.grace = 10 * 365 * Self.day
        let early = try await plan(options)
        #expect(early.parts.isEmpty && early.youngBytes == 3000)
        let driver = fixture.driver
        // An old blob with a new link.
        let digest = Digest.sha256(of: pattern(3000))
        var late = driver
        late.writer.modified = clock.now
        try await late.putContent(
            fixture.registry.paths.layerLink(try fixture.name("app"), digest), Array(digest.string.utf8))
        let linked = try await plan()
        #expect(linked.parts.isEmpty && linked.youngBytes == 0)
        #expect(try await isThere(young))
    }

    @Test func tooLargeAShareIsRefused() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(100))
        _ = try await blob(pattern(3000, seed: 9))
        let plan = try await plan(CollectionOptions(caches: .flushed))
        #expect(plan.parts.isEmpty)
        #expect(plan.obstacles.contains { $0.contains("--max-share") })
    }

    @Test func chunksThatNothingRefersToAreNotedThenFreed() async throws {
        let path = try await blob(pattern(3000))
        let blob = try await fixture.driver.reader.blob(path)
        try await fixture.push("app", tags: ["1"], layer: pattern(100))
        try await store.set(
            StorageReader.directory(path.parent), [.removeOmap([ByteString(path.name)])])
        #expect(try await run().items(.note).map(\.blob) == [blob])
        clock.advance(by: Self.day + 1)
        #expect(try await run().items(.free).map(\.blob) == [blob])
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
        #expect(try await quarantined == 0)
    }

    /// A registry writes the key of a link before its content: for some minutes this is no damage,
    /// whatever the grace window is.
    @Test func aTagThatIsBeingWrittenIsNoDamage() async throws {
        let digest = try await fixture.push("app", tags: [], layer: pattern(5000))
        let other = try await fixture.push("app", tags: ["1"], layer: pattern(5000, seed: 2))
        let name = try fixture.name("app")
        let options = CollectionOptions(grace: 0, maxShare: 100, untagged: true, caches: .none)
        let place = StorageReader.directory(paths.tags(name).appending(.literal("late", "current")))
        let link = BlobIdentifier.random()
        try await store.set(place, [.setOmap(["link": link.value])], modified: clock.now.addingTimeInterval(-60))
        let plan = try await plan(options)
        #expect(plan.obstacles.isEmpty && plan.items(.quarantine).isEmpty, "\(plan.obstacles) \(plan.parts)")
        #expect(plan.notes.contains { $0.contains("app:late names no digest, and may just be being written") })
        #expect(!plan.notes.contains { $0.contains("regtop rm") }, "\(plan.notes)")
        // A link with content but without a size is no damage either.
        try await store.set(
            link.chunk(0), [.write(Array(digest.string.utf8), at: 0)], modified: clock.now.addingTimeInterval(-60))
        #expect(try await !self.plan(options).notes.contains { $0.contains("regtop rm") })
        // Nor is a manifest that is being written.
        let blob = try await fixture.driver.reader.blob(paths.blob(other)).chunk(0)
        try await store.set(
            blob, [.write([0x20], at: 0)], modified: clock.now.addingTimeInterval(-60))
        #expect(try await !self.plan(options).notes.contains { $0.contains("regtop rm") })
        clock.advance(by: 3600)
        let later = try await self.plan(options).notes.filter { $0.contains("everything that app links to is kept") }
        #expect(later.count == 1 && later[0].contains("regtop rm"), "\(later)")
        // Without registries no file is being written.
        clock.advance(by: -3600)
        let offline = try await self.plan(CollectionOptions(grace: 0, maxShare: 100, caches: .offline))
        #expect(offline.notes.contains { $0.contains("regtop rm") })
    }

    @Test func oldUploadsGoOnlyWithTheOption() async throws {
        let directory = try fixture.registry.paths.uploads(fixture.name("app")).appending("u")
        try await fixture.driver.putContent(directory.appending("data"), pattern(3000))
        #expect(try await run().parts.isEmpty)
        var options = Self.free
        options.uploadsOlderThan = 7 * Self.day
        #expect(try await run(options).items(.quarantine).count == 1)
        #expect(try await !isThere(directory))
        clock.advance(by: Self.day + 1)
        try await run(options)
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
    }

    @Test func anIdentifierOfAnUploadAndABlobIsMended() async throws {
        let path = try await blob(pattern(3000))
        let blob = try await fixture.driver.reader.blob(path)
        let upload = try fixture.registry.paths.uploads(fixture.name("app")).appending("u").appending("data")
        try await fixture.driver.putContent(upload, [1])
        let other = try await fixture.driver.reader.blob(upload)
        try await store.set(StorageReader.directory(upload.parent), [.setOmap(["data": blob.value])])
        let plan = try await run()
        #expect(plan.items(.mend).map(\.origin) == [upload] && plan.items(.quarantine).isEmpty)
        #expect(plan.items(.note).map(\.blob) == [other])
        #expect(try await !isThere(upload))
        #expect(try await fixture.driver.reader.content(path) == pattern(3000))
        #expect(try await self.plan().items(.quarantine).map(\.blob) == [blob], "once it stands alone")
    }

    /// ^C during the third of five batches: two batches are done and the third is undone. The next
    /// run frees the content that is due, and quarantines the rest.
    @Test func cancelledItGoesOnWhereItWas() async throws {
        for seed in 0..<45 { _ = try await blob(pattern(100, seed: UInt64(seed))) }
        var options = Self.free
        options.batch = 10
        let recording = RecordingStore(store)
        let watched = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
        let plan = try await watched.admin.collection(options)
        #expect(plan.parts.map(\.work) == Array(repeating: .quarantine, count: 5) + [.look])
        let task = Task { await watched.admin.apply(plan) }
        let taken = Counter()
        recording.before { step in
            guard case .write(let write, let object) = step.operation, case .removeOmap? = write.mutations.first,
                object.name.string?.hasPrefix("/docker/registry/v2/blobs/") == true, taken.add(1) == 25
            else { return }
            task.cancel()
        }
        #expect(await task.value.map(\.outcome) == [.done, .done, .failed, .skipped, .skipped, .skipped])
        #expect(try await quarantined == 20)
        clock.advance(by: Self.day)
        _ = try await fixture.admin.recover()
        let next = try await run(options)
        #expect(next.items(.free).count == 20 && next.items(.quarantine).count == 25)
        clock.advance(by: Self.day)
        try await run(options)
        #expect(try await store.objects().allSatisfy { BlobIdentifier.parse(chunkName: $0.name) == nil })
    }

    @Test func contentOfUnlistedDirectoriesIsNeeded() async throws {
        try await fixture.push("app", tags: ["1"], layer: pattern(5000))
        try await store.set(ObjectID("/docker/registry/v2/repositories"), [.removeOmap(["app"])])
        #expect(try await plan().parts.isEmpty)
    }

    @Test func aDryRunPlanIsNotExecuted() async throws {
        _ = try await blob(pattern(3000))
        let plan = try await fixture.planner.collection(Self.free)
        #expect(plan.items(.quarantine).count == 1)
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.failed, .failed])
        #expect(try await quarantined == 0)
    }
}
