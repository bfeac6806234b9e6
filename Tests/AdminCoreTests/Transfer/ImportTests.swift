import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver
@testable import Transfer

/// Copies into stores of the old driver.
@Suite(.timeLimit(.minutes(15))) struct ImportTests {
    private func admin(_ store: StoreUnderTest, chunkSize: UInt64 = StorageReader.defaultChunkSize) -> RegistryAdmin {
        let storage = StorageReader(objects: store.reader, chunkSize: chunkSize)
        let policy = JournalPolicy(delay: 0, clock: store.clock)
        return RegistryAdmin(
            registry: RegistryReader(storage: storage),
            driver: StorageDriver(reader: storage, writer: store.writer, policy: policy))
    }

    /// The rows of all repositories that have manifests.
    private func rows(_ registry: RegistryReader) async throws -> [RepositoryName: [TagSummary]] {
        let pass = registry.pass()
        var rows: [RepositoryName: [TagSummary]] = [:]
        for name in try await registry.repositoryNames() {
            let tags = try await pass.tags(of: name)
            if !tags.isEmpty { rows[name] = tags }
        }
        return rows
    }

    /// A pool that goes to a directory and comes back has the same rows, dates included, and no
    /// damage.
    @Test func aRoundTripThroughADirectoryGivesEqualListings() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        try await fixture.copy(to: .registry(directory: directory))
        let store = try StoreUnderTest.inMemory()
        let admin = admin(store)
        let transfer = Transfer(from: try await Transfer.registry(directory: directory), to: .store(admin))
        _ = try await transfer.run(try await transfer.plan())
        #expect(try await rows(admin.registry) == rows(fixture.source))
        #expect(try await TransferComparison.of(fixture.source, admin.registry, isDeep: true).isSame)
        let report = await Fsck(registry: admin.registry, options: FsckOptions(clock: store.clock)).run()
        #expect(report.problems.filter { $0.severity == .error }.isEmpty)
        let entries = try await AuditLogReader(storage: admin.registry.storage).latest(20, now: store.clock.now)
        #expect(entries.map(\.action) == ["import"] && entries.first?.outcomes["done"] ?? 0 > 10)
        // A second pass finds everything in place.
        let again = try await transfer.run(try await transfer.plan())
        #expect(again.copied == 0)
    }

    /// An import makes what is missing, and replaces a tag only if the user says so.
    @Test func anImportRestoresAndOverwritesNothing() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let layout = fixture.place.path("layout")
        try await fixture.copy(["app/web"], to: .oci(directory: layout))
        let admin = admin(fixture.store)
        let (paths, before) = (fixture.source.paths, try await fixture.tags())
        let reference = try #require(ImageReference("app/web:1.0"))
        let layer = try #require(try await fixture.source.pass().image(reference).layers.last?.digest)
        try await admin.driver.delete(paths.blob(layer))
        try await admin.driver.delete(paths.tags("app/web").appending("1.0"))
        let other = try #require(before["app/web:2.0"])
        try await admin.driver.putContent(try #require(paths.currentLink("app/web", tag: "1.1")), other.utf8)
        let source = try await Transfer.oci(directory: layout)
        func run(_ replaces: Bool) async throws -> TransferReport {
            var options = Transfer.Options()
            options.replacesTags = replaces
            let transfer = Transfer(from: source, to: .store(admin), options)
            return try await transfer.run(try await transfer.plan([try #require(ImageReference("app/web"))]))
        }
        let report = try await run(false)
        #expect(report.copied == 1)
        #expect(report.leftOut.map(\.target) == ["app/web:1.1"])
        var expected = before
        expected["app/web:1.1"] = other
        #expect(try await fixture.tags() == expected)
        let replaced = try #require(paths.currentLink("app/web", tag: "1.1"))
        #expect(try await run(true).leftOut.isEmpty)
        #expect(try await fixture.tags() == before)
        // The replaced tag is in the trash, the log names both manifests, and the date is kept.
        let trash = try await TrashReader(registry: fixture.source).sizedItems()
        #expect(trash.map(\.name).contains("app/web:1.1"))
        let entries = try await AuditLogReader(storage: fixture.source.storage).latest(9, now: fixture.store.clock.now)
        let back = try #require(before["app/web:1.1"])
        let name = "app/web@\(back) to app/web:1.1, which named \(other) and names \(back)"
        #expect(
            entries.filter { $0.targets == [name] }.map(\.wayBack) == [.retag("app/web:1.1", from: back, to: other)])
        let modified = try await source.links.read(at: replaced).modified
        #expect(try await fixture.source.links.read(at: replaced).modified == modified)
        let verification = try await Verifier(registry: fixture.source).verify([try #require(ImageReference("app/web"))]
        )
        #expect(verification.isSound)
    }

    /// The process dies before each write of a forced replacement: afterwards the replaced link is
    /// at its tag or in the trash, and the tag names one of both manifests.
    @Test func aReplacedTagIsAtItsPlaceOrInTheTrash() async throws {
        var (number, replaced) = (1, 0)
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            let name = try fixture.name("app")
            let new = try await fixture.push("app", tags: ["new"], layer: pattern(100, seed: 1))
            let former = try await fixture.push("app", tags: ["1"], layer: pattern(100, seed: 2))
            let link = try #require(fixture.registry.paths.currentLink(name, tag: "1"))
            let old = try await fixture.driver.reader.blob(link)
            let repository = TransferPlan.Repository(
                name: name, tags: [.init(name: "1", digest: new, modified: fixture.store.clock.now, history: [new])],
                revisions: [], untagged: [], layers: [], signatures: [:], isWhole: false)
            let recording = RecordingStore(fixture.store)
            recording.die(before: number)
            let sink = StoreSink(ChangeFixture(recording.underTest).admin, of: [name], replacesTags: true)
            let left = try? await sink.tag(repository, TransferPlan())
            if recording.writeCount < number {
                #expect(left?.isEmpty == true)
                break
            }
            _ = try await fixture.driver.recover()
            let isInPlace = try await fixture.driver.reader.blob(link) == old
            let digest = try await fixture.registry.pass().tag("1", of: name).digest
            #expect(digest == (isInPlace ? former : new), "\(number)")
            let entries = try await fixture.driver.reader.holdings(in: fixture.registry.paths.trash).flatMap(\.entries)
            #expect(entries.map(\.blob) == (isInPlace ? [] : [old]), "\(number)")
            if !isInPlace { replaced += 1 }
            number += 1
        }
        print("\nforced import: \(number - 1) moments, \(replaced) replaced")
        #expect(replaced > 0 && replaced < number - 1)
    }

    /// A blob in the store that has the right size and other bytes is replaced, and the new bytes
    /// are proven.
    @Test func aDamagedBlobOfTheStoreIsReplaced() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        let (plan, _) = try await fixture.copy(["ml/weights"], to: .registry(directory: directory))
        let layer = try #require(plan.blobs.max { $0.value < $1.value }?.key)
        try await fixture.damage(layer)
        var options = Transfer.Options()
        options.verifiesExisting = true
        let transfer = Transfer(
            from: try await Transfer.registry(directory: directory), to: .store(admin(fixture.store)), options)
        #expect(try await transfer.run(try await transfer.plan()).copied == 1)
        #expect(try await Verifier(registry: fixture.source).verify(blob: layer).isSound)
    }

    #if RADOS
    /// From pool to pool, into chunks of another size, beside a repository that is there already.
    @Test func aPoolIsCopiedToAPoolWithOtherChunks() async throws {
        try await StoreUnderTest.with(.rados) { source in
            try await SampleRegistry.make(in: source.reader, source.writer, specimens: [])
            try await StoreUnderTest.with(.rados) { target in
                let admin = admin(target, chunkSize: 1 << 20)
                let fixture = try await TransferFixture()
                defer { fixture.place.remove() }
                let registry = RegistryReader(storage: StorageReader(objects: source.reader))
                try await fixture.copy(["app/api"], to: .store(admin))
                let transfer = Transfer(from: registry, to: .store(admin))
                let plan = try await transfer.plan()
                #expect(!plan.present.isEmpty, "the blobs of app/api are there")
                _ = try await transfer.run(plan)
                #expect(try await TransferComparison.of(registry, admin.registry, isDeep: true).isSame)
                #expect(try await rows(admin.registry) == rows(registry))
                #expect(try await ChunkSizeProbe(storage: admin.registry.storage).run().other == nil)
            }
        }
    }
    #endif
}
