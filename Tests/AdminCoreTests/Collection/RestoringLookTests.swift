import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// A look restores quarantined content that a push needs, and reads only what is new.
@Suite struct RestoringLookTests: CollectionSuite {
    let world: CollectionWorld

    init() throws { world = try CollectionWorld() }

    /// Quarantines an image, and returns the look with which a process goes on watching. Another
    /// image has the same configuration, which therefore stays.
    private func taken(
        _ options: CollectionOptions = free, linked: Bool = false
    ) async throws -> (digest: Digest, layer: Digest, look: RestoringLook) {
        let layer = pattern(3000, seed: 1)
        try await fixture.push("app", tags: ["1"], layer: pattern(500))
        let digest = try await fixture.push("gone", tags: linked ? [] : ["1"], layer: layer)
        if !linked { try await fixture.driver.delete(paths.repository(fixture.name("gone"))) }
        let plan = try await run(options)
        #expect(plan.items(.quarantine).count == (linked ? 3 : 2) && plan.parts.last?.work == .look)
        #expect(plan.broughtBack.isEmpty)
        return (digest, .sha256(of: layer), plan.look)
    }

    /// The configuration of all images in these tests.
    private static let config = Digest.sha256(
        of: Array(#"{"architecture":"amd64","os":"linux","created":"2016-01-02T03:04:05Z"}"#.utf8))

    /// Writes the last links of a push whose client was told before that the image's content
    /// exists.
    private func endPush(of digest: Digest, _ layers: Digest..., in name: String) async throws {
        let name = try fixture.name(name)
        var links = layers.map { (paths.layerLink(name, $0), $0) }
        links.append((paths.revision(name, digest).appending(.literal("link")), digest))
        links.append((try #require(paths.currentLink(name, tag: "late")), digest))
        for (path, said) in links {
            var driver = OldDriver(reader: store.reader, writer: store.writer)
            driver.modified = clock.now
            try await driver.put(path.string, Array(said.string.utf8))
        }
    }

    /// The number of registry files in the quarantine; the notes of orphans there do not count.
    private var held: Int {
        get async throws {
            try await fixture.driver.reader.holdings(in: paths.quarantine).flatMap(\.entries).count {
                paths.file(at: $0.origin) != nil
            }
        }
    }

    private func expectWhole(_ name: String, _ count: Int = 1) async throws {
        let states = try await fixture.registry.pass().tags(of: fixture.name(name)).map(\.state)
        #expect(states == Array(repeating: .ok, count: count))
    }

    @Test func contentThatAPushNeedsComesBackWithinOneLook() async throws {
        let (digest, layer, look) = try await taken()
        try await endPush(of: digest, layer, Self.config, in: "app")
        let (items, results) = try await fixture.admin.restoreNeeded(look)
        #expect(items.count == 2 && results.map(\.outcome) == [.done])
        #expect(CollectionPlan.sentence(broughtBack: items) == "2 blobs came back that pushes need")
        try await expectWhole("app", 2)
        #expect(try await held == 0)
        let log = try await AuditLogReader(storage: fixture.driver.reader).latest(2, now: clock.now)
        #expect(log.map(\.action) == ["collect", "collect"])
        #expect(log.contains { $0.targets.count == 1 && $0.targets[0].hasPrefix("restore ") })
        // The next look has nothing to do, and logs nothing.
        #expect(try await fixture.admin.restoreNeeded(look).results.isEmpty)
        #expect(try await AuditLogReader(storage: fixture.driver.reader).latest(9, now: clock.now).count == 2)
    }

    /// The push ends between the quarantine and the look at the end of the same run.
    @Test func aRunEndsWithALook() async throws {
        let layer = pattern(3000, seed: 1)
        let digest = try await fixture.push("gone", tags: ["1"], layer: layer)
        try await fixture.driver.delete(paths.repository(fixture.name("gone")))
        let plan = try await plan()
        var notes: [String] = []
        for (part, step) in zip(plan.parts, plan.steps(with: fixture.admin.context, progress: nil)) {
            if part.work == .look { try await endPush(of: digest, .sha256(of: layer), Self.config, in: "app") }
            notes += try await step.work().notes
        }
        #expect(notes == ["3 blobs came back that pushes need"] && plan.broughtBack.count == 3)
        try await expectWhole("app")
        // A run that quarantines nothing has no look. Without registries there is no look either,
        // since nothing pushes.
        #expect(try await !self.plan().parts.contains { $0.work == .look })
        _ = try await blob(pattern(70, seed: 9))
        let offline = try await self.plan(CollectionOptions(grace: 0, maxShare: 100, caches: .offline))
        #expect(offline.items(.quarantine).count == 1 && !offline.parts.contains { $0.work == .look })
    }

    /// A look costs three operations for each repository if nothing was pushed since the last look.
    /// After a push, a look reads the new manifest and no other.
    @Test func aLookReadsOnlyWhatIsNew() async throws {
        let (digest, layer, look) = try await taken()
        for number in 0..<4 { try await fixture.push("r\(number)", tags: ["1"], layer: pattern(600, seed: 50)) }
        let recording = RecordingStore(store)
        let watched = ChangeFixture(recording.underTest, policy: clock.policy(delay: 0))
        func round() async throws -> (all: Int, chunks: Int) {
            recording.reset()
            _ = try await watched.admin.restoreNeeded(look)
            let chunks = recording.operations.count { operation in
                operation.object.flatMap { BlobIdentifier.parse(chunkName: $0.name) } != nil
            }
            return (recording.count, chunks)
        }
        _ = try await round()
        let quiet = try await round()
        #expect(quiet.chunks == 0 && recording.writeCount == 0)
        for number in 4..<7 { try await fixture.push("r\(number)", tags: ["1"], layer: pattern(600, seed: 50)) }
        #expect(try await round().chunks == 0, "their manifest is known")
        let more = try await round()
        #expect(more.chunks == 0 && more.all == quiet.all + 3 * 3)
        let other = try await fixture.push("r1", tags: ["2"], layer: pattern(600, seed: 51))
        #expect(try await round().chunks == 2, "the link, and the manifest")
        #expect(look.knowledge.manifests.contains(other))
        #expect(try await round() == more)
        try await endPush(of: digest, layer, Self.config, in: "r2")
        _ = try await round()
        try await expectWhole("r2", 2)
    }

    /// Another regtop may quarantine, by a mark of its own, content of a manifest that this look
    /// has read already.
    @Test func aLookSearchesEverywhereForContentThatAnotherRegtopTook() async throws {
        let (_, _, look) = try await taken()
        let late = try await fixture.push("app", tags: ["late"], layer: pattern(800, seed: 4))
        #expect(try await fixture.admin.restoreNeeded(look).items.isEmpty)
        #expect(look.knowledge.manifests.contains(late))
        // The other mark began before the push, and takes the push's layer after the look.
        let layer = paths.blob(.sha256(of: pattern(800, seed: 4)))
        let blob = try await fixture.driver.reader.blob(layer)
        let note = Holding.Note(name: "1 unneeded", kind: "quarantine", by: "other", begun: clock.now)
        _ = try await fixture.driver.holdings.put(
            [(layer, blob)], at: paths.quarantine.appending("other"), note, keepsDirectories: true)
        #expect(try await fixture.admin.restoreNeeded(look).items.map(\.origin) == [layer])
        try await expectWhole("app", 2)
    }

    /// If a manifest cannot be read, a look restores everything that its repository links to, and
    /// the next look reads the manifest again.
    @Test func anUnreadableManifestPins() async throws {
        let (_, layer, look) = try await taken()
        let name = try fixture.name("late")
        let garbage = Array("{\"schemaVersion\":2,".utf8)
        let bad = Digest.sha256(of: garbage)
        try await endPush(of: bad, layer, in: "late")
        #expect(try await fixture.admin.restoreNeeded(look).items.isEmpty, "a manifest that is nowhere names nothing")
        #expect(look.knowledge.unclear[name] == [bad])
        _ = try await blob(garbage)
        #expect(try await fixture.admin.restoreNeeded(look).items.map(\.origin) == [paths.blob(layer)])
        #expect(look.knowledge.unclear[name] == [bad])
        try await fixture.driver.delete(paths.repository(name))
        _ = try await fixture.admin.restoreNeeded(look)
        #expect(look.knowledge.unclear.isEmpty)
    }

    /// The look reads children and subjects in the quarantine.
    @Test func contentThatAnIndexNamesComesBack() async throws {
        let (digest, layer, look) = try await taken()
        let type = "application/vnd.oci.image"
        func document(_ text: String) async throws -> Digest {
            _ = try await blob(Array(text.utf8))
            return .sha256(of: Array(text.utf8))
        }
        let inner = try await document(
            #"{"schemaVersion":2,"mediaType":"\#(type).index.v1+json","manifests":[],"subject":{"mediaType":"\#(type).manifest.v1+json","size":1,"digest":"\#(digest)"}}"#
        )
        let outer = try await document(
            #"{"schemaVersion":2,"mediaType":"\#(type).index.v1+json","manifests":[{"mediaType":"\#(type).index.v1+json","size":1,"digest":"\#(inner)"}]}"#
        )
        try await endPush(of: outer, in: "multi")
        let back = try await fixture.admin.restoreNeeded(look).items.map(\.origin)
        #expect(Set(back) == [paths.blob(digest), paths.blob(layer)])
    }

    /// A push that had read the link's identifier writes into it while it is in the quarantine; no
    /// directory shows that.
    @Test func aLinkOverwrittenInTheQuarantineComesBack() async throws {
        var options = Self.free
        options.untagged = true
        let (digest, layer, look) = try await taken(options, linked: true)
        #expect(try await fixture.admin.restoreNeeded(look).items.isEmpty)
        let link = paths.revision(try fixture.name("gone"), digest).appending(.literal("link"))
        let entry = try #require(
            try await fixture.driver.reader.holdings(in: paths.quarantine).flatMap(\.entries).first {
                $0.origin == link
            })
        try await store.set(entry.blob.chunk(0), [.write(Array(digest.string.utf8), at: 0)], modified: clock.now)
        let back = try await fixture.admin.restoreNeeded(look).items.map(\.origin)
        #expect(Set(back) == [link, paths.blob(digest), paths.blob(layer)] && back.last == link)
        #expect(try await held == 0)
    }

    /// A regtop lists a directory, creates it, and creates the link last: if a look runs in
    /// between, the next look sees the rest.
    @Test func aLinkThatAppearsLateIsSeen() async throws {
        let (digest, layer, look) = try await taken()
        let directory = paths.revision(try fixture.name("app"), digest)
        try await store.set(StorageReader.directory(directory.parent), [.setOmap([ByteString(directory.name): []])])
        #expect(try await fixture.admin.restoreNeeded(look).items.isEmpty)
        let link = directory.appending(.literal("link"))
        try await fixture.driver.putContent(link, Array(digest.string.utf8))
        let blob = try await fixture.driver.reader.blob(link)
        try await store.set(StorageReader.directory(directory), [.removeOmap(["link"])])
        #expect(try await fixture.admin.restoreNeeded(look).items.isEmpty)
        try await store.set(StorageReader.directory(directory), [.setOmap(["link": blob.value])])
        #expect(
            Set(try await fixture.admin.restoreNeeded(look).items.map(\.origin)) == [
                paths.blob(digest), paths.blob(layer),
            ])
    }

    /// Until the needed content that the mark has found is restored, the look does not count its
    /// manifests as known.
    @Test func theLookRestoresWhatAFailedRunLeft() async throws {
        let (digest, layer, _) = try await taken()
        try await endPush(of: digest, layer, Self.config, in: "app")
        let plan = try await plan()
        #expect(plan.items(.restore).count == 2)
        #expect(try await fixture.admin.restoreNeeded(plan.look).items.count == 2)
        try await expectWhole("app", 2)
    }

    @Test func aCancelledLookIsAnError() async throws {
        var options = Self.free
        options.pause = 86_400
        _ = try await blob(pattern(3000))
        let admin = ChangeFixture(store, policy: clock.policy(delay: Self.day)).admin
        let plan = try await admin.collection(options)
        let last = try #require(plan.steps(with: admin.context, progress: nil).last)
        let task = Task { try await last.work() }
        task.cancel()
        await #expect(throws: ChangeError.self) { try await task.value }
        // Without registries the look does not wait.
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done, .done])
    }
}
