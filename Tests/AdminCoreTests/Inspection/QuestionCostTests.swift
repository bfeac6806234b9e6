import Foundation
import Testing

@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// The operations of the questions about a whole registry. They are as few as the question needs,
/// and the same in every run.
@Suite("Operations of each question") struct QuestionCostTests {
    private static let digest = RegistryPool.digest
    private static let teams = 3
    private static let repositories = 4 * teams
    private static let tags = 4
    /// The blobs of each repository, and the layers that all repositories share.
    private static let own = 3 * tags
    private static let shared = 2
    private static let blobs = own * repositories + shared

    /// Repositories of four tags; each tag has an image of its own, with a manifest, a
    /// configuration, a layer of its own and two layers that all images share.
    private static func pool() -> RegistryPool {
        var pool = RegistryPool()
        for index in 0..<repositories {
            let name = "team\(index / 4)/app\(index)"
            for tag in 0..<tags {
                let number = 10_000 + index * 100 + tag * 10
                pool.image(name, number, layers: [1, 2, number + 5])
                pool.tag(name, "v\(tag)", digest(number))
                let hex = digest(number).hex
                pool.pool.put(
                    "\(RegistryPool.root)/repositories/\(name)/_manifests/tags/v\(tag)/index/sha256/\(hex)/link",
                    Array(digest(number).string.utf8))
            }
        }
        return pool
    }

    /// The kinds of objects, by the paths of the directories and of the files.
    private static func kinds(_ pool: RegistryPool) throws -> [ObjectID: String] {
        let paths = RegistryPaths()
        var kinds: [ObjectID: String] = [:]
        for (object, content) in pool.pool.objects where BlobIdentifier.parse(chunkName: object.name) == nil {
            let directory = try StoragePath(#require(object.name.string))
            let only = paths.onlyFile(in: directory)
            kinds[object] = only.map { "directory of a \(word($0))" } ?? "directory"
            for (key, value) in content.omap {
                guard let blob = BlobIdentifier(value: value), let name = key.string else { continue }
                let file = try paths.file(at: directory.appending(name))
                var word = file.map(Self.word) ?? "file"
                if case .blob(let digest)? = file, digest.isManifest { word = "manifest" }
                kinds[blob.chunk(0)] = word
            }
        }
        return kinds
    }

    private static func word(_ file: RegistryFile) -> String {
        switch file {
        case .blob: "blob"
        case .revision: "revision link"
        case .signature: "signature link"
        case .currentLink: "tag"
        case .tagIndex: "former tag"
        case .layer: "layer link"
        case .upload: "upload"
        }
    }

    /// The number of reads by kind, and of objects that are not there.
    private static func reads(_ log: ReadLog, of pool: RegistryPool) throws -> [String: Int] {
        let kinds = try kinds(pool)
        return log.counts.reduce(into: [:]) { $0[kinds[$1.key] ?? "nothing", default: 0] += $1.value }
    }

    /// The reads of one directory for each tag and each blob, and of one chunk for each.
    private static func expected(tags: Int, manifests: Int, blobs: Int, directories: Int) -> [String: Int] {
        [
            "directory of a tag": tags, "tag": tags, "directory of a blob": manifests + blobs, "manifest": manifests,
            "blob": blobs, "directory": directories,
        ]
    }

    private static var manifests: Int { tags * repositories }

    @Test("repos: two reads for each blob and each tag, four for each repository, nothing twice")
    func repositories() async throws {
        let pool = Self.pool()
        let log = ReadLog(pool.pool.reader)
        let pass = log.registry.pass()
        let rows = try await pass.summaries(of: pass.repositoryNames())
        #expect(rows.count == Self.repositories && rows.allSatisfy { $0.state == .ok && $0.revisions == Self.tags })
        // The directory of the repositories, that of the blobs, and those of the teams.
        #expect(
            try Self.reads(log, of: pool)
                == Self.expected(
                    tags: Self.manifests, manifests: Self.manifests, blobs: Self.blobs - Self.manifests,
                    directories: 4 * Self.repositories + Self.teams + 2))
        #expect(log.repeated.isEmpty)
        #expect(log.count == 2 * Self.blobs + 2 * Self.manifests + 4 * Self.repositories + Self.teams + 2)
    }

    @Test("tags: two reads for each blob and each tag, four for the repository, also row by row in the console")
    func tags() async throws {
        let pool = Self.pool()
        let whole = ReadLog(pool.pool.reader)
        #expect(try await whole.registry.pass().tags(of: "team0/app1").allSatisfy { $0.platforms == ["linux/amd64"] })
        let rows = ReadLog(pool.pool.reader)
        let pass = rows.registry.pass()
        for tag in try await pass.tagNames(of: "team0/app1") { _ = try await pass.tag(tag, of: "team0/app1") }
        for log in [whole, rows] {
            #expect(
                try Self.reads(log, of: pool)
                    == Self.expected(
                        tags: Self.tags, manifests: Self.tags, blobs: Self.own + Self.shared - Self.tags,
                        directories: 4))
            #expect(log.repeated.isEmpty)
        }
    }

    @Test("du: each object once, whatever repositories and the trash share")
    func usage() async throws {
        let plain = Self.pool()
        var mixed = Self.pool()
        // Images that another repository has too, an untagged one, an index, and one in the trash.
        mixed.image("other", 10_000, layers: [1, 2, 10_005])
        mixed.image("other", 10_010, layers: [1, 2, 10_015])
        mixed.tag("other", "x", Self.digest(10_000))
        mixed.manifest(
            "other", Self.digest(500), RegistryPool.listDocument([(10_000, "amd64"), (10_010, "arm64")]))
        mixed.image("gone", 700, layers: [1, 701])
        let link = RegistryPool.revisionLink("gone", Self.digest(700))
        let trash = "/docker/registry/regtop-trash/1"
        mixed.pool.makeDirectory(trash)
        mixed.pool[trash].omap[Holding.key(try StoragePath(link))] = try #require(mixed.pool.blob(link)).value
        mixed.pool.unlink(link)
        for pool in [plain, mixed] {
            let log = ReadLog(pool.pool.reader)
            let usage = try await UsageInspector(registry: log.registry).usage(pool: true)
            #expect(log.repeated.isEmpty)
            #expect(log.counts.keys.count { pool.pool.objects[$0] != nil } == pool.pool.objects.count)
            #expect(log.count <= pool.pool.objects.count + 2 * (Self.repositories + 2), "objects that are not there")
            let total = try #require(usage.pool).total
            #expect(total.objects == pool.pool.objects.count)
            #expect(total.bytes == pool.pool.objects.values.reduce(0) { $0 + UInt64($1.data.count) })
            #expect(try await UsageInspector(registry: pool.registry).usage().repositories == usage.repositories)
        }
        let fixture = try await MemoryPool.fixture()
        let log = ReadLog(fixture.reader)
        _ = try await UsageInspector(registry: log.registry).usage(pool: true)
        #expect(log.repeated.isEmpty)
    }
}

extension Digest {
    /// True for the manifests of `QuestionCostTests`, whose numbers end with 0 in decimal.
    fileprivate var isManifest: Bool { Int(hex, radix: 16).map { $0 >= 500 && $0 % 10 == 0 } ?? false }
}
