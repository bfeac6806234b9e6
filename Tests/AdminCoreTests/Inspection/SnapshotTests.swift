import Foundation
import Testing

@testable import AdminCore
@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SQLiteStore
@testable import SampleRegistry
@testable import StorageDriver

/// Snapshots of the sample, with all its damage: they answer like the store, and have no data of
/// layers.
@Suite struct SnapshotTests {
    /// Writes a snapshot of the sample and opens it.
    ///
    /// - Parameter kind: the kind of the store that holds the sample.
    private func snapshot(
        in kind: StoreKind = .sqliteMemory,
        _ body: @Sendable (_ sample: Session, _ snapshot: Session, _ path: String) async throws -> Void
    ) async throws {
        #if RADOS
        if kind == .rados {
            let cluster = try await TestCluster.shared()
            return try await cluster.withStore { store in
                try await SampleRegistry.make(in: store.reader, store.writer)
                try await snapshot(SessionOptions(rados: cluster.options(pool: store.poolName)), body)
            }
        }
        #endif
        try await snapshot(SessionOptions(location: .sample(path: nil)), body)
    }

    private func snapshot(
        _ options: SessionOptions,
        _ body: @Sendable (_ sample: Session, _ snapshot: Session, _ path: String) async throws -> Void
    ) async throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let path = place.path("s")
        let sample = try await Session.open(options)
        let (note, summary) = try await sample.writeSnapshot(to: path, version: "1")
        // Counted, since the statistics of a pool come late.
        var objects: UInt64 = 0
        for cursor in try await sample.objects.enumerate(.all, slices: 1) {
            while let page = try await cursor.next() { objects += UInt64(page.count) }
        }
        #expect(summary.objects == objects && summary.bytes > 10 << 20)
        #expect(try place.contents() == ["s"])
        let copy = try await Session.open(SessionOptions(location: .sqlite(path: path)))
        #expect(copy.snapshot?.store == sample.name && copy.snapshot?.version == "1")
        #expect(copy.clock.now == copy.snapshot?.taken)
        #expect(abs(copy.clock.now.timeIntervalSince(note.taken)) < 1)
        try await body(sample, copy, path)
        await copy.close()
        await sample.close()
    }

    private static let kinds = StoreKind.allCases.filter { $0 != .sqliteFile }

    @Test(.timeLimit(.minutes(15)), arguments: kinds)
    func listsAndImagesAreThoseOfTheStore(_ kind: StoreKind) async throws {
        try await snapshot(in: kind) { sample, copy, path in
            let size = try #require(
                try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
            ).uint64Value
            #expect(size < 4 << 20, "no data of layers")
            let names = try await sample.registry.repositoryNames()
            #expect(try await copy.registry.repositoryNames() == names)
            let (one, other) = (sample.registry.pass(), copy.registry.pass())
            #expect(try await other.summaries(of: names) == one.summaries(of: names))
            for name in names {
                guard let tags = try? await one.tags(of: name) else { continue }
                #expect(try await other.tags(of: name) == tags, "\(name)")
                for tag in tags {
                    guard let reference = ImageReference(name, .tag(tag.tag)) else { continue }
                    let image = try? await one.image(reference)
                    let copied = try? await other.image(reference)
                    #expect(image == copied, "\(reference)")
                }
            }
            let usage = try await UsageInspector(registry: copy.registry).usage(pool: true)
            let expected = try await UsageInspector(registry: sample.registry).usage(pool: true)
            #expect(usage.repositories == expected.repositories && usage.size == expected.size)
            // The store goes on, and the difference says what happened since.
            let before = try await RegistryContents.read(copy.registry)
            #expect(RegistryDifference(from: before, to: try await RegistryContents.read(sample.registry)).isEmpty)
            let gone = try #require(ImageReference("app/web:1.0"))
            let results = try await sample.changing().apply(sample.planner.removal(of: [gone]))
            #expect(results.map(\.outcome) == [.done])
            let found = RegistryDifference(from: before, to: try await RegistryContents.read(sample.registry))
            #expect(found.tagsGone == [gone] && found.tagsCome.isEmpty && found.repositoriesGone.isEmpty)
        }
    }

    @Test func dataOfLayersIsRefusedAndDocumentsAreThere() async throws {
        try await snapshot { sample, copy, _ in
            let name = try #require(RepositoryName("ml/weights" as String))
            let tag = try #require(try await copy.registry.pass().tagNames(of: name).first)
            let reference = try #require(ImageReference(name, .tag(tag)))
            let image = try await copy.registry.pass().image(reference)
            let layer = try #require(image.layers.max { $0.size < $1.size })
            let path = copy.registry.paths.blob(layer.digest)
            #expect(try await copy.storage.stat(path).size == layer.size)
            for _ in 0..<2 {
                await #expect(throws: StoreError.self) {
                    for try await _ in try await copy.storage.reader(path) {}
                }
            }
            let found = try? await Verifier(registry: copy.registry).verify([reference])
            #expect(found == nil, "a verification fails; it does not call the layer damaged")
            let manifest = copy.registry.paths.blob(try #require(image.digest))
            #expect(try await copy.storage.content(manifest) == sample.storage.content(manifest))
        }
    }

    /// A check finds the same damage by lengths. Only the kinds that a digest tells apart may
    /// differ.
    @Test func aCheckFindsTheSameDamage() async throws {
        try await snapshot { sample, copy, _ in
            var options = FsckOptions(clock: copy.clock)
            options.grace = 0
            let report = await Fsck(registry: copy.registry, options: options).run()
            let expected = await Fsck(registry: sample.registry, options: options).run()
            #expect(report.stopped == nil)
            func paths(_ report: FsckReport) -> Set<String> {
                Set(report.problems.map { "\($0.path?.string ?? "") \($0.object?.description ?? "")" })
            }
            #expect(paths(report) == paths(expected))
            #expect(report.problems.count == expected.problems.count)
        }
    }

    @Test func nothingChangesASnapshotAndNothingIsOverwritten() async throws {
        try await snapshot { sample, copy, path in
            #expect(copy.admin == nil)
            do {
                _ = try copy.changing()
                Issue.record("expected an error")
            } catch {
                #expect("\(error)".contains("this is a snapshot of sample registry"))
            }
            let before = try Data(contentsOf: URL(filePath: path))
            for session in [sample, copy] {
                await #expect(throws: StoreError.self) { try await session.writeSnapshot(to: path, version: "1") }
            }
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test func aDifferenceNamesWhatCameWentMovedAndGrew() async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("same", tags: ["1"], layer: pattern(100, seed: 1))
        let first = try await fixture.push("app", tags: ["1", "2", "3"], layer: pattern(100, seed: 2))
        try await fixture.push("old", tags: ["1"], layer: pattern(100, seed: 3))
        try await fixture.push("gone", tags: ["1"], layer: pattern(5000, seed: 4))
        let before = try await RegistryContents.read(fixture.registry)
        #expect(RegistryDifference(from: before, to: before).isEmpty)
        #expect(try await fixture.move("old", to: "new").map(\.outcome) == [.done])
        #expect(try await fixture.remove("gone").results.map(\.outcome) == [.done])
        #expect(try await fixture.move("app:3", to: "app:4").map(\.outcome) == [.done])
        let second = try await fixture.push("app", tags: ["2"], layer: pattern(3000, seed: 5))
        try await fixture.push("came", tags: ["1"], layer: pattern(9000, seed: 6))
        let found = RegistryDifference(from: before, to: try await RegistryContents.read(fixture.registry))
        #expect(found.repositoriesCome.map(\.string) == ["came"])
        #expect(found.repositoriesGone.map(\.string) == ["gone"])
        #expect(found.repositoriesMoved.map { "\($0.from) \($0.to)" } == ["old new"])
        #expect(found.tagsCome.map(\.description) == ["came:1"])
        #expect(found.tagsGone.map(\.description) == ["gone:1"])
        #expect(found.tagsMoved.map { "\($0.from) \($0.to)" } == ["app:3 app:4"])
        #expect(found.tagsChanged.map(\.tag.description) == ["app:2"])
        #expect(found.tagsChanged.map(\.before) == [first] && found.tagsChanged.map(\.after) == [second])
        #expect(found.growth.map(\.name.string) == ["came", "app", "gone"])
        #expect(found.growth[0].before == nil && found.growth[2].after == nil)
        #expect(found.growth[0].change > 9000 && found.growth[1].change > 3000 && found.growth[2].change < -5000)
    }
}
