import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// `fsck` on the pool that registry v2.3.1 wrote, and on the sample, which has one specimen of each
/// kind of damage.
@Suite struct FsckFixtureTests {
    @Test func aRepairLeavesNoProblemInTheFixture() async throws {
        let store = try StoreUnderTest.inMemory()
        try await MemoryPool.fixture().copy(to: store.writer)
        let registry = RegistryReader(storage: StorageReader(objects: store.reader))
        let driver = store.driver(chunkSize: StorageReader.defaultChunkSize)
        let admin = RegistryAdmin(registry: registry, driver: driver)
        let first = await Fsck(registry: registry).run()
        #expect(first.isComplete)
        let errors = first.problems.filter { $0.severity == .error }
        #expect(errors.map(\.kind) == [.longChunk, .missingLayerLink])
        let before = try await Snapshot(store.reader)

        let plan = try await ChangePlanner(registry: registry).repairs(of: first.problems)
        #expect(plan.targets.map(\.repair.id) == ["rearrange", "write-link"])
        #expect(await admin.apply(plan).map(\.outcome) == [.done, .done])

        let digest = try #require(
            Digest("sha256:4fae62baceee3d5b590f65d90f5e11d90d364cc60dcd9f2d25bb41be30185250"))
        let path = registry.paths.blob(digest)
        #expect(Digest.sha256(of: try await driver.reader.content(path)) == digest)
        #expect(try await driver.reader.layout(of: driver.reader.blob(path)).isSound)
        let link = try #require(errors.last?.path)
        #expect(link.string.contains("stale/layer-unlinked/_layers/"))
        #expect(Digest(String(decoding: try await driver.reader.content(link), as: UTF8.self)) != nil)
        // Nothing else changed: only the two directories that hold the references to the new files,
        // and the directories above the new link.
        let changed = try await Snapshot(store.reader).differences(to: before).filter { name in
            before.objects.keys.contains { $0.description == name }
        }
        #expect(changed.allSatisfy { path.parent.string == $0 || link.string.hasPrefix($0) }, "\(changed)")

        var options = FsckOptions()
        options.deep = true
        let again = await Fsck(registry: registry, options: options).run()
        #expect(again.errors == 0, "\(again.problems)")
        #expect(again.isComplete && again.checked.bytes > 9_000_000)
    }

    /// Each specimen causes exactly its own problem, and no problem in another repository.
    @Test(arguments: Specimen.allCases)
    func specimens(_ specimen: Specimen) async throws {
        let store = try await SampleStore([specimen])
        let sound = try await Self.sound.value
        let report = await Fsck(registry: store.registry).run()
        #expect(report.isComplete)
        let found = report.problems.filter { !sound.contains($0) }.map(\.kind)
        let expected: [ProblemKind] =
            switch specimen {
            case .resumedUpload, .zeroFilled: [.longChunk]
            case .emptyLayer: [.emptyFile]
            case .overwrittenShorter: [.surplusChunk]
            case .pushedTwice: [.orphanBlob]
            case .halfMoved: [.doubleReference]
            case .halfDeleted: [.danglingReference]
            case .movedDirectory: [.unlistedDirectory, .badLink]
            case .unlistedDirectory: [.unlistedDirectory, .missingDirectory, .emptyDirectory]
            case .writtenBelowFile: [.badLink, .orphanBlob]
            case .dotDotName: [.badName]
            case .shortChunk: [.shortChunk]
            }
        #expect(found == expected, "\(report.problems.filter { !sound.contains($0) })")
        #expect(Set(sound).isSubset(of: report.problems), "what was said without the specimen")
    }

    /// The problems of the sample without specimens: only waste.
    private static let sound = Task {
        let report = await Fsck(registry: try await SampleStore([]).registry).run()
        #expect(report.errors == 0, "\(report.problems)")
        return report.problems
    }

    /// All specimens at once: each problem with a repair is repaired, and all readable content
    /// stays readable.
    @Test(.timeLimit(.minutes(15)))
    func allSpecimensAtOnce() async throws {
        let store = try StoreUnderTest.inMemory()
        try await SampleRegistry.make(in: store.reader, store.writer)
        let registry = RegistryReader(storage: StorageReader(objects: store.reader))
        let admin = RegistryAdmin(
            registry: registry, driver: store.driver(chunkSize: StorageReader.defaultChunkSize))
        let report = await Fsck(registry: registry).run()
        let plan = try await ChangePlanner(registry: registry).repairs(of: report.problems)
        #expect(await admin.apply(plan).allSatisfy { $0.outcome == .done })
        let again = await Fsck(registry: registry).run()
        #expect(again.problems.allSatisfy { !($0.repair?.isSafe ?? false) }, "\(again.problems)")
        #expect(
            Set(again.problems.filter { $0.severity == .error }.map(\.kind)) == [
                .shortChunk, .missingBlob, .badName, .badLink,
            ])
    }
}
