import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Runs of `fsck` that are stopped, that fail, or that run beside other programs.
@Suite struct FsckRunTests {
    @Test func youngIncompleteFilesAreInFlight() async throws {
        let fixture = try await FsckFixture(.inMemory())
        let paths = fixture.paths
        // A manifest with a key and no data yet, chunks without a reference, an upload, and a layer
        // that was pushed before its manifest.
        let young = SampleBlob("about to be written")
        let directory = StorageReader.directory(paths.blob(young.digest).parent)
        try await fixture.store.set(directory, [.setOmap(["data": BlobIdentifier.random().value])])
        try await fixture.driver.writer.linkUp([paths.blob(young.digest).parent])
        try await fixture.store.set(BlobIdentifier.random().chunk(1), [.writeFull([1])])
        try await fixture.driver.putContent(fixture.uploadFile("startedat"), Array("now".utf8))
        try await fixture.driver.putContent(
            fixture.layerLink(FsckFixture.spare), Array(FsckFixture.spare.digest.string.utf8))
        let report = await fixture.fsck()
        #expect(report.problems == [])
        #expect(report.checked.inFlight == 4)
        let later = await fixture.fsck(grace: 0)
        #expect(
            later.problems.map(\.kind) == [.danglingReference, .orphanBlob, .unusedLayerLink, .staleUpload])
    }

    @Test("what a pull-through cache fetches again is one line of info; elsewhere each is an error")
    func missingContentOfACacheIsInfo() async throws {
        var pool = RegistryPool()
        pool.image("a", 1, layers: [5, 6, 7])
        for layer in [5, 6] { pool.pool.unlink(RegistryPool.blobPath(RegistryPool.digest(layer))) }
        pool.pool.unlink(RegistryPool.layerLink("a", RegistryPool.digest(7)))
        pool.tag("a", "gone", RegistryPool.digest(8))
        pool.pool.put("\(RegistryPool.root)/repositories/a/_uploads/stray", [1])
        var options = FsckOptions()
        options.grace = 0
        func errors(_ report: FsckReport) -> [ProblemKind] {
            report.problems.filter { $0.severity == .error }.map(\.kind)
        }
        let before = await Fsck(registry: pool.registry, options: options).run()
        #expect(errors(before) == [.missingBlob, .missingBlob, .missingRevision, .missingLayerLink])
        #expect(before.problems.contains { $0.kind == .staleUpload && $0.path?.name == "stray" && $0.repair != nil })
        pool.pool.put(RegistryPaths.schedule.string, Array("{}".utf8))
        let report = await Fsck(registry: pool.registry, options: options).run()
        #expect(errors(report) == [] && report.isPullThroughCache && !before.isPullThroughCache)
        let lines = report.problems.filter { $0.kind == .missingBlob }
        #expect(lines.map(\.severity) == [.info])
        for part in ["2 blobs that", "1 manifest that", "1 link to"] {
            #expect(lines.first?.detail.contains(part) == true)
        }
        #expect(try await Overview.read(pool.registry, journal: JournalPolicy(delay: 0)).isPullThroughCache)
        let plan = try await ChangePlanner(registry: pool.registry).collection(CollectionOptions())
        #expect(plan.notes.contains { $0.contains("pull-through cache") })
    }

    @Test func aFailingStoreIsNotReportedAsDamage() async throws {
        let fixture = try await FsckFixture(.inMemory())
        let blob = try await fixture.storage.blob(fixture.blob(FsckFixture.layer))
        for victim in [
            StorageReader.directory(fixture.tag("v1")), blob.chunk(0), blob.chunk(2), StorageReader.directory(.root),
        ] {
            let reader = FailingReader(
                fixture.store.reader, victim: victim,
                error: StoreError(.timedOut, operation: "read", object: victim, reason: "no answer"))
            let registry = RegistryReader(
                storage: StorageReader(objects: reader, chunkSize: FsckFixture.chunkSize))
            let report = await Fsck(registry: registry).run()
            #expect(!report.isComplete && !report.isCancelled)
            #expect(report.problems == [], "\(victim)")
        }
    }

    @Test func aPoolDeletedDuringTheRunIsNotReportedAsDamage() async throws {
        let fixture = try await FsckFixture(.inMemory())
        let recording = RecordingStore(fixture.store)
        let gone = StoreError(.noSuchPool, operation: "read", reason: "the pool is gone")
        let isGone = Mutex(false)
        let store = fixture.store
        // All objects vanish after the check of the chunk size and a few reads. The store then
        // reports that the pool is gone.
        recording.inject { step in
            if case .status = step.operation, isGone.withLock(\.self) { return .failed(gone) }
            return nil
        }
        recording.before { step in
            guard step.number == 120,
                !isGone.withLock({
                    let was = $0; $0 = true; return was
                })
            else { return }
            try? await store.removeEverything()
        }
        let registry = RegistryReader(
            storage: StorageReader(objects: recording.underTest.reader, chunkSize: FsckFixture.chunkSize))
        let report = await Fsck(registry: registry).run()
        #expect(!report.isComplete)
        #expect(report.problems == [])
    }

    @Test func aCancelledRunReportsTheProblemsFoundSoFar() async throws {
        let fixture = try await FsckFixture(.inMemory())
        try await fixture.change(ObjectID("foreign"), .writeFull([1]))
        let isFound = Mutex(false)
        let task = Task {
            await Fsck(registry: fixture.registry).run { progress in
                if progress.phase == "repositories" { withUnsafeCurrentTask { $0?.cancel() } }
            } found: { _ in
                isFound.withLock { $0 = true }
            }
        }
        let report = await task.value
        #expect(report.problems.map(\.kind) == [.foreignObject])
        let wasFound = isFound.withLock { $0 }
        #expect(wasFound)
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await Fsck(registry: fixture.registry).run()
        }
        let nothing = await cancelled.value
        #expect(nothing.isCancelled && !nothing.isComplete && nothing.problems == [])
    }

    @Test func problemsBeyondTheLimitAreCounted() async throws {
        let fixture = try await FsckFixture(.inMemory())
        for number in 0..<20 { try await fixture.change(ObjectID(ByteString("foreign-\(number)")), .writeFull([1])) }
        var options = FsckOptions()
        options.problemLimit = 5
        let report = await Fsck(registry: fixture.registry, options: options).run()
        #expect(report.problems.count == 5)
        #expect(report.omitted == [.foreignObject: 15])
    }

    /// References in the trash and the quarantine count as references to their content, and their
    /// objects are not foreign.
    @Test func contentOfHoldingsIsNotReported() async throws {
        let fixture = try await FsckFixture(.inMemory())
        let path = fixture.layerLink(FsckFixture.layer)
        let blob = try await fixture.storage.blob(path)
        for place in fixture.paths.holdings {
            try await fixture.planter.crashInsideMove(path, to: place.appending(.literal("1", "-.x")))
        }
        _ = try await fixture.driver.delete(path)
        let report = await fixture.fsck(grace: 0)
        #expect(report.problems.map(\.kind) == [.missingLayerLink])
        #expect(try await fixture.storage.head(of: blob).state == .sound)
    }

    @Test func aRepairIsRefusedIfTheDamageHasChanged() async throws {
        for damage in DamageCase.all where damage.repair != nil && damage.repair != "relink" && damage.repair != "prune"
        {
            let fixture = try await damage.plant(MemoryStore().underTest, isAlone: true)
            let report = await damage.look(at: fixture)
            let plan = try await fixture.planner.repairs(ofAll: report.problems)
            // Another run repairs the damage first.
            #expect(try await fixture.repair(report.problems).map(\.outcome) == [.done])
            let before = try await Snapshot(fixture.store.reader)
            let results = await fixture.admin.apply(plan)
            let outcome = results.map(\.outcome)
            #expect(outcome == [.failed] || damage.repair == "drop-surplus" || damage.repair == "trash", "\(damage)")
            let new = try await Snapshot(fixture.store.reader).differences(to: before).filter {
                !$0.hasPrefix("/docker/registry/regtop-trash") && $0 != "/docker/registry"
            }
            #expect(new == [], "\(damage)")
        }
    }
}
