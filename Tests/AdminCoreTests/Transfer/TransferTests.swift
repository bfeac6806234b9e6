import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver
@testable import Transfer

/// Copies of a registry in directories and archives.
@Suite(.timeLimit(.minutes(15))) struct TransferTests {
    /// A registry 2.8 serves the copy of the sample: everything sound is in it, and nothing else.
    @Test func aLivingRegistryServesTheCopy() async throws {
        let fixture = try await TransferFixture(.all)
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        let plan = try await expectServed(fixture.source, in: directory)
        #expect(plan.repositories.count > 15)
        let comparison = try await TransferComparison.of(
            fixture.source, Transfer.registry(directory: directory), isDeep: true)
        let missing = Set(comparison.differences.map { "\($0.repository):\($0.tag)" })
        #expect(comparison.differences.allSatisfy { $0.kind == .missing })
        #expect(missing.allSatisfy { $0.hasPrefix("damaged/") })
        #expect(Set(plan.leftOut.map(\.target)).isSuperset(of: missing))
    }

    @Test func aLivingRegistryServesManyRepositories() async throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let plan = try await expectServed(RegistryPool.ofMany(200).registry, in: place.path("out"))
        #expect(plan.repositories.count == 200 && plan.tagCount == 400 && plan.blobs.count == 801)
        #expect(plan.leftOut.isEmpty)
    }

    /// Copies a registry to a directory and lets a registry 2.8 serve it: catalogue, tags,
    /// manifests and blobs are those of the plan, by digest.
    private func expectServed(_ source: RegistryReader, in directory: String) async throws -> TransferPlan {
        let transfer = Transfer(from: source, to: .registry(directory: directory))
        let plan = try await transfer.plan()
        let report = try await transfer.run(plan)
        #expect(report.refused.isEmpty)
        #expect(try FilesOfARegistry(root: directory).faults() == [])
        let expected = plan.repositories.filter { !$0.revisions.isEmpty }
        try await DistributionServer.serve(directory) { server in
            #expect(try await server.repositories() == expected.map(\.name.string).sorted())
            _ = try await concurrentMap(expected, window: 8) { try await expectServed($0, by: server) }
        }
        return plan
    }

    private func expectServed(_ repository: TransferPlan.Repository, by server: DistributionServer) async throws {
        let name = repository.name.string
        // A registry does not list the tags of a repository that has none.
        if !repository.tags.isEmpty {
            #expect(try await server.tags(of: name).sorted() == repository.tags.map(\.name).sorted())
        }
        for tag in repository.tags {
            #expect(try await server.manifest(name, tag.name).digest == tag.digest.string)
        }
        for link in repository.revisions {
            let (bytes, digest) = try await server.manifest(name, link.digest.string)
            #expect(digest == link.digest.string)
            // A registry signs manifests of schema 1 when it serves them.
            if repository.signatures[link.digest] == nil { #expect(Digest.sha256(of: bytes) == link.digest) }
        }
        for link in repository.layers { #expect(try await server.blob(name, link.digest) == link.content) }
    }

    /// skopeo copies every tag of the sample: from a registry 2.8 that serves the copy, from an OCI
    /// layout and from an archive. It checks the digests of all blobs on the way.
    @Test func skopeoCopiesEveryTag() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        let (served, _) = try await fixture.copy(to: .registry(directory: directory))
        try await DistributionServer.serve(directory) { server in
            try await eachTag(of: served) { repository, tag, copy in
                // Otherwise a client gets an image of schema 1 with a signature of this server.
                let isSigned = repository.signatures[tag.digest] != nil
                try await expectCopy(
                    of: "docker://\(server.address)/\(repository.name):\(tag.name)", tag.digest, isSigned,
                    in: fixture.place.path("served-\(copy)"))
            }
        }
        let options = Self.converting
        let (plan, _) = try await fixture.copy(to: .oci(directory: fixture.place.path("all")), options)
        #expect(plan.leftOut.isEmpty && plan.tagCount == served.tagCount && plan.tagCount > 30)
        let all = fixture.place.path("all")
        try await eachTag(of: plan) { repository, tag, copy in
            let image = "\(repository.name):\(tag.name)"
            // Debian's skopeo finds images in Docker's format only where they are the only ones.
            let isFound = plan.images[tag.digest]?.mediaType.contains("vnd.oci.") == true
            if isFound {
                try await expectCopy(of: "oci:\(all):\(image)", tag.digest, in: fixture.place.path("all-\(copy)"))
            }
            let (layout, archive) = (fixture.place.path("layout-\(copy)"), fixture.place.path("\(copy).tar"))
            try await fixture.copy([image], to: .oci(directory: layout), options)
            try await fixture.copy([image], to: .archive(ArchiveFile(path: archive)), options)
            let suffix = isFound ? ":\(tag.name)" : ""
            for source in ["oci:\(layout)\(suffix)", "oci-archive:\(archive)\(suffix)"] {
                try await expectCopy(
                    of: source, tag.digest, in: fixture.place.path("\(source.prefix { $0 != ":" })-\(copy)"))
            }
        }
    }

    private static let converting: Transfer.Options = {
        var options = Transfer.Options()
        options.convertsSchema1 = true
        return options
    }()

    /// Calls `body` with every tag of a plan and a number.
    private func eachTag(
        of plan: TransferPlan,
        _ body: @escaping @Sendable (TransferPlan.Repository, TransferPlan.Tag, Int) async throws -> Void
    ) async throws {
        let tags = plan.repositories.flatMap { repository in repository.tags.map { (repository, $0) } }
        _ = try await concurrentMap(tags.enumerated(), window: 4) { number, tag in
            try await body(tag.0, tag.1, number)
        }
    }

    /// Expects that `skopeo inspect --raw` and `skopeo copy` find the manifest with this digest.
    private func expectCopy(
        of source: String, _ digest: Digest, _ isSigned: Bool = false, in directory: String
    ) async throws {
        let raw = try await CommandLineTool.run(
            "skopeo", ["inspect", "--raw"] + (source.hasPrefix("docker:") ? ["--tls-verify=false"] : []) + [source])
        if !isSigned { #expect(Digest.sha256(of: raw.utf8) == digest, "\(source)") }
        try await CommandLineTool.run(
            "skopeo",
            ["--insecure-policy", "copy", "-q", "--all", "--src-tls-verify=false", source, "dir:\(directory)"])
        let copied = try await CommandLineTool.run("skopeo", ["manifest-digest", "\(directory)/manifest.json"])
        #expect(copied.hasPrefix(digest.string), "\(source)")
    }

    /// An image of schema 1 becomes an image of OCI that skopeo converts and checks: the digests of
    /// the uncompressed layers are in its configuration.
    @Test func schema1IsConverted() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let layout = fixture.place.path("layout")
        let (plan, report) = try await fixture.copy(["legacy/schema1"], to: .oci(directory: layout), Self.converting)
        #expect(plan.leftOut.isEmpty && report.leftOut.isEmpty)
        #expect(plan.conversions.count == plan.tagCount && plan.tagCount > 0)
        let first = try #require(plan.repositories.first?.tags.first)
        #expect(plan.conversions.contains { $0.new == first.digest })
        // Decompresses each layer, and fails unless it has the digest of the configuration.
        try await CommandLineTool.run(
            "skopeo",
            [
                "--insecure-policy", "copy", "-q", "--dest-decompress", "oci:\(layout):\(first.name)",
                "dir:\(fixture.place.path("copy"))",
            ])
        let configuration = try await CommandLineTool.run(
            "skopeo", ["inspect", "--config", "oci:\(layout):\(first.name)"])
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(configuration.utf8)) as? [String: Any])
        let expected = try #require((document["rootfs"] as? [String: Any])?["diff_ids"] as? [String])
        let copied = try FileManager.default.contentsOfDirectory(atPath: fixture.place.path("copy"))
        #expect(expected.allSatisfy { copied.contains(String($0.dropFirst("sha256:".count))) }, "\(copied)")
    }

    /// Signatures and referrers go with their image; other images of the layout stay.
    @Test func aLayoutIsExtendedAndReadBack() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let layout = fixture.place.path("layout")
        try await fixture.copy(["app/web:1.0"], to: .oci(directory: layout))
        let (plan, _) = try await fixture.copy(["edge/gateway:2025.3"], to: .oci(directory: layout))
        let gateway = try #require(plan.repositories.first)
        #expect(gateway.revisions.count > 3, "the index, its two images and the referrer")
        let reader = try await Transfer.oci(directory: layout)
        #expect(try await reader.repositoryNames().map(\.string) == ["app/web", "edge/gateway"])
        let comparison = try await TransferComparison.of(fixture.source, reader, isDeep: true)
        #expect(comparison.same == 1 + gateway.tags.count)
        #expect(comparison.differences.allSatisfy { $0.kind == .missing })
    }

    /// What is there is taken, and files that only look right are found by their digests.
    @Test func aSecondPassCopiesWhatChanged() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        let first = try await fixture.copy(to: .registry(directory: directory))
        let before = try TransferFixture.contents(of: directory)
        let second = try await fixture.copy(to: .registry(directory: directory))
        #expect(second.report.copied == 0 && second.report.present == first.report.copied)
        let layer = try #require(first.plan.repositories.first?.layers.first?.content)
        let file = directory + fixture.source.paths.blob(layer).string
        let bytes = try #require(FileManager.default.contents(atPath: file))
        try Data(count: bytes.count).write(to: URL(filePath: file))
        #expect(try await fixture.copy(to: .registry(directory: directory)).report.copied == 0)
        var options = Transfer.Options()
        options.verifiesExisting = true
        #expect(try await fixture.copy(to: .registry(directory: directory), options).report.copied == 1)
        #expect(try TransferFixture.contents(of: directory) == before)
    }

    /// Tags that are gone at the source are removed if the user says so; other repositories stay.
    @Test func tagsThatAreGoneAreRemoved() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        for target in [
            Transfer.Target.registry(directory: fixture.place.path("a")), .oci(directory: fixture.place.path("b")),
        ] {
            try await fixture.copy(["app/web", "app/api"], to: target)
        }
        let driver = StorageDriver(
            reader: fixture.source.storage, writer: fixture.store.writer,
            policy: JournalPolicy(delay: 0, clock: fixture.store.clock))
        try await driver.delete(fixture.source.paths.tags("app/web").appending("1.0"))
        var options = Transfer.Options()
        options.removesTags = true
        let gone = try #require(ImageReference("app/web:1.0"))
        for kind in [TransferKind.registry, .oci] {
            let path = fixture.place.path(kind == .registry ? "a" : "b")
            let target: Transfer.Target = kind == .registry ? .registry(directory: path) : .oci(directory: path)
            #expect(try await fixture.copy(["app/web"], to: target).report.removed.isEmpty)
            let (plan, report) = try await fixture.copy(["app/web"], to: target, options)
            #expect(plan.removals == [gone] && report.removed == [gone])
            let reader =
                kind == .registry
                ? try await Transfer.registry(directory: path) : try await Transfer.oci(directory: path)
            #expect(try await Set(reader.tagDigests(of: "app/web").keys) == ["1.1", "2.0", "latest", "stable"])
            #expect(try await reader.tagDigests(of: "app/api").isEmpty == false)
        }
        // A repository that is gone as a whole goes with an export of everything.
        try await driver.delete(fixture.source.paths.repository("app/api"))
        let (plan, _) = try await fixture.copy(to: .registry(directory: fixture.place.path("a")), options)
        #expect(Set(plan.removals.map(\.repository)) == ["app/api"])
        let left = try await Transfer.registry(directory: fixture.place.path("a"))
        #expect(try await TransferComparison.of(fixture.source, left).isSame)
    }

    // MARK: - Damage

    /// A blob that is damaged on the way is not published and is named; other images are whole.
    @Test(arguments: [TransferKind.registry, .oci]) func aDamagedBlobIsNotPublished(_ kind: TransferKind) async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        let target: Transfer.Target = kind == .registry ? .registry(directory: directory) : .oci(directory: directory)
        let plan = try await Transfer(from: fixture.source, to: target).plan()
        let victim = try #require(
            plan.repositories.first { $0.name == "ml/weights" }?.layers.max { $0.digest < $1.digest })
        try await fixture.damage(victim.content)
        let report = try await Transfer(from: fixture.source, to: target).run(plan)
        #expect(Array(report.refused.keys) == [victim.content])
        #expect(report.leftOut.map(\.target) == ["ml/weights:2015-11"])
        let copy =
            kind == .registry
            ? try await Transfer.registry(directory: directory) : try await Transfer.oci(directory: directory)
        let comparison = try await TransferComparison.of(fixture.source, copy, isDeep: true)
        let lost = comparison.differences.filter { $0.repository.string != "legacy/schema1" }
        #expect(lost.map { "\($0.repository):\($0.tag)" } == ["ml/weights:2015-11"])
        #expect(lost.map(\.kind) == [.missing])
        if kind == .registry { #expect(try FilesOfARegistry(root: directory).faults() == []) }
        #expect(!FileManager.default.fileExists(atPath: "\(directory)/.regtop-drafts"))
    }

    @Test func anArchiveHoldsNothingDamaged() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let source = try await Transfer(from: fixture.source, to: .oci(directory: "/nowhere")).plan()
        let layers = try #require(source.repositories.first { $0.name == "ml/weights" }?.layers)
        let large = try #require(layers.first { source.blobs[$0.content] ?? 0 > 8 << 20 })
        try await fixture.damage(large.content)
        let archive = fixture.place.path("all.tar")
        let (_, report) = try await fixture.copy(["ml/weights", "app/api"], to: .archive(ArchiveFile(path: archive)))
        #expect(Array(report.refused.keys) == [large.content])
        let layout = fixture.place.path("unpacked")
        try FileManager.default.createDirectory(atPath: layout, withIntermediateDirectories: true)
        try await CommandLineTool.run("tar", ["xf", archive, "-C", layout])
        #expect(!FileManager.default.fileExists(atPath: "\(layout)/blobs/sha256/\(large.content.hex)"))
        let copy = try await Transfer.oci(directory: layout)
        #expect(try await copy.repositoryNames().map(\.string) == ["app/api"])
        let comparison = try await TransferComparison.of(fixture.source, copy, isDeep: true)
        #expect(comparison.differences.allSatisfy { $0.kind == .missing && $0.repository != "app/api" })
    }

    // MARK: - A source that changes, and one that stalls

    /// A plan is frozen: what is pushed or removed since then is the business of the next pass.
    @Test func theSourceChangesMeanwhile() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        let transfer = Transfer(from: fixture.source, to: .registry(directory: directory))
        let plan = try await transfer.plan()
        let paths = fixture.source.paths
        let lost = try #require(plan.repositories.first { $0.name == "ml/weights" }?.layers.first?.content)
        let (old, new) = (try await fixture.digest("app/web:1.0"), try await fixture.digest("app/web:2.0"))
        let replaced = paths.blob(try #require(old))
        let driver = StorageDriver(
            reader: fixture.source.storage, writer: fixture.store.writer,
            policy: JournalPolicy(delay: 0, clock: fixture.store.clock))
        // A deletion keeps the chunks for a while; a plan that knows their file would copy them.
        func free(_ path: StoragePath) async throws {
            let blob = try await fixture.source.storage.blob(path)
            try await driver.delete(path)
            try await fixture.store.set(blob.chunk(0), [.remove])
        }
        try await free(paths.blob(lost))
        let bytes = try await fixture.source.storage.content(replaced)
        try await free(replaced)
        try await driver.putContent(replaced, bytes)
        let link = try #require(paths.currentLink("app/web", tag: "1.0"))
        try await driver.putContent(link, try #require(new).string.utf8)
        let report = try await transfer.run(plan)
        #expect(report.refused == [lost: "is gone"])
        #expect(report.leftOut.map(\.target) == ["ml/weights:2015-11"])
        let files = FilesOfARegistry(root: directory)
        #expect(try files.faults() == [] && files.tags()["app/web:1.0"] == old?.string)
        try await fixture.copy(to: .registry(directory: directory))
        #expect(try files.faults() == [] && files.tags()["app/web:1.0"] == new?.string)
    }

    /// A store that does not answer ends the transfer; what was copied stays, and the next one
    /// copies the rest.
    @Test func aSourceThatStallsEndsTheTransfer() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let directory = fixture.place.path("out")
        let plan = try await Transfer(from: fixture.source, to: .registry(directory: directory)).plan()
        let last = try #require(plan.blobs.keys.max())
        let blob = try await fixture.source.storage.blob(fixture.source.paths.blob(last))
        let silence = StoreError(.timedOut, operation: "read", reason: "the cluster did not answer in time")
        let stalled = RegistryReader(
            storage: StorageReader(objects: FailingReader(fixture.store.reader, victim: blob.chunk(0), error: silence)))
        let error = await #expect(throws: StoreError.self) {
            try await Transfer(from: stalled, to: .registry(directory: directory)).run(plan)
        }
        #expect(error?.kind == .timedOut)
        let files = FilesOfARegistry(root: directory)
        #expect(try files.faults() == [] && files.tags().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "\(directory)/.regtop-drafts"))
        let (again, report) = try await fixture.copy(to: .registry(directory: directory))
        #expect(!again.present.isEmpty && report.present == again.present.count)
        let tags = try await fixture.tags()
        #expect(try files.tags() == tags)
    }

    // MARK: - Hostile targets

    /// No symbolic link in the target is followed: nothing appears behind it, even if all
    /// directories of an export are there.
    @Test(arguments: ["docker", "docker/registry/v2/blobs", "docker/registry/v2/repositories/app", ".regtop-drafts"])
    func plantedLinksAreNotFollowed(_ planted: String) async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let (outside, directory) = (fixture.place.path("outside"), fixture.place.path("out"))
        let link = URL(filePath: "\(directory)/\(planted)")
        _ = try await fixture.copy(["app/web"], to: .registry(directory: outside))
        for path in try files(below: outside) { try FileManager.default.removeItem(atPath: path) }
        let behind = "\(outside)/\(planted)"
        try FileManager.default.createDirectory(atPath: behind, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: link.path(percentEncoded: false), withDestinationPath: behind)
        let error = await #expect(throws: StoreError.self) {
            try await fixture.copy(["app/web"], to: .registry(directory: directory))
        }
        #expect(error?.description.contains("not followed") == true, "\(error?.description ?? "")")
        #expect(try files(below: outside) == [])
    }

    /// The paths of everything below a directory that is no directory.
    private func files(below directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).map { "\(directory)/\($0)" }.filter { path in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
        }
    }

    /// A link in the place of a blob is refused as well; its target keeps its content.
    @Test func aLinkInPlaceOfABlobIsRefused() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let (outside, directory) = (fixture.place.path("outside"), fixture.place.path("out"))
        try "mine".write(toFile: outside, atomically: true, encoding: .utf8)
        let plan = try await Transfer(from: fixture.source, to: .registry(directory: directory)).plan()
        let blob = try #require(plan.blobs.keys.first)
        let file = URL(filePath: directory + fixture.source.paths.blob(blob).string)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: file.path(percentEncoded: false), withDestinationPath: outside)
        await #expect(throws: StoreError.self) { try await fixture.copy(to: .registry(directory: directory)) }
        #expect(try String(contentsOfFile: outside, encoding: .utf8) == "mine")
    }

    @Test(arguments: ["", ".", "..", "a/b", "/etc", "a\0b"]) func namesThatLeadElsewhereAreRefused(_ name: String)
        throws
    {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let directory = try ConfinedDirectory(path: place.path("out"), creating: true)
        #expect(throws: StoreError.self) { try directory.put([1], at: [name], isFlushed: false) }
        #expect(throws: StoreError.self) { try directory.put([1], at: [name, "file"], isFlushed: false) }
        #expect(throws: StoreError.self) { _ = try directory.entry(["a", name]) ?? directory.entry([name]) }
        #expect(try place.contents() == ["out"])
    }

    @Test func aTargetThatIsTooSmallIsRefusedBeforeTheFirstByte() async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        let transfer = Transfer(from: fixture.source, to: .registry(directory: fixture.place.path("out")))
        var plan = try await transfer.plan()
        plan.available = plan.room - 1
        await #expect(throws: StoreError.self) { try await transfer.run(plan) }
        #expect(try fixture.place.contents() == [])
        plan.present = Set(plan.blobs.keys)
        #expect(plan.room < plan.available ?? 0, "what is there makes it fit")
        for path in ["x", "no/such/place", "/x/y", ".", ""] { #expect(ConfinedDirectory.available(at: path) != nil) }
    }

    /// A disk that becomes full in the middle of a blob: the error says how much room is missing,
    /// nothing is half there, and with so much more room the next run completes the copy.
    @Test(
        .enabled(if: geteuid() == 0, "only root can mount"), arguments: [TransferKind.registry, .oci, .store])
    func aDiskThatBecomesFullIsSaid(_ kind: TransferKind) async throws {
        let fixture = try await TransferFixture()
        defer { fixture.place.remove() }
        // No archive has a kind of its own.
        let isArchive = kind == .store
        let references = ["app/web", "ml/weights"]
        try await SmallDisk.with(at: fixture.place.path("disk")) { disk in
            let out = "\(disk.path)/out"
            func copy(shrinkingTo size: UInt64? = nil) async throws {
                let target: Transfer.Target =
                    isArchive
                    ? .archive(ArchiveFile(path: out))
                    : kind == .oci ? .oci(directory: out) : .registry(directory: out)
                let transfer = Transfer(from: fixture.source, to: target)
                let plan = try await transfer.plan(references.compactMap { ImageReference($0) })
                // Between the plan, which finds room enough, and the copy.
                if let size { try await disk.resize(to: size) }
                #expect(try await transfer.run(plan).leftOut.isEmpty)
            }
            let error = try #require(
                await #expect(throws: StoreError.self) { try await copy(shrinkingTo: 5 << 20) })
            #expect(error.kind == .full)
            let missing = try #require(error.reason.firstMatch(of: #/Make room for (\d+) more bytes/#), "\(error)").1
            for (path, data) in try TransferFixture.contents(of: disk.path) {
                #expect(!path.contains(".regtop-drafts") && !path.contains(".part-"))
                guard let digest = path.firstMatch(of: #/[0-9a-f]{64}/#), !data.isEmpty else { continue }
                #expect(Digest.sha256(of: data).hex == digest.0, "\(path)")
            }
            if kind == .registry { #expect(try FilesOfARegistry(root: out).tags().isEmpty) }
            if isArchive { #expect(!FileManager.default.fileExists(atPath: out)) }
            try await disk.resize(to: 5 << 20 + #require(UInt64(missing)))
            try await copy()
            if isArchive {
                let listing = try await CommandLineTool.run("tar", ["tf", out]).split(separator: "\n")
                #expect(listing.last == "index.json" && listing.count > 10)
            } else {
                let reader = try await kind == .oci ? Transfer.oci(directory: out) : Transfer.registry(directory: out)
                let comparison = try await TransferComparison.of(fixture.source, reader, isDeep: true)
                #expect(comparison.differences.allSatisfy { !references.contains($0.repository.string) })
                #expect(comparison.same == 6)
            }
        }
    }

    /// Two exports to one directory do not mix.
    @Test func aSecondExportToTheDirectoryIsRefused() async throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let first = try ConfinedDirectory(path: place.path("out"), creating: true)
        let lock = try first.take()
        let second = try ConfinedDirectory(path: place.path("out"), creating: true)
        #expect(throws: StoreError.self) { _ = try second.take() }
        first.release(lock)
        second.release(try second.take())
    }

    // MARK: - Names

    @Test(arguments: [
        ("app/web", true, true), ("a__b/c-d.e", true, false), ("Upper/x", true, true), ("x/Upper", false, true),
        ("a/.b", false, false), ("a/b--c", true, true), ("a/b_", false, false),
    ])
    func namesThatATargetRefuses(_ text: String, _ registry: Bool, _ oci: Bool) throws {
        let name = try #require(RepositoryName(text))
        #expect((TransferKind.registry.objection(to: name) == nil) == registry)
        #expect((TransferKind.oci.objection(to: name) == nil) == oci)
        #expect(TransferKind.store.objection(to: name) == nil)
    }

    // MARK: - Archives

    /// A size that the field of a header cannot hold stands in an extended header.
    @Test func largeFilesHaveAnExtendedHeader() async throws {
        #expect(TarWriter.paxRecord("size", "8589934592") == Array("19 size=8589934592\n".utf8))
        #expect(TarWriter.paxRecord("k", String(repeating: "v", count: 93)).count == 99)
        #expect(TarWriter.paxRecord("k", String(repeating: "v", count: 94)).count == 101)
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let file = ArchiveFile(path: place.path("large.tar"))
        let tar = TarWriter(file)
        try await tar.begin("large", size: 1 << 33)
        await #expect(throws: StoreError.self) { try await tar.endFile() }
        try await file.end(isWhole: true)
        let text = try await CommandLineTool.run(
            "sh", ["-c", "tar tvf \(place.path("large.tar")) 2>/dev/null || true"])
        #expect(text.contains("8589934592") && text.contains("large"))
    }
}
