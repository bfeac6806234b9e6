import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Copies of repositories and tags: links only, tags last.
@Suite struct CopyTests {
    private let fixture: ChangeFixture

    init() throws { fixture = try ChangeFixture.inMemory() }

    private func copy(
        _ source: String, to destination: String, force: Bool = false, in other: ChangeFixture? = nil
    ) async throws -> [ChangeResult] {
        let fixture = other ?? fixture
        return await fixture.admin.apply(
            try await fixture.planner.copy(
                from: fixture.reference(source), to: fixture.reference(destination), force: force))
    }

    /// The texts of the links of a repository, by their paths below it.
    private func links(_ name: String) async throws -> [String: String] {
        let directory = fixture.registry.paths.repository(try fixture.name(name))
        let files = try await fixture.driver.reader.walk(directory).compactMap(\.file)
        var links: [String: String] = [:]
        for file in files {
            let text = try await fixture.driver.reader.content(file.path)
            links[String(file.path.string.dropFirst(directory.string.count))] = String(decoding: text, as: UTF8.self)
        }
        return links
    }

    @Test func aRepositoryIsCopiedWithItsHistoryAndNoData() async throws {
        try await fixture.push("a", tags: ["v1", "v2"], layer: pattern(100, seed: 1))
        try await fixture.push("a", tags: ["v2"], layer: pattern(100, seed: 2))
        try await fixture.push("a/x", tags: ["v1"], layer: pattern(100, seed: 3))
        let (before, own) = (try await fixture.snapshot(), try await links("a").filter { !$0.key.hasPrefix("/x/") })
        let plan = try await fixture.planner.copy(from: fixture.reference("a"), to: fixture.reference("c/d"))
        #expect(try await fixture.snapshot() == before, "a plan changes nothing")
        #expect(plan.links == own.count)
        #expect(plan.counts.map(\.noun) == ["tag", "manifest", "layer"] && plan.counts.map(\.count) == [2, 2, 3])
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await links("c/d") == own)
        #expect(try await fixture.names() == ["a", "a/x", "c/d"])
        let after = try await fixture.snapshot()
        for place: ByteString in ["/docker/registry/v2/repositories/a", "/docker/registry/v2/blobs"] {
            #expect(after.below(place) == before.below(place))
        }
        // Both copies have identifiers of their own: the deletion of one leaves the other whole.
        #expect(try await fixture.remove("c/d").results.map(\.outcome) == [.done])
        #expect(try await fixture.names() == ["a", "a/x"])
        #expect(try await RawRegistry(fixture.store.reader).faults == [])
        #expect(try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy).isEmpty)
    }

    @Test func anImageIsCopiedIntoAnotherRepositoryWithItsCompanions() async throws {
        let image = try await fixture.push("app", tags: ["1", "latest"], layer: pattern(100, seed: 1))
        let signature = "sha256-\(image.hex).sig"
        let signed = try await fixture.push("app", tags: [signature], layer: pattern(100, seed: 2))
        let bill = "sha256-\(signed.hex).sbom"
        try await fixture.push("app", tags: [bill], layer: pattern(100, seed: 3))
        try await fixture.push("app", tags: ["other"], layer: pattern(100, seed: 4))
        try await fixture.push("team", tags: ["old"], layer: pattern(100, seed: 5))
        let plan = try await fixture.planner.copy(from: fixture.reference("app:1"), to: fixture.reference("team:2"))
        #expect(plan.notes.contains { $0.contains(signature) && $0.contains(bill) })
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await fixture.tags("team") == ["2", "old", signature, bill].sorted())
        let pass = fixture.registry.pass()
        for tag in try await fixture.tags("team") {
            #expect(try await pass.image(fixture.reference("team:\(tag)")).state == .ok, "\(tag)")
        }
        #expect(try await pass.tag("2", of: fixture.name("team")).digest == image)
        // Within a repository everything but the tag is there, and companions serve both names.
        let second = try await fixture.planner.copy(from: fixture.reference("app:1"), to: fixture.reference("app:3"))
        #expect(second.counts.map(\.noun) == ["tag"] && second.links == 2)
        #expect(await fixture.admin.apply(second).map(\.outcome) == [.done])
        #expect(try await fixture.registry.pass().tag("3", of: fixture.name("app")).digest == image)
        #expect(try await copy("app@\(signed)", to: "team:signature").map(\.outcome) == [.done])
    }

    @Test func aTakenNameIsRefusedAndATagReplacedByForce() async throws {
        let first = try await fixture.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        let second = try await fixture.push("b", tags: ["v1"], layer: pattern(100, seed: 2))
        let before = try await fixture.snapshot()
        for force in [false, true] {
            await #expect(throws: ChangeError.destinationExists(try fixture.reference("b"))) {
                try await copy("a", to: "b", force: force)
            }
        }
        await #expect(throws: ChangeError.destinationExists(try fixture.reference("b:v1"))) {
            try await copy("a:v1", to: "b:v1")
        }
        #expect(try await fixture.snapshot() == before)
        let plan = try await fixture.planner.copy(
            from: fixture.reference("a:v1"), to: fixture.reference("b:v1"), force: true)
        #expect(plan.impact.tags == ["b:v1"])
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await fixture.registry.pass().tag("v1", of: fixture.name("b")).digest == first)
        #expect(try await fixture.registry.pass().revisions(of: fixture.name("b")) == [first, second].sorted())
    }

    @Test(arguments: [
        ("app", "app:b"), ("app:a", "other"), ("app", "app"), ("app:a", "app:a"),
        ("app:a", "app@sha256:\(String(repeating: "0", count: 64))"),
    ])
    func unsuitableNamesAreRefused(_ source: String, _ destination: String) async throws {
        try await fixture.push("app", tags: ["a"], layer: pattern(100))
        do {
            _ = try await copy(source, to: destination)
            Issue.record("expected an error")
        } catch ChangeError.unsuitable(let why) {
            #expect(!why.isEmpty)
        }
    }

    @Test func aDamagedImageIsNotCopied() async throws {
        let layer = pattern(100, seed: 1)
        try await fixture.push("a", tags: ["v1"], layer: layer)
        let good = try await fixture.push("a", tags: ["good"], layer: pattern(100, seed: 2))
        try await fixture.driver.delete(fixture.registry.paths.blob(.sha256(of: layer)))
        do {
            _ = try await copy("a:v1", to: "b:v1")
            Issue.record("expected an error")
        } catch ChangeError.unsuitable(let why) {
            #expect(why.contains("is damaged") && why.contains(Digest.sha256(of: layer).string))
        }
        await #expect(throws: ChangeError.notFound(try fixture.reference("a:none"))) {
            try await copy("a:none", to: "b:v1")
        }
        // A whole repository is copied without the link that names nothing.
        let plan = try await fixture.planner.copy(from: fixture.reference("a"), to: fixture.reference("b"))
        #expect(plan.notes.contains { $0.contains("1 link of a cannot be read") })
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await fixture.registry.pass().image(fixture.reference("b:good")).digest == good)
    }

    /// A push writes into the replaced link after the plan, under the same identifier: another
    /// manifest, or the one that the copy writes.
    @Test(arguments: [false, true]) func aTagPushedAfterThePlanIsNotReplaced(_ isSame: Bool) async throws {
        let copied = try await fixture.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        try await fixture.push("b", tags: ["v1"], layer: pattern(100, seed: 2))
        let plan = try await fixture.planner.copy(
            from: fixture.reference("a:v1"), to: fixture.reference("b:v1"), force: true)
        let late = isSame ? copied : try await fixture.push("b", tags: [], layer: pattern(100, seed: 3))
        let link = try #require(fixture.registry.paths.currentLink(fixture.name("b"), tag: "v1"))
        let blob = try await fixture.driver.reader.blob(link)
        let recording = RecordingStore(fixture.store)
        // The push comes as late as it can: just before the key of the link is replaced.
        recording.before { [store = fixture.store] step in
            guard case .write(let write, _) = step.operation,
                write.guards.contains(where: { if case .omapValue("link", _) = $0 { true } else { false } })
            else { return }
            _ = await store.writer.apply(WriteOperation([.write(Array(late.string.utf8), at: 0)]), to: blob.chunk(0))
        }
        let results = await ChangeFixture(recording.underTest).admin.apply(plan)
        #expect(results.map(\.outcome) == [isSame ? .done : .failed])
        #expect(isSame || results[0].error?.contains("changed by another client") == true)
        #expect(results[0].trash == nil)
        #expect(try await fixture.registry.pass().tag("v1", of: fixture.name("b")).digest == late)
        #expect(try await fixture.driver.reader.blob(link) == blob)
        #expect(try await fixture.trashItems.isEmpty)
    }

    /// Another client gives the tag the same manifest after the plan: nothing goes to the trash,
    /// and the result names no deletion.
    @Test func aTagThatHasTheManifestAlreadyGoesToNoTrash() async throws {
        let copied = try await fixture.push("a", tags: ["v1"], layer: pattern(100, seed: 1))
        try await fixture.push("b", tags: ["v1"], layer: pattern(100, seed: 2))
        let plan = try await fixture.planner.copy(
            from: fixture.reference("a:v1"), to: fixture.reference("b:v1"), force: true)
        let link = try #require(fixture.registry.paths.currentLink(fixture.name("b"), tag: "v1"))
        try await write(copied, into: link, of: fixture)
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.done] && results[0].trash == nil)
        #expect(try await fixture.trashItems.isEmpty)
    }

    /// What happens at an operation of a forced copy.
    enum Disturbance: CaseIterable, Sendable {
        /// This operation fails, and the others do not.
        case failure
        /// The process is killed, and a push writes another manifest into the tag.
        case otherPush
        /// The process is killed, and a push writes the manifest of the copy into the tag.
        case samePush
    }

    /// Disturbs a forced copy, by a failure at each operation or a death before each write: the
    /// replaced link is at its place or in the trash.
    @Test(arguments: Disturbance.allCases)
    func aReplacedLinkIsAtItsPlaceOrInTheTrash(_ disturbance: Disturbance) async throws {
        var (number, replaced) = (1, 0)
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            let new = try await fixture.push("app", tags: ["1"], layer: pattern(100, seed: 1))
            try await fixture.push("team", tags: ["1"], layer: pattern(100, seed: 2))
            let link = try #require(fixture.registry.paths.currentLink(fixture.name("team"), tag: "1"))
            let old = try await fixture.driver.reader.blob(link)
            let plan = try await fixture.planner.copy(
                from: fixture.reference("app:1"), to: fixture.reference("team:1"), force: true)
            let recording = RecordingStore(fixture.store)
            if disturbance == .failure {
                recording.inject { [number] in $0.number == number ? .failed(.dead) : nil }
            } else {
                recording.die(before: number)
            }
            let driver = recording.underTest.driver(chunkSize: StorageReader.defaultChunkSize)
            let results = await RegistryAdmin(registry: fixture.registry, driver: driver).apply(plan)
            guard (disturbance == .failure ? recording.count : recording.writeCount) >= number else { break }
            if disturbance != .failure {
                try await write(disturbance == .samePush ? new : .sha256(of: "pushed".utf8), into: link, of: fixture)
            }
            _ = try await fixture.driver.recover()
            let isInPlace = try await fixture.driver.reader.blob(link) == old
            let entries = try await fixture.driver.reader.holdings(in: fixture.registry.paths.trash).flatMap(\.entries)
            #expect(entries.map(\.blob) == (isInPlace ? [] : [old]), "\(disturbance) at \(number): \(results)")
            if !isInPlace { replaced += 1 }
            number += 1
        }
        print("\nforced copy, \(disturbance): \(number - 1) moments, \(replaced) replaced")
        #expect(replaced > 0 && replaced < number - 1)
    }

    /// Writes a digest into a link as a registry does, under the same identifier.
    private func write(_ digest: Digest, into link: StoragePath, of fixture: ChangeFixture) async throws {
        let blob = try await fixture.driver.reader.blob(link)
        try await fixture.store.set(blob.chunk(0), [.write(Array(digest.string.utf8), at: 0)])
    }

    /// Looks at the pool before each write of a copy: a tag is there only with its whole image.
    @Test func aTagAppearsAfterItsImage() async throws {
        for (source, destination) in [("a", "b"), ("a:v1", "b:v1")] {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            try await fixture.push("a", tags: ["v1", "v2"], layer: pattern(100, seed: 1))
            let plan = try await fixture.planner.copy(
                from: fixture.reference(source), to: fixture.reference(destination))
            let recording = RecordingStore(fixture.store)
            let looks = Mutex(0)
            recording.before { [store = fixture.store] step in
                guard step.operation.isWrite, let raw = try? await RawRegistry(store.reader) else { return }
                looks.withLock { $0 += 1 }
                guard let repository = raw.repositories["b"] else { return }
                for digest in repository.tags.values {
                    #expect(repository.revisions.contains(digest), "before write \(step.write)")
                    #expect(repository.layers.count == 2, "before write \(step.write)")
                }
            }
            #expect(await ChangeFixture(recording.underTest).admin.apply(plan).map(\.outcome) == [.done])
            #expect(looks.withLock(\.self) > 8)
        }
    }

    /// A collection quarantines the layer before each write of a copy in turn: then no tag appears.
    @Test func aTagDoesNotAppearIfItsContentGoesMeanwhile() async throws {
        let layer = pattern(100, seed: 1)
        var (write, moments) = (1, 0)
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            try await fixture.push("a", tags: ["v1"], layer: layer)
            let plan = try await fixture.planner.copy(from: fixture.reference("a"), to: fixture.reference("b"))
            let blob = fixture.registry.paths.blob(.sha256(of: layer))
            let recording = RecordingStore(fixture.store)
            let isTaken = Mutex(false)
            recording.before { [driver = fixture.driver, write] step in
                // Later writes belong to the journal and to the log: the copy is done.
                guard step.write == write, step.operation.object?.namespace == "" else { return }
                isTaken.withLock { $0 = true }
                do { try await driver.delete(blob) } catch { Issue.record(error) }
            }
            let results = await ChangeFixture(recording.underTest).admin.apply(plan)
            guard recording.writeCount >= write else { break }
            write += 1
            guard isTaken.withLock(\.self) else { continue }
            moments += 1
            #expect(results.map(\.outcome) == [.failed], "before write \(write - 1)")
            #expect(results[0].error?.contains(blob.string) == true, "\(results)")
            let repository = try await RawRegistry(fixture.store.reader).repositories["b"]
            #expect(repository?.tags ?? [:] == [:], "before write \(write - 1)")
            #expect(try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy).isEmpty)
        }
        #expect(moments > 8)
    }

    /// Before each operation of a copy in turn, the content goes, and a registry writes another
    /// manifest into the new tag: the pushed tag stays, though the copy fails.
    @Test func aTagThatIsPushedMeanwhileStays() async throws {
        let layer = pattern(100, seed: 1)
        let pushed = Digest.sha256(of: "pushed".utf8).string
        var (number, moments) = (1, 0)
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            try await fixture.push("a", tags: ["v1"], layer: layer)
            let plan = try await fixture.planner.copy(from: fixture.reference("a"), to: fixture.reference("b"))
            let link = try #require(fixture.registry.paths.currentLink(fixture.name("b"), tag: "v1"))
            let blob = fixture.registry.paths.blob(.sha256(of: layer))
            let recording = RecordingStore(fixture.store)
            let isPushed = Mutex(false)
            recording.before { [driver = fixture.driver, number] step in
                guard step.number == number, let file = try? await driver.reader.blob(link) else { return }
                isPushed.withLock { $0 = true }
                do {
                    try await driver.delete(blob)
                    try await fixture.store.set(file.chunk(0), [.write(Array(pushed.utf8), at: 0)])
                } catch {
                    Issue.record(error)
                }
            }
            _ = await ChangeFixture(recording.underTest).admin.apply(plan)
            guard recording.count >= number else { break }
            number += 1
            guard isPushed.withLock(\.self) else { continue }
            moments += 1
            let text = try? await fixture.driver.reader.content(link)
            #expect(text.map { String(decoding: $0, as: UTF8.self) } == pushed, "before operation \(number - 1)")
        }
        #expect(moments > 2)
    }

    /// A registry has stopped before each of its operations in turn while it pushed to the new
    /// name: the copy completes the links that it shares with the push.
    @Test func linksOfAStoppedPushAreCompleted() async throws {
        let image = PushedImage(layers: [pattern(300, seed: 7)])
        var (number, halfWritten) = (1, 0)
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            func registry(_ name: String, _ store: StoreUnderTest) -> OldRegistry {
                OldRegistry(reader: store.reader, writer: store.writer, cache: nil, now: store.clock.now, name: name)
            }
            #expect(try await registry("r", fixture.store).push(image, as: "1"))
            let recording = RecordingStore(fixture.store)
            recording.inject { [number] step in step.number < number ? nil : .failed(.dead) }
            _ = try? await registry("s", recording.underTest).push(image, as: "2")
            guard recording.count >= number else { break }
            number += 1
            let before = try await RawRegistry(fixture.store.reader)
            if before.faults.contains(where: { $0.hasSuffix("/link cannot be read") }) { halfWritten += 1 }
            #expect(
                try await copy("r:1", to: "s:1", in: fixture).map(\.outcome) == [.done], "stopped before \(number - 1)")
            let lacking = await fixture.store.lacking(image, as: "1", in: "s")
            #expect(lacking == [], "stopped before \(number - 1)")
        }
        print("\nstopped pushes: \(number - 1), \(halfWritten) with half a link")
        #expect(halfWritten > 5)
    }

    /// A link of an image that holds another text is damage: the copy stops, and leaves it.
    @Test func aLinkWithAnotherTextIsNotCompleted() async throws {
        let image = PushedImage(layers: [pattern(300, seed: 7)])
        let registry = OldRegistry(
            reader: fixture.store.reader, writer: fixture.store.writer, cache: nil, now: fixture.store.clock.now)
        #expect(try await registry.push(image, as: "1"))
        let plan = try await fixture.planner.copy(from: fixture.reference("r:1"), to: fixture.reference("s:1"))
        let link = try path(registry.layerLink(.sha256(of: image.layers[0]), in: "s"))
        let other = Array(image.digest.string.utf8)
        try await fixture.driver.putContent(link, other)
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.failed])
        #expect(try await fixture.driver.reader.content(link) == other)
        #expect(try await fixture.tags("s") == [])
    }

    /// Before each operation of a copy in turn, a registry that did not see the layer's link writes
    /// a key of its own over it, and stops: the image is whole, unless its tag was there before.
    @Test func aLinkThatAPushWritesOverIsCompleted() async throws {
        let image = PushedImage(layers: [pattern(300, seed: 7)])
        var (number, moments) = (1, 0)
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            let registry = OldRegistry(
                reader: fixture.store.reader, writer: fixture.store.writer, cache: nil, now: fixture.store.clock.now)
            #expect(try await registry.push(image, as: "1"))
            let plan = try await fixture.planner.copy(from: fixture.reference("r:1"), to: fixture.reference("s:1"))
            let link = try path(registry.layerLink(.sha256(of: image.layers[0]), in: "s"))
            let tag = try #require(fixture.registry.paths.currentLink(fixture.name("s"), tag: "1"))
            let recording = RecordingStore(fixture.store)
            let isWritten = Mutex(false)
            recording.before { [number] step in
                guard step.number == number else { return }
                guard (try? await fixture.driver.reader.value(at: tag)) == nil else { return }
                isWritten.withLock { $0 = true }
                _ = await fixture.store.writer.apply(
                    WriteOperation([.setOmap([ByteString(link.name): BlobIdentifier.random().value])]),
                    to: StorageReader.directory(link.parent))
            }
            let results = await ChangeFixture(recording.underTest).admin.apply(plan)
            guard recording.count >= number else { break }
            number += 1
            guard isWritten.withLock(\.self) else { continue }
            moments += 1
            #expect(results.map(\.outcome) == [.done], "before operation \(number - 1): \(results)")
            let lacking = await fixture.store.lacking(image, as: "1", in: "s")
            #expect(lacking == [], "before operation \(number - 1)")
        }
        #expect(moments > 20)
    }

    /// Stops a forced copy before each write: the tag then names the old image or the new one, and
    /// the image is whole.
    @Test func aForcedCopyIsCompleteOrNotMade() async throws {
        var number = 1
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            let new = try await fixture.push("app", tags: ["1"], layer: pattern(100, seed: 1))
            let old = try await fixture.push("team", tags: ["1"], layer: pattern(100, seed: 2))
            let plan = try await fixture.planner.copy(
                from: fixture.reference("app:1"), to: fixture.reference("team:1"), force: true)
            let recording = RecordingStore(fixture.store)
            recording.die(before: number)
            let driver = recording.underTest.driver(chunkSize: StorageReader.defaultChunkSize)
            _ = await RegistryAdmin(registry: fixture.registry, driver: driver).apply(plan)
            guard recording.writeCount >= number else { break }
            let recoveries = try await fixture.driver.recover()
            let what = "cut before write \(number)"
            let image = try await fixture.registry.pass().image(fixture.reference("team:1"))
            #expect(image.state == .ok, "\(what)")
            #expect(recoveries.isEmpty ? [old, new].contains(image.digest) : image.digest == new, "\(what)")
            #expect(recoveries.allSatisfy { $0.outcome == .finished && $0.notes.isEmpty }, "\(what): \(recoveries)")
            #expect(try await RawRegistry(fixture.store.reader).faults == [], "\(what)")
            let ids = try await fixture.trashItems.map(\.id)
            #expect(ids.isEmpty == (image.digest == old), "\(what)")
            if image.digest == new {
                #expect(try await fixture.restore(ids, as: "team:old").map(\.outcome) == [.done], "\(what)")
                #expect(try await fixture.registry.pass().image(fixture.reference("team:old")).digest == old)
            }
            number += 1
        }
        print("\ncrash sweep: forced copy: \(number - 1) cut points")
        #expect(number > 15)
    }
}
