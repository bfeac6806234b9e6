import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Repairs while other clients write: a repair reads its targets again, and leaves a target that
/// has changed.
@Suite struct RepairGuardTests {
    private func fixture(_ name: String) async throws -> (FsckFixture, RepairPlan) {
        let damage = try #require(DamageCase.all.first { $0.name == name })
        let fixture = try await damage.plant(MemoryStore().underTest, isAlone: true)
        let report = await damage.look(at: fixture)
        return (fixture, try await fixture.planner.repairs(ofAll: report.problems))
    }

    /// Plans the repair of a damage, lets another client make a change, and expects that the repair
    /// is then refused.
    private func expectRefusal(
        of name: String, after meddle: (FsckFixture) async throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let (fixture, plan) = try await fixture(name)
        try #require(plan.targets.count == 1, sourceLocation: sourceLocation)
        try await meddle(fixture)
        let before = try await Snapshot(fixture.store.reader)
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.failed], "\(results)", sourceLocation: sourceLocation)
        let changed = try await Snapshot(fixture.store.reader).differences(to: before).filter {
            !$0.hasPrefix("/docker/registry/regtop-trash") && $0 != "/docker/registry"
        }
        #expect(changed == [], sourceLocation: sourceLocation)
    }

    private func layer(_ fixture: FsckFixture) async throws -> BlobIdentifier {
        try await fixture.storage.blob(fixture.blob(FsckFixture.layer))
    }

    /// The lengths determine the order of the bytes. Only the digest proves that the order is
    /// right.
    @Test(arguments: ["a resumed upload", "no size", "a size that is too small"])
    func bytesWithoutTheDigestAreNotWritten(_ name: String) async throws {
        try await expectRefusal(of: name) { fixture in
            try await fixture.change(layer(fixture).chunk(0), .write([0xff, 0xfe, 0xfd], at: 30))
        }
    }

    @Test(arguments: ["zero fill", "a longer file was overwritten", "a chunk far behind the end"])
    func contentWithoutTheDigestIsNotCut(_ name: String) async throws {
        let damage = try #require(DamageCase.all.first { $0.name == name })
        try await expectRefusal(of: name) { fixture in
            let path = try #require(damage.path(fixture))
            let blob = try await fixture.storage.blob(path)
            try await fixture.change(blob.chunk(0), .write([0xff, 0xfe, 0xfd], at: 30))
        }
    }

    /// Another client writes to a chunk after the repair has read it, and before the repair cuts
    /// it.
    @Test func aChunkThatChangesBeforeTheCutIsNotCut() async throws {
        let (fixture, plan) = try await fixture("a chunk far behind the end")
        let chunk = try await layer(fixture).chunk(77)
        let recording = RecordingStore(fixture.store)
        recording.before { step in
            guard step.operation.isWrite, step.operation.object == chunk else { return }
            _ = await fixture.store.change(chunk, [.writeFull(Array("somebody's".utf8))])
        }
        let driver = recording.underTest.driver(chunkSize: FsckFixture.chunkSize)
        let admin = RegistryAdmin(registry: fixture.registry, driver: driver)
        #expect(await admin.apply(plan).map(\.outcome) == [.failed])
        #expect(try await fixture.store.state(chunk).data == Array("somebody's".utf8))
    }

    /// The old driver writes the key, then the data, then the size. A young file may still receive
    /// its size.
    @Test(arguments: ["no size", "a tag's link without a size"])
    func aYoungFileWithoutASizeIsLeftAlone(_ name: String) async throws {
        let damage = try #require(DamageCase.all.first { $0.name == name })
        try await expectRefusal(of: name) { fixture in
            let chunk = try await fixture.storage.blob(try #require(damage.path(fixture))).chunk(0)
            try await fixture.store.set(chunk, [.writeFull(fixture.store.state(chunk).data)])
        }
    }

    @Test func aReferenceThatHasReceivedItsContentIsLeftAlone() async throws {
        try await expectRefusal(of: "a blob without any chunk") { fixture in
            let blob = try await fixture.storage.blob(fixture.blob(FsckFixture.spare))
            try await fixture.change(
                blob.chunk(0), .writeFull([1]), .setXattr(name: TotalSize.xattr, value: TotalSize.encode(1)))
        }
    }

    /// The date of a reference is that of its directory, because the old driver writes the key
    /// before the data.
    @Test func aYoungReferenceIsLeftAlone() async throws {
        try await expectRefusal(of: "a blob without any chunk") { fixture in
            let directory = StorageReader.directory(fixture.blob(FsckFixture.spare).parent)
            let value = try await fixture.storage.blob(fixture.blob(FsckFixture.spare)).value
            try await fixture.store.set(directory, [.setOmap(["data": value])])
        }
    }

    private static let empty = "the blob of no bytes without any chunk"

    /// The repair creates the chunk only if it does not exist, only for an old reference that still
    /// exists, and only if the digest is that of no bytes.
    @Test func anEmptyFileIsRepairedOnlyIfItIsStillEmpty() async throws {
        try await expectRefusal(of: Self.empty) { fixture in
            let path = fixture.blob(SampleBlob.empty)
            let value = try await fixture.storage.blob(path).value
            try await fixture.store.set(StorageReader.directory(path.parent), [.setOmap(["data": value])])
        }
        try await expectRefusal(of: Self.empty) { fixture in
            let directory = StorageReader.directory(fixture.blob(SampleBlob.empty).parent)
            try await fixture.change(directory, .setOmap(["data": BlobIdentifier.random().value]))
        }
        for index in 0...1 {
            try await expectRefusal(of: Self.empty) { fixture in
                let blob = try await fixture.storage.blob(fixture.blob(SampleBlob.empty))
                try await fixture.change(blob.chunk(index), .writeFull([1]))
            }
        }
        let (fixture, _) = try await fixture("a blob without any chunk")
        let path = fixture.blob(FsckFixture.spare)
        let problem = Problem(
            kind: .emptyFile, severity: .error, path: path, detail: "x",
            repair: .writeEmpty(path, try await fixture.storage.blob(path)))
        #expect(try await fixture.repair([problem]).map(\.outcome) == [.failed])
    }

    /// Another client creates the chunk after the repair has found it missing: the chunk stays.
    @Test func contentWrittenDuringTheRepairOfAnEmptyFileStays() async throws {
        let (fixture, plan) = try await fixture(Self.empty)
        let chunk = try await fixture.storage.blob(fixture.blob(SampleBlob.empty)).chunk(0)
        let recording = RecordingStore(fixture.store)
        recording.before { step in
            guard step.operation.isWrite, step.operation.object == chunk else { return }
            _ = await fixture.store.change(chunk, [.writeFull(Array("somebody's".utf8))])
        }
        let driver = recording.underTest.driver(chunkSize: FsckFixture.chunkSize)
        #expect(
            await RegistryAdmin(registry: fixture.registry, driver: driver).apply(plan).map(\.outcome) == [.failed])
        #expect(try await fixture.store.state(chunk).data == Array("somebody's".utf8))
    }

    /// If one repair also removes the target of a second one, the second one does not fail. If the
    /// first is refused, the second is made by itself.
    @Test func aRepairIncludesTheRepairsBelowIt() async throws {
        let (fixture, _) = try await fixture("a tag's link that is no digest, where the tag has named two")
        let former = fixture.tag("v2").appending(
            .literal("index", "sha256", FsckFixture.manifest.digest.hex, "link"))
        let text = Array("nonsense".utf8)
        try await fixture.change(
            fixture.storage.blob(former).chunk(0), .writeFull(text),
            .setXattr(name: TotalSize.xattr, value: TotalSize.encode(UInt64(text.count))))
        let problems = await fixture.fsck(grace: 0).problems
        try #require(problems.map(\.kind) == [.badLink, .badLink])
        let taker = "bad-link \(fixture.currentLink("v2"))"
        let plan = try await fixture.planner.repairs(ofAll: problems.reversed())
        #expect(plan.targets.map(\.name) == [taker, "bad-link \(former)"])
        let copy = try await StoreCopy(of: fixture.store)
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.done, .done], "\(results)")
        #expect(results.last?.notes == ["mended with \(taker)"])
        #expect(await fixture.fsck(grace: 0).problems == [])

        try await copy.restore(into: fixture.store)
        try await fixture.driver.delete(fixture.currentLink("v2"))
        try await fixture.driver.putContent(
            fixture.currentLink("v2"), Array(FsckFixture.manifest.digest.string.utf8))
        let partly = await fixture.admin.apply(plan)
        #expect(partly.map(\.outcome) == [.failed, .done] && partly.last?.notes == [], "\(partly)")
        #expect(try await fixture.storage.content(former) == Array(FsckFixture.manifest.digest.string.utf8))
    }

    /// A directory that the same plan lists again goes to the trash with the directory that it lies
    /// in.
    @Test func relistedEntriesGoToTheTrashWithTheirDirectory() async throws {
        let (fixture, _) = try await fixture("an upload that nobody ended")
        let state = fixture.uploadFile("hashstates").appending(.literal("sha256", "3"))
        try await fixture.planter.putEmptyFile(state)
        try await fixture.planter.unlist(fixture.uploadFile("hashstates"))
        let problems = await fixture.fsck(grace: 0).problems
        try #require(problems.map(\.kind) == [.unlistedDirectory, .staleUpload], "\(problems)")
        let results = try await fixture.repair(problems)
        #expect(results.map(\.outcome) == [.done, .done], "\(results)")
        #expect(await fixture.fsck(grace: 0).problems == [])
    }

    /// In a pair of references as in docs/layout.md#d6, the key of the upload is removed and the
    /// key of the blob stays. If the key of the blob is already gone, both stay.
    @Test func onlyTheUploadKeyOfAPairIsRemoved() async throws {
        let (fixture, plan) = try await fixture("a crash inside a move")
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.done])
        #expect(try await fixture.storage.content(fixture.blob(FsckFixture.layer)) == FsckFixture.layer.content)
        #expect(try await fixture.storage.entry(fixture.uploadFile("data")) == nil)
        try await expectRefusal(of: "a crash inside a move") { fixture in
            try await fixture.change(
                StorageReader.directory(fixture.blob(FsckFixture.layer).parent), .removeOmap(["data"]))
        }
    }

    /// Pairs come first, because the registry may purge its uploads at any moment.
    @Test func pairsAreRepairedFirst() async throws {
        let (fixture, _) = try await fixture("a crash inside a move")
        try await fixture.planter.unlist(fixture.tag("v1"))
        try await fixture.erase(fixture.layerLink(FsckFixture.layer))
        let problems = await fixture.fsck(grace: 0).problems
        let repairs = try await fixture.planner.repairs(ofAll: problems.reversed()).targets.map(\.repair.id)
        #expect(repairs.first == "drop-upload-key" && repairs.count == 3, "\(repairs)")
    }

    /// A directory that has become empty since the check is not listed again.
    @Test func anEmptyDirectoryIsNotListedAgain() async throws {
        let (fixture, plan) = try await fixture("the directory of a blob that nothing lists")
        let directory = fixture.blob(FsckFixture.layer).parent
        try await fixture.change(StorageReader.directory(directory), .removeOmap(["data"]))
        _ = await fixture.admin.apply(plan)
        #expect(try await fixture.storage.entry(directory) == nil)
    }

    /// If a file has taken the key of the directory in its parent, the file stays.
    @Test func aFileAtTheKeyOfAnUnlistedDirectoryStays() async throws {
        let (fixture, plan) = try await fixture("a directory that its parent does not list")
        let other = BlobIdentifier.random()
        try await fixture.change(
            StorageReader.directory(fixture.paths.tags(fixture.name)), .setOmap(["v2": other.value]))
        #expect(await fixture.admin.apply(plan).map(\.outcome) == [.failed])
        #expect(try await fixture.storage.value(at: fixture.tag("v2")) == other.value)
    }

    /// A removal that cannot be complete fails: a key that has no path keeps its directory.
    @Test func anIncompleteRemovalFails() async throws {
        let (fixture, plan) = try await fixture("a repository of nothing but directories")
        let layers = fixture.paths.layers("attic/y2k")
        try await fixture.change(StorageReader.directory(layers), .setOmap(["..": Array("what".utf8)]))
        let results = await fixture.admin.apply(plan)
        #expect(results.map(\.outcome) == [.failed], "\(results)")
        #expect(try await fixture.store.reader.read(.stat, of: StorageReader.directory(layers)) != nil)
    }

    /// An entry that the enumeration missed, and that a second read finds, is no problem.
    @Test(arguments: [
        "a chunk is gone", "no size", "a layer link is gone", "a directory that its parent does not list",
    ])
    func damageRepairedDuringTheCheckIsNoProblem(_ name: String) async throws {
        let sound = MemoryStore()
        _ = try await FsckFixture(sound.underTest, isAlone: true)
        let whole = sound.contents.objects
        let damage = try #require(DamageCase.all.first { $0.name == name })
        let fixture = try await damage.plant(MemoryStore().underTest, isAlone: true)
        let isMended = Mutex(false)
        let recording = RecordingStore(fixture.store)
        // The first read of a single key marks the end of the enumeration and the start of the
        // second reads.
        recording.before { step in
            guard case .read(let operation, _) = step.operation, case .keys? = operation.omap,
                !isMended.withLock({ isMended in
                    defer { isMended = true }
                    return isMended
                })
            else { return }
            for (object, state) in whole {
                var mutations: [WriteOperation.Mutation] = state.data.isEmpty ? [.create] : [.writeFull(state.data)]
                mutations += state.xattrs.map { .setXattr(name: $0.key, value: $0.value) }
                if !state.omap.isEmpty { mutations.append(.setOmap(state.omap)) }
                _ = await fixture.store.change(object, mutations)
            }
        }
        let reader = StorageReader(objects: recording.reader, chunkSize: FsckFixture.chunkSize)
        let report = await Fsck(registry: RegistryReader(storage: reader)).run()
        let wasMended = isMended.withLock { $0 }
        #expect(wasMended && report.isComplete, "\(report.stopped ?? "")")
        #expect(report.problems.filter { $0.severity == .error } == [])
    }
}
