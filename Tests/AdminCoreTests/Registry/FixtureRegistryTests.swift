import Foundation
import Testing

@testable import Inspection
@testable import Registry
@testable import StorageDriver

/// Questions about a pool that registry v2.3.1 wrote. The expected numbers were taken from the
/// manifests by hand.
@Suite("Registry: the fixture") struct FixtureRegistryTests {
    static let baseLayer = "sha256:d7753236ac931d8900916d827206f55848958a59e3a137a20acd509fd8ab40c6"

    @Test("the twelve repositories, their states and numbers")
    func repositories() async throws {
        let registry = try await MemoryPool.fixture().registry
        let names = try await registry.repositoryNames()
        #expect(
            names.map(\.string) == [
                "app/web", "damaged/resumed", "legacy/schema1", "library/alpine", "multi/arch", "stale/layer-unlinked",
                "stale/never-touched", "stale/old-service", "team/x/deep", "uploads/empty", "uploads/partial",
                "upper-ok.name_1/a",
            ])
        let rows = try await registry.pass().summaries(of: names)
        let states = Dictionary(uniqueKeysWithValues: rows.map { ($0.name.string, $0.state) })
        let special: [String: RepositorySummary.State] = [
            "damaged/resumed": .damaged, "stale/layer-unlinked": .damaged, "stale/old-service": .untagged,
            "uploads/empty": .uploadsOnly, "uploads/partial": .uploadsOnly,
        ]
        for name in names { #expect(states[name.string] == special[name.string] ?? .ok, "\(name)") }
        #expect(rows.allSatisfy { ($0.state == .damaged) == !$0.problems.isEmpty })

        func row(_ name: String) throws -> RepositorySummary { try #require(rows.first { $0.name.string == name }) }
        let web = try row("app/web")
        #expect((web.tags, web.revisions, web.uploads) == (4, 3, 0))
        // Three manifests, three configurations, the base layer, one shared layer, and three layers
        // of single images.
        #expect(web.size == 930 + 930 + 726 + 663 + 663 + 505 + 9_011_200 + 71_680 + 3 * 10_240)
        #expect(web.modified != nil)
        let resumed = try row("damaged/resumed")
        #expect(resumed.size == 522 + 347 + 9_000_000)
        let multi = try row("multi/arch")
        #expect((multi.tags, multi.revisions) == (3, 3))
        #expect(multi.size == 741 + 2 * (520 + 347 + 10_240))
        #expect(try row("stale/old-service").size == 0)
        #expect(try row("stale/old-service").modified != nil)
        #expect(try row("stale/never-touched").tags == 3)
        #expect(try row("uploads/partial").uploads == 1)
        #expect(try row("uploads/partial").modified == Timestamp.parse("2026-11-23T20:36:46Z"))
    }

    @Test("tags, siblings on one digest included")
    func tags() async throws {
        let pass = try await MemoryPool.fixture().registry.pass()
        let rows = try await pass.tags(of: "app/web")
        #expect(rows.map(\.tag) == ["1.0", "1.1", "doomed", "latest"])
        #expect(rows[1].digest == rows[3].digest)
        #expect(rows[0].digest?.string == "sha256:5b60bb963591340fb8f020f872fa4dfeb9595c6f1ec79481cb7e483e6730cbc9")
        #expect(rows.allSatisfy { $0.mediaType == "application/vnd.docker.distribution.manifest.v2+json" })
        #expect(rows[0].size == 930 + 663 + 9_011_200 + 71_680 + 10_240)
        #expect(rows[0].platforms == ["linux/amd64"])
        #expect(rows.allSatisfy { $0.state == .ok && $0.created != nil && $0.modified != nil && $0.problems.isEmpty })
        #expect(try await pass.tag("1.0", of: "app/web") == rows[0])
        #expect(try await pass.tagNames(of: "app/web") == rows.map(\.tag))
        #expect(try await pass.revisions(of: "app/web").count == 3)

        let never = try await pass.tags(of: "stale/never-touched")
        #expect(Set(never.map(\.digest)).count == 1)
        #expect(try await pass.tags(of: "stale/old-service").isEmpty)
        #expect(try await pass.revisions(of: "stale/old-service").isEmpty)
    }

    @Test("a schema 1 image: layers with the store's sizes, its signature, its history")
    func schema1() async throws {
        let pass = try await MemoryPool.fixture().registry.pass()
        let image = try await pass.image(try #require(ImageReference("legacy/schema1:2.0")))
        #expect(image.mediaType == "application/vnd.docker.distribution.manifest.v1+prettyjws")
        #expect(image.config == nil)
        #expect(image.layers.map(\.size) == [269])
        #expect(image.layers.map(\.state) == [.ok])
        #expect(
            image.signatures.map(\.string) == [
                "sha256:77c18a69ab183f396726af621133c6f2121176b6b77e960c44db8042d87e9b75"
            ])
        #expect(image.created == Timestamp.parse("2020-01-01T00:00:00Z"))
        #expect(image.platforms == ["linux/amd64"])
        #expect(image.state == .ok)
        #expect(image.size == 405 + 269 + 434, "the signature counts as well")
    }

    @Test("a manifest list: platforms, children, the size of all of them")
    func list() async throws {
        let pass = try await MemoryPool.fixture().registry.pass()
        let image = try await pass.image(try #require(ImageReference("multi/arch:latest")))
        #expect(image.mediaType == "application/vnd.docker.distribution.manifest.list.v2+json")
        #expect(image.platforms == ["linux/amd64", "linux/arm64"])
        #expect(image.manifests.map(\.platform) == ["linux/amd64", "linux/arm64"])
        #expect(image.manifests.map(\.state) == [.ok, .ok])
        #expect(image.size == 741 + 2 * (520 + 347 + 10_240))
        #expect(image.created != nil)
        #expect(image.state == .ok)
    }

    @Test("a resumed upload is damaged, a layer without its link is unlinked")
    func damage() async throws {
        let pass = try await MemoryPool.fixture().registry.pass()
        let resumed = try await pass.image(try #require(ImageReference("damaged/resumed:v1")))
        #expect(resumed.layers.map(\.state) == [.damaged])
        #expect(resumed.layers.map(\.size) == [9_000_000])
        #expect(resumed.config?.state == .ok)
        #expect(resumed.state == .damaged)
        #expect(resumed.problems.count == 1)

        let unlinked = try await pass.image(try #require(ImageReference("stale/layer-unlinked:v1")))
        #expect(unlinked.layers.map(\.state) == [.ok, .unlinked])
        #expect(unlinked.problems.count == 1)
        #expect(try await pass.tags(of: "stale/layer-unlinked").map(\.state) == [.damaged])
    }

    @Test("uploads: when they were begun, how far they came")
    func uploads() async throws {
        let pass = try await MemoryPool.fixture().registry.pass()
        let partial = try await pass.uploads(of: "uploads/partial")
        #expect(partial.map(\.size) == [50_000])
        #expect(partial.map(\.id) == ["23b25564-ec05-4c45-8a8b-d64efed76cc7"])
        #expect(partial.map(\.started) == [Timestamp.parse("2026-11-23T20:36:46Z")])
        #expect(try await pass.uploads(of: "uploads/empty").map(\.size) == [0])
        #expect(try await pass.uploads(of: "app/web").isEmpty)
    }

    @Test("the same answers from every store", arguments: StoreKind.allCases)
    func stores(_ kind: StoreKind) async throws {
        let pool = try await MemoryPool.fixture()
        let expected = try await Answers(pool.registry)
        let answers = try await StoreUnderTest.with(kind) { store in
            try await pool.copy(to: store.writer)
            return try await Answers(RegistryReader(storage: StorageReader(objects: store.reader)))
        }
        #expect(answers == expected)
    }

    /// All answers about a registry except times, which a test cannot set in every store.
    private struct Answers: Equatable {
        var rows: [String] = []
        var layouts: [[ChunkLayout.Chunk]] = []

        init(_ registry: RegistryReader) async throws {
            let pass = registry.pass()
            let usage = try await UsageInspector(registry: registry).usage(pool: true)
            rows.append("\(usage.repositories)")
            for purpose in PoolUsage.Purpose.allCases {
                rows.append("\(purpose) \(usage.pool?[purpose].objects ?? 0) \(usage.pool?[purpose].bytes ?? 0)")
            }
            for row in try await pass.summaries(of: try await registry.repositoryNames()) {
                rows.append(
                    "\(row.name) \(row.tags) \(row.revisions) \(row.uploads) \(row.size) \(row.state) \(row.problems)"
                )
                for tag in try await pass.tags(of: row.name) {
                    rows.append("\(tag.tag) \(tag.size) \(tag.platforms) \(tag.state) \(tag.problems)")
                    let reference = try #require(ImageReference(row.name, .tag(tag.tag)))
                    let image = try await pass.image(reference)
                    rows.append("\(image)")
                    let report = try await BlobInspector(registry: registry).report(on: .reference(reference))
                    layouts.append(report.layout.chunks)
                    for layer in image.layers {
                        layouts.append(
                            try await BlobInspector(registry: registry).report(on: .digest(layer.digest)).layout.chunks)
                    }
                }
                rows += try await pass.uploads(of: row.name).map { "\($0)" }
            }
        }
    }

    @Test(
        "what is not there is not found",
        arguments: ["nothing", "team", "team/x", "app", "app/web/more"])
    func nothing(_ name: String) async throws {
        let pass = try await MemoryPool.fixture().registry.pass()
        let repository = try #require(RepositoryName(name))
        let notFound: (any Error) -> Bool = { if case StorageError.notFound = $0 { true } else { false } }
        await #expect(performing: { try await pass.summary(of: repository) }, throws: notFound)
        await #expect(performing: { try await pass.tags(of: repository) }, throws: notFound)
        await #expect(performing: { try await pass.tagNames(of: repository) }, throws: notFound)
        await #expect(performing: { try await pass.revisions(of: repository) }, throws: notFound)
        await #expect(performing: { try await pass.uploads(of: repository) }, throws: notFound)
        await #expect(performing: { try await pass.tag("latest", of: repository) }, throws: notFound)
        for text in [
            "\(name):latest", "\(name)@\(FixtureRegistryTests.baseLayer)", "app/web:no",
            "app/web@\(FixtureRegistryTests.baseLayer)",
        ] {
            let reference = try #require(ImageReference(text))
            await #expect(performing: { try await pass.image(reference) }, throws: notFound)
        }
    }
}
