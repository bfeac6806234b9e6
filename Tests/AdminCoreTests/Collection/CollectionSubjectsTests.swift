import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Collections of more than images of one layer: signatures, content that repositories share,
/// uploads.
@Suite struct CollectionSubjectsTests: CollectionSuite {
    let world: CollectionWorld

    init() throws { world = try CollectionWorld() }

    private static let untagged: CollectionOptions = {
        var options = free
        options.untagged = true
        return options
    }()

    /// Pushes a signed image of schema 1 as a registry stores it: the payload and the signature are
    /// blobs, and the revision has a link to each signature.
    private func pushSigned(_ name: String, tags: [String]) async throws -> (payload: Digest, signature: Digest) {
        let layer = SampleBlob(pattern(700, seed: 4))
        let image = SampleSchema1(
            name: name, tag: tags.first ?? "none", created: SampleDate(2015, 1, 1), layers: [layer])
        let payload = image.payload
        let signature = image.signature(of: payload)
        for part in [layer, payload, signature] { _ = try await blob(part.content) }
        let name = try fixture.name(name)
        try await fixture.driver.putContent(
            paths.layerLink(name, layer.digest), Array(layer.digest.string.utf8))
        let revision = paths.revision(name, payload.digest)
        try await fixture.driver.putContent(revision.appending("link"), Array(payload.digest.string.utf8))
        let place = revision.appending(.literal("signatures", "sha256", signature.digest.hex, "link"))
        try await fixture.driver.putContent(place, Array(signature.digest.string.utf8))
        for tag in tags { try await fixture.setTag(tag, of: name, to: payload.digest) }
        return (payload.digest, signature.digest)
    }

    @Test func signaturesStayAndGoWithTheirManifest() async throws {
        let (payload, signature) = try await pushSigned("signed", tags: ["1"])
        #expect(try await run(Self.untagged).parts.isEmpty)
        // Without the tag, five files are quarantined: the payload, its layer, the signature, and
        // the links of the manifest and of the signature.
        try await fixture.driver.delete(paths.tags(fixture.name("signed")))
        let plan = try await run(Self.untagged)
        #expect(plan.obstacles.isEmpty)
        let taken = Set(plan.items(.quarantine).map(\.origin))
        #expect(taken.count == 5 && taken.isSuperset(of: [paths.blob(payload), paths.blob(signature)]))
        clock.advance(by: Self.day)
        // A client that was told before that the image exists tags it again.
        try await fixture.setTag("late", of: fixture.name("signed"), to: payload)
        #expect(Set(try await run(Self.untagged).items(.restore).map(\.origin)) == taken)
        #expect(try await fixture.registry.pass().tags(of: fixture.name("signed")).map(\.state) == [.ok])
        for digest in [payload, signature] { #expect(try await isThere(paths.blob(digest))) }
    }

    @Test func signaturesInTheTrashAreNeeded() async throws {
        let (_, signature) = try await pushSigned("signed", tags: ["1"])
        #expect(try await fixture.trash("signed").map(\.outcome) == [.done])
        #expect(try await run().parts.isEmpty)
        #expect(try await isThere(paths.blob(signature)))
    }

    @Test func imagesInUseAreNeededWithoutATag() async throws {
        let (named, configured, gone) = try await (
            fixture.push("app", tags: ["1"], layer: pattern(100, seed: 1)),
            fixture.push("other", tags: ["1"], layer: pattern(100, seed: 2)),
            fixture.push("other", tags: ["2"], layer: pattern(100, seed: 3))
        )
        let pass = fixture.registry.pass()
        let layers = try await pass.image(fixture.reference("other@\(gone)")).layers
        for name in ["app", "other"] { try await fixture.driver.delete(paths.tags(fixture.name(name))) }
        var options = Self.untagged
        options.inUse = try KeepList(
            parsing: "docker://host/app@\(named)\n\(configured.hex.prefix(12))\nnone@sha256:0000\n".utf8, name: "in-use"
        )
        let plan = try await run(options)
        #expect(plan.notes.contains("of 3 lines in in-use, 2 keep something here, 1 match nothing"))
        let taken = plan.items(.quarantine).map(\.origin)
        #expect(taken.contains(paths.blob(gone)) && taken.contains(paths.blob(layers[0].digest)))
        for digest in [named, configured] { #expect(try await isThere(paths.blob(digest))) }
        for name in ["app", "other"] {
            #expect(try await fixture.registry.pass().revisions(of: fixture.name(name)).count == 1)
        }
    }

    @Test func aLayerMountedFromAnotherRepositoryStays() async throws {
        let layer = pattern(5000)
        try await fixture.push("first", tags: ["1"], layer: layer)
        try await fixture.push("second", tags: ["1"], layer: layer)
        #expect(try await fixture.remove("first").results.map(\.outcome) == [.done])
        let plan = try await run()
        #expect(plan.items(.quarantine).isEmpty, "both name one manifest, one layer")
        #expect(try await fixture.registry.pass().tags(of: fixture.name("second")).map(\.state) == [.ok])
        // A mount without a manifest keeps the layer while the mount is young.
        #expect(try await fixture.remove("second").results.map(\.outcome) == [.done])
        var late = fixture.driver
        late.writer.modified = clock.now
        let digest = Digest.sha256(of: layer)
        try await late.putContent(paths.layerLink(fixture.name("third"), digest), Array(digest.string.utf8))
        #expect(try await !self.plan().items(.quarantine).map(\.origin).contains(paths.blob(digest)))
        clock.advance(by: Self.day)
        #expect(try await self.plan().items(.quarantine).map(\.origin).contains(paths.blob(digest)))
    }

    /// The upload began long ago, but its age counts from its last write, the date of chunk 0.
    @Test func anUploadInProgressStays() async throws {
        let directory = try paths.uploads(fixture.name("app")).appending("u")
        let started = try directory.appending("startedat")
        let data = try directory.appending("data")
        try await fixture.driver.putContent(started, Array("2016-01-02T03:04:05Z".utf8))
        var late = fixture.driver
        late.writer.modified = clock.now.addingTimeInterval(-3600)
        try await late.putContent(data, pattern(3000))
        var options = CollectionOptions(grace: 0, maxShare: 100, uploadsOlderThan: 7200, caches: .offline)
        #expect(try await run(options).parts.isEmpty)
        options.uploadsOlderThan = 1800
        // A registry leaves this state between the key and the first chunk: only the directory has
        // a date.
        let blob = try await fixture.driver.reader.blob(data)
        try await store.set(blob.chunk(0), [.remove])
        try await store.set(
            StorageReader.directory(directory), [.setOmap(["data": blob.value])], modified: clock.now)
        #expect(try await run(options).parts.isEmpty)
        clock.advance(by: 7200)
        #expect(try await Set(run(options).items(.quarantine).map(\.origin)) == [data, started])
        #expect(try await PoolCensus(fixture.driver.reader).unreferenced.isEmpty)
    }

    /// A registry reads the upload's identifier before the collection takes the upload, and
    /// publishes it as a blob afterwards (docs/safety.md#unlink-delay-scan-claim-free).
    @Test func anUploadPublishedAsABlobLosesOnlyItsOldReference() async throws {
        let layer = pattern(3000)
        try await fixture.push("app", tags: ["1"], layer: layer)
        let data = try paths.uploads(fixture.name("app")).appending("u").appending("data")
        try await fixture.driver.putContent(data, layer)
        var options = Self.free
        options.uploadsOlderThan = 3600
        let blob = try await fixture.driver.reader.blob(data)
        #expect(try await run(options).items(.quarantine).map(\.blob) == [blob])
        let place = paths.blob(.sha256(of: layer))
        try await store.set(StorageReader.directory(place.parent), [.setOmap([ByteString(place.name): blob.value])])
        clock.advance(by: Self.day)
        #expect(try await run(options).items(.free).map(\.blob) == [blob])
        #expect(try await fixture.driver.reader.blob(place) == blob)
        #expect(try await fixture.driver.reader.content(place) == layer)
    }

    /// An upload refers to its chunks, so they are no orphans; and its future blob may be needed.
    @Test func chunksOfAnUploadInProgressAreNoOrphans() async throws {
        let data = try paths.uploads(fixture.name("app")).appending("u").appending("data")
        try await fixture.driver.putContent(data, pattern(3000))
        #expect(try await run(CollectionOptions(grace: 0, maxShare: 100, caches: .offline)).parts.isEmpty)
        #expect(try await fixture.driver.reader.content(data) == pattern(3000))
    }
}
