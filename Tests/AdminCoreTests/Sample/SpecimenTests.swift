import Foundation
import Testing

@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Each damage of docs/layout.md#defects has the described form, and shows only in its repository.
@Suite struct SpecimenTests {
    private static let sound = Task { try await RepositoryRows.all(SampleStore([]).registry) }

    @Test func everyDefectThatLeavesATraceHasASpecimen() {
        #expect(Specimen.allCases.map(\.defect) == (1...11).map { "D\($0)" } + ["D14"])
    }

    @Test(arguments: Specimen.allCases)
    func aSpecimenChangesNoOtherRow(_ specimen: Specimen) async throws {
        var rows = try await RepositoryRows.all(SampleStore([specimen]).registry)
        let sound = try await Self.sound.value
        let removed = try rows.removeValue(forKey: SampleBuilder.name(specimen.repository))
        let own = try #require(removed)
        #expect(Set(rows.keys) == Set(sound.keys))
        for (name, row) in sound where rows[name] != row {
            Issue.record("the rows of \(name) differ because of \(specimen)")
        }
        #expect(own.summary.state == expectedState(specimen))
        #expect((own.summary.problems != []) == (own.summary.state != .ok))
    }

    /// `damaged` is content that the registry cannot serve, `suspect` content that has
    /// to be read for a judgement; `fsck` reports the rest.
    private func expectedState(_ specimen: Specimen) -> RepositorySummary.State {
        switch specimen {
        case .resumedUpload, .emptyLayer, .halfDeleted, .movedDirectory, .writtenBelowFile, .shortChunk:
            .damaged
        case .zeroFilled, .overwrittenShorter: .suspect
        case .pushedTwice, .halfMoved, .unlistedDirectory, .dotDotName: .ok
        }
    }

    @Test(arguments: Specimen.allCases)
    func aSpecimenLooksAsDescribed(_ specimen: Specimen) async throws {
        let found = try await PoolImage(SampleStore([specimen]).reader).anomalies
        let expected: Set<Anomaly> =
            switch specimen {
            case .resumedUpload, .zeroFilled, .overwrittenShorter, .shortChunk: [.wrongLength]
            case .emptyLayer, .halfDeleted: [.dangling]
            case .pushedTwice, .writtenBelowFile: [.orphan]
            case .halfMoved: [.doubleReference]
            case .movedDirectory: [.unlistedDirectory, .missingDirectory]
            case .unlistedDirectory: [.unlistedDirectory, .missingDirectory, .emptyDirectory]
            case .dotDotName: [.badName]
            }
        #expect(found == expected)
    }

    /// The limit is generous: beside all other tests, seconds of work take minutes.
    @Test(.timeLimit(.minutes(10)))
    func noReadHangsOnAnySpecimen() async throws {
        let store = try await SampleStore(.all)
        let rows = try await RepositoryRows.all(store.registry)
        let sound = try await Self.sound.value
        #expect(rows.count == sound.count + Specimen.allCases.count)
        for (name, row) in sound where rows[name] != row {
            Issue.record("the rows of \(name) differ because of the specimens")
        }
        let walked = try await store.storage.walk(.root)
        #expect(walked.filter { $0.entry.name == nil }.map(\.entry.key) == [".."])
    }

    // MARK: - One by one

    @Test func theResumedUploadHasAllItsBytesInOtherPlaces() async throws {
        let (store, layout) = try await layout(.resumedUpload)
        try #require(layout.chunks.map(\.length) == [6_000_000, 4_805_696, nil])
        #expect(layout.chunks.map(\.state) == [.long, .long, .missing])
        #expect(layout.size == 9_000_000)
        // Bytes after the end of chunk i belong at the beginning of chunk i + 1.
        let chunkSize = 4 << 20
        var content = [UInt8](repeating: 0, count: 9_000_000)
        for (index, length) in [6_000_000, 4_805_696].enumerated() {
            let state = try #require(
                await store.reader.read(ReadOperation(data: 0..<UInt64(length)), of: layout.blob.chunk(index)))
            // The bytes of chunk 1 itself begin after the surplus of chunk 0.
            let hole = index == 1 ? 6_000_000 - chunkSize : 0
            let start = index * chunkSize + hole
            content.replaceSubrange(start..<index * chunkSize + length, with: state.data[hole...])
        }
        #expect(Digest.sha256(of: content) == Specimen.resumedUpload.layer.digest)
    }

    @Test func zerosInTheGapAreReadCorrectly() async throws {
        let (store, layout) = try await layout(.zeroFilled)
        #expect(layout.chunks.map(\.length) == [UInt64(Specimen.gap.lowerBound + 4 << 20)])
        try await expectTrueContent(.zeroFilled, in: store)
    }

    @Test func theEmptyLayerIsAFileOfNoBytes() async throws {
        let (store, layout) = try await layout(.emptyLayer)
        #expect(layout.head.state == .empty)
        try await expectTrueContent(.emptyLayer, in: store)
    }

    @Test func theOverwrittenFileKeepsItsTail() async throws {
        let (store, layout) = try await layout(.overwrittenShorter)
        #expect(layout.size == UInt64(Specimen.overwrittenShorter.layer.size))
        #expect(layout.chunks.map(\.state) == [.long, .surplus])
        #expect(layout.chunks.first?.length == 4 << 20)
        try await expectTrueContent(.overwrittenShorter, in: store)
    }

    @Test(arguments: [Specimen.pushedTwice, .halfMoved])
    func aFileThatWasMovedTwiceCanBeRead(_ specimen: Specimen) async throws {
        let (store, layout) = try await layout(specimen)
        #expect(layout.isSound)
        try await expectTrueContent(specimen, in: store)
    }

    @Test func theHalfMovedLayerIsStillAnUpload() async throws {
        let store = try await SampleStore([.halfMoved])
        let name = try SampleBuilder.name(Specimen.halfMoved.repository)
        let upload = store.registry.paths.uploads(name).appending(.literal(Specimen.halfMoved.upload, "data"))
        let blob = store.registry.paths.blob(Specimen.halfMoved.layer.digest)
        #expect(try await store.storage.blob(upload) == store.storage.blob(blob))
    }

    @Test func theHalfDeletedLayerHasOnlyItsLastChunk() async throws {
        let (_, layout) = try await layout(.halfDeleted)
        #expect(layout.head.state == .missing)
        let (store, _) = try await self.layout(.halfDeleted)
        #expect(try await store.reader.read(.stat, of: layout.blob.chunk(1))?.size == 51_200)
    }

    @Test func theMovedTagIsIntactUnderItsOldName() async throws {
        let store = try await SampleStore([.movedDirectory])
        let tags = store.registry.paths.tags(try SampleBuilder.name(Specimen.movedDirectory.repository))
        #expect(try await store.storage.list(tags).map(\.name) == ["latest", "stable"])
        #expect(try await store.storage.list(tags.appending("stable")) == [])
        let link = tags.appending(.literal("rc1", "current", "link"))
        #expect(try await store.storage.content(link).starts(with: "sha256:".utf8))
    }

    @Test func theUnlistedTagCanBeReadByItsPath() async throws {
        let store = try await SampleStore([.unlistedDirectory])
        let tags = store.registry.paths.tags(try SampleBuilder.name(Specimen.unlistedDirectory.repository))
        #expect(try await store.storage.list(tags).map(\.name) == ["v2"])
        let link = tags.appending(.literal("v1", "current", "link"))
        #expect(try await store.storage.content(link).starts(with: "sha256:".utf8))
    }

    @Test func aReadEndsAtTheShortChunk() async throws {
        let (store, layout) = try await layout(.shortChunk)
        #expect(layout.chunks.map(\.state) == [.short, .ok])
        let path = store.registry.paths.blob(Specimen.shortChunk.layer.digest)
        await #expect {
            _ = try await store.storage.content(path)
        } throws: {
            if case .damaged = $0 as? StorageError { true } else { false }
        }
    }

    private func layout(_ specimen: Specimen) async throws -> (SampleStore, ChunkLayout) {
        let store = try await SampleStore([specimen])
        let blob = try await store.storage.blob(store.registry.paths.blob(specimen.layer.digest))
        return (store, try await store.storage.layout(of: blob))
    }

    private func expectTrueContent(_ specimen: Specimen, in store: SampleStore) async throws {
        let content = try await store.storage.content(store.registry.paths.blob(specimen.layer.digest))
        #expect(Digest.sha256(of: content) == specimen.layer.digest)
    }
}
