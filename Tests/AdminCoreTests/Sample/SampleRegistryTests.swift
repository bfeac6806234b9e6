import Foundation
import Testing

@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// The embedded sample without damage: its content is always the same, and the driver would write
/// the same.
@Suite struct SampleRegistryTests {
    @Test func theSampleIsAlwaysTheSame() async throws {
        let first = try await SampleStore(.all)
        let second = try await SampleStore(.all)
        let image = try await PoolImage(first.reader)
        let again = try await PoolImage(second.reader)
        // Compared outside of the macro, which would print megabytes.
        let isSame = image == again
        #expect(isSame)
        #expect(image.objects.count > 1_000)
    }

    @Test func everyRepositoryIsSoundWithoutSpecimens() async throws {
        let store = try await SampleStore([])
        let pass = store.registry.pass()
        var states: [String: RepositorySummary.State] = [:]
        for name in try await store.registry.repositoryNames() {
            let summary = try await pass.summary(of: name)
            states[name.string] = summary.state
            #expect(summary.problems == [])
        }
        let names = [
            "app/api", "app/web", "app/web/cache", "attic/cron", "ci/base", "ci/runner", "edge/gateway",
            "legacy/schema1", "library/alpine", "library/debian", "ml/weights", "multi/arch", "team/billing",
            "team/x/deep",
        ]
        var expected = Dictionary(
            names.map { ($0, RepositorySummary.State.ok) }, uniquingKeysWith: { first, _ in first })
        expected["attic/intranet"] = .untagged
        expected["attic/y2k"] = .untagged
        expected["uploads/partial"] = .uploadsOnly
        expected["uploads/started"] = .uploadsOnly
        #expect(states == expected)
        #expect(try await PoolImage(store.reader).anomalies == [])
    }

    /// The driver itself writes every file of the draft, with the same identifiers and dates.
    @Test func theDriverWouldWriteTheSameSample() async throws {
        let draft = try await SampleStore([])
        let written = try StoreUnderTest.inMemory()
        let storage = StorageReader(objects: written.reader)
        for entry in try await draft.storage.walk(.root) {
            guard let path = entry.path, case .file = entry.entry.kind else { continue }
            let driver = StorageDriver(
                reader: storage, writer: written.writer, modified: try await draft.storage.stat(path).modified,
                makeIdentifier: SampleBuilder.identifier)
            try await driver.putContent(path, draft.storage.content(path))
        }
        let expected = try await PoolImage(draft.reader).withoutDirectoryDates
        let found = try await PoolImage(written.reader).withoutDirectoryDates
        #expect(Set(found.objects.keys) == Set(expected.objects.keys))
        for (id, object) in expected.objects where found.objects[id] != object {
            Issue.record("\(id) differs")
        }
    }

    @Test func everyBlobHasTheDigestOfItsName() async throws {
        let store = try await SampleStore([])
        let blobs = store.registry.paths.blob(SampleBlob.empty.digest).parent.parent.parent.parent
        var count = 0
        for entry in try await store.storage.walk(blobs) {
            guard let path = entry.path, case .file = entry.entry.kind else { continue }
            let content = try await store.storage.content(path)
            #expect(Digest.sha256(of: content).hex == path.parent.name)
            count += 1
        }
        #expect(count > 60)
    }

    @Test(arguments: Specimen.allCases)
    func everySpecimenLayerHasTheDigestOfItsName(_ specimen: Specimen) {
        #expect(Digest.sha256(of: specimen.layer.whole) == specimen.layer.digest)
    }

    @Test func aStoreThatIsNotEmptyIsLeftAlone() async throws {
        let store = try StoreUnderTest.inMemory()
        try await store.set(ObjectID("bench_object"), [.writeFull([1])])
        let before = try await PoolImage(store.reader)
        await #expect {
            try await SampleRegistry.make(in: store.reader, store.writer)
        } throws: {
            ($0 as? StoreError)?.kind == .invalid
        }
        #expect(try await PoolImage(store.reader) == before)
    }

    @Test func theSampleHoldsEveryKindOfManifest() async throws {
        let store = try await SampleStore([])
        let pass = store.registry.pass()
        var mediaTypes: Set<String> = []
        for name in try await store.registry.repositoryNames() {
            for digest in try await pass.revisions(of: name) {
                let reference = try #require(ImageReference(name, .digest(digest)))
                mediaTypes.formUnion([try await pass.image(reference).mediaType].compactMap(\.self))
            }
        }
        #expect(
            mediaTypes == [
                "application/vnd.docker.distribution.manifest.v1+prettyjws",
                "application/vnd.docker.distribution.manifest.v2+json",
                "application/vnd.docker.distribution.manifest.list.v2+json",
                "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
            ])
        let platforms = try await pass.tag("latest", of: SampleBuilder.name("multi/arch")).platforms
        #expect(platforms == ["linux/amd64", "linux/arm64", "linux/arm/v7"])
        let legacy = try #require(ImageReference("legacy/schema1:2.1"))
        #expect(try await pass.image(legacy).signatures.count == 1)
    }

    @Test func theDatesOfTheSampleAreYearsApart() async throws {
        let store = try await SampleStore([])
        let pass = store.registry.pass()
        let cron = try await pass.summary(of: SampleBuilder.name("attic/cron")).modified
        let gateway = try await pass.summary(of: SampleBuilder.name("edge/gateway")).modified
        #expect(cron == SampleDate(2013, 9, 9, 4, 12).date)
        #expect(gateway == SampleDate(2025, 3, 4, 6, 31).date)
    }

    @Test func datesEqualThoseOfTheCalendar() throws {
        for date in [SampleDate(1970, 1, 1), SampleDate(2012, 2, 29, 23, 59, 59), SampleDate(2016, 12, 31, 1)] {
            #expect(try Date(date.text, strategy: .iso8601) == date.date)
        }
    }
}

/// A store in memory with the sample.
struct SampleStore: Sendable {
    let reader: any ObjectReader
    let storage: StorageReader
    let registry: RegistryReader

    init(_ specimens: Set<Specimen>) async throws {
        let store = try StoreUnderTest.inMemory()
        try await SampleRegistry.make(in: store.reader, store.writer, specimens: specimens)
        reader = store.reader
        storage = StorageReader(objects: store.reader)
        registry = RegistryReader(storage: storage)
    }
}
