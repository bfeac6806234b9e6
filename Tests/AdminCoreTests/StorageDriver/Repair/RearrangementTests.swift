import Testing

@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Resumed uploads (docs/layout.md#d1) are put in order by the lengths of their chunks. No other
/// file is rearranged.
@Suite struct RearrangementTests {
    @Test func theResumedUploadOfTheFixtureHasItsDigestAfterReordering() async throws {
        let pool = try await MemoryPool.fixture()
        let blobs = try await pool.storage.walk(RegistryPaths().root.appending("blobs")).compactMap(\.file)
        #expect(blobs.count > 40)
        var found: [Digest?: Digest] = [:]
        for (path, blob) in blobs {
            guard let plan = try? await pool.storage.layout(of: blob).rearranged() else { continue }
            found[Digest("sha256:\(path.parent.name)")] = .sha256(of: try await plan.content(of: blob, in: pool.reader))
        }
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.key == $0.value })
    }

    @Test func theUploadOfTheFixtureIsPlannedAsDocumented() throws {
        let plan = try Rearrangement(size: 9_000_000, chunkSize: 4 << 20, lengths: [0: 6_000_000, 1: 4_805_696])
        #expect(
            plan.targets.map { $0.pieces.map { [UInt64($0.chunk), $0.offset, $0.length] } } == [
                [[0, 0, 4_194_304]],
                [[0, 4_194_304, 1_805_696], [1, 1_805_696, 2_388_608]],
                [[1, 4_194_304, 611_392]],
            ])
        #expect(plan.targets.map(\.index) == [0, 1, 2])
        #expect(plan.targets.map(\.length) == [4_194_304, 4_194_304, 611_392])
        #expect(
            plan.surplus.map { [UInt64($0.chunk), $0.offset, $0.length] } == [
                [0, 4_194_304, 1_805_696], [1, 4_194_304, 611_392],
            ])
    }

    @Test(arguments: Specimen.allCases)
    func onlyTheResumedUploadSpecimenIsRearranged(_ specimen: Specimen) async throws {
        let store = try await SampleStore([specimen])
        let blob = try await store.storage.blob(store.registry.paths.blob(specimen.layer.digest))
        let layout = try await store.storage.layout(of: blob)
        do {
            let plan = try layout.rearranged()
            #expect(specimen == .resumedUpload)
            #expect(Digest.sha256(of: try await plan.content(of: blob, in: store.reader)) == specimen.layer.digest)
        } catch let error as Rearrangement.Refusal {
            let expected: Rearrangement.Refusal? =
                switch specimen {
                case .resumedUpload: nil
                case .emptyLayer, .halfDeleted: .missing(chunk: 0)
                case .zeroFilled: .otherSize(size: 20_480, chunk: 0, length: UInt64(Specimen.gap.lowerBound + 4 << 20))
                case .overwrittenShorter: .beyondTheEnd(chunk: 1)
                case .shortChunk: .short(chunk: 0, length: 1_000_000)
                default: .inOrder
                }
            #expect(error == expected)
        }
    }

    @Test func aFileWithoutASizeIsNotRearranged() async throws {
        var pool = MemoryPool()
        pool.chunkSize = 4
        let blob = pool.put("/a", [1, 2, 3, 4, 5])
        pool.objects[blob.chunk(0)]?.xattrs = [:]
        let layout = try await pool.storage.layout(of: blob)
        #expect(throws: Rearrangement.Refusal.noSize) { try layout.rearranged() }
    }

    /// The old driver's own loop, at random offsets, up to 300 times in one file.
    @Test(arguments: [2, 3, 4, 7, 16, 64, 100], [1, 2, 5, 300])
    func bytesThatTheOldDriverScatteredAreReordered(chunkSize: Int, resumes: Int) async throws {
        var generator = SeededGenerator(seed: "\(chunkSize) \(resumes)")
        var damaged = 0
        for round in 0..<(resumes > 100 ? 2 : 20) {
            let store = try StoreUnderTest.inMemory()
            let storage = StorageReader(objects: store.reader, chunkSize: UInt64(chunkSize))
            let driver = StorageDriver(reader: storage, writer: store.writer)
            let planter = DamagePlanter(reader: storage, writer: store.writer)
            let path: StoragePath = .literal("upload")
            let content = (0...Int.random(in: resumes..<(resumes + 1) * 3 * chunkSize, using: &generator)).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            }
            var ends = Set((0..<resumes).map { _ in Int.random(in: 1..<content.count, using: &generator) }).sorted()
            ends.append(content.count)
            try await driver.putContent(path, content[..<ends[0]])
            for (start, end) in zip(ends, ends.dropFirst()) {
                try await planter.resumeInsideChunk(path, content[start..<end])
            }
            let blob = try await storage.blob(path)
            let layout = try await storage.layout(of: blob)
            guard layout.chunks.contains(where: { $0.state != .ok }) else {
                #expect(throws: Rearrangement.Refusal.inOrder) { try layout.rearranged() }
                continue
            }
            damaged += 1
            let plan = try layout.rearranged()
            #expect(try await plan.content(of: blob, in: store.reader) == content, "round \(round)")
        }
        // Chunks of two bytes always have room for the one byte that a resumed write takes.
        #expect((damaged > 0) == (chunkSize > 2))
    }

    /// Every combination of lengths of up to four small chunks. No driver could have written most
    /// of them.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func everyPlanIsCompleteAndUsesNoByteTwice(chunkSize: UInt64) {
        let lengths = [nil] + (0...2 * chunkSize + 1).map(Optional.some)
        var planned = 0
        for (a, b) in product(lengths, lengths) {
            for (c, d) in product(lengths, lengths) {
                var present: [Int: UInt64] = [:]
                for (index, length) in [a, b, c, d].enumerated() { present[index] = length }
                for size in 0...5 * chunkSize {
                    guard let plan = try? Rearrangement(size: size, chunkSize: chunkSize, lengths: present) else {
                        continue
                    }
                    planned += 1
                    if let flaw = flaw(of: plan, present) { Issue.record("\(size) \(present): \(flaw)") }
                }
            }
        }
        #expect((planned > 0) == (chunkSize > 2))
    }

    private func product(_ left: [UInt64?], _ right: [UInt64?]) -> [(UInt64?, UInt64?)] {
        left.flatMap { first in right.map { (first, $0) } }
    }

    /// Returns the first broken promise of a plan, checked against the chunks; nil if the plan
    /// keeps all of them.
    private func flaw(of plan: Rearrangement, _ lengths: [Int: UInt64]) -> String? {
        var position: UInt64 = 0
        for (index, target) in plan.targets.enumerated() {
            guard target.index == index else { return "targets out of order" }
            guard target.length == min(plan.chunkSize, plan.size - position) else {
                return "a target of the wrong length"
            }
            for piece in target.pieces {
                guard piece.length > 0, piece.offset + piece.length <= lengths[piece.chunk] ?? 0 else {
                    return "a piece that no chunk has"
                }
                // A byte is as far from the beginning of its chunk as from the position of that
                // chunk in the file. Therefore no byte is used twice.
                guard UInt64(piece.chunk) * plan.chunkSize + piece.offset == position else {
                    return "a byte of another place"
                }
                position += piece.length
            }
        }
        guard position == plan.size else { return "not every byte" }
        let excess = lengths.values.reduce(0) { $0 + ($1 > plan.chunkSize ? $1 - plan.chunkSize : 0) }
        return plan.surplus.reduce(0) { $0 + $1.length } == excess ? nil : "not all of the surplus"
    }

    struct Refused: Sendable {
        let size: UInt64
        var chunkSize: UInt64 = 4
        let lengths: [Int: UInt64]
        let reason: Rearrangement.Refusal
    }

    @Test(arguments: [
        Refused(size: 9, chunkSize: 0, lengths: [0: 9], reason: .noChunkSize),
        Refused(size: 9, lengths: [:], reason: .missing(chunk: 0)),
        Refused(size: 0, lengths: [0: 0], reason: .inOrder),
        Refused(size: 0, lengths: [0: 5], reason: .beyondTheEnd(chunk: 0)),
        Refused(size: 8, lengths: [0: 4, 1: 4], reason: .inOrder),
        Refused(size: 10, lengths: [0: 6, 2: 2], reason: .missing(chunk: 1)),
        Refused(size: 10, lengths: [1: 6], reason: .missing(chunk: 0)),
        Refused(size: 10, lengths: [0: 3, 1: 6], reason: .short(chunk: 0, length: 3)),
        Refused(size: 10, lengths: [0: 0, 1: 6], reason: .short(chunk: 0, length: 0)),
        // All bytes of chunk 1 would lie in chunk 0, so no write could have made chunk 1.
        Refused(size: 6, lengths: [0: 6, 1: 2], reason: .short(chunk: 1, length: 2)),
        // A write that begins inside a chunk takes at most as many bytes as lie before it in the
        // chunk.
        Refused(size: 7, lengths: [0: 7], reason: .long(chunk: 0, length: 7)),
        Refused(size: 2, chunkSize: 1, lengths: [0: 2], reason: .long(chunk: 0, length: 2)),
        Refused(size: 7, lengths: [0: 6, 1: 4], reason: .otherSize(size: 7, chunk: 1, length: 4)),
        Refused(size: 9, lengths: [0: 6, 1: 4], reason: .otherSize(size: 9, chunk: 1, length: 4)),
        Refused(size: 5, lengths: [0: 6], reason: .otherSize(size: 5, chunk: 0, length: 6)),
        Refused(size: 6, lengths: [0: 6, 1: 4, 2: 4], reason: .beyondTheEnd(chunk: 2)),
        Refused(size: 8, lengths: [0: 6, 1: 4, 2: 4], reason: .beyondTheEnd(chunk: 2)),
        Refused(size: 6, lengths: [-1: 4, 0: 6], reason: .beyondTheEnd(chunk: -1)),
        Refused(size: .max, chunkSize: .max, lengths: [0: .max], reason: .inOrder),
        Refused(size: 1 << 63, chunkSize: 1 << 63, lengths: [0: .max], reason: .long(chunk: 0, length: .max)),
        Refused(size: 1 << 63, lengths: [0: 6, .max: 1], reason: .missing(chunk: 1)),
        Refused(
            size: .max, chunkSize: 1 << 63, lengths: [0: 1 << 63, 1: 1 << 63, 2: 1], reason: .beyondTheEnd(chunk: 2)),
        Refused(size: 1 << 63, lengths: [0: 6, 1: 4], reason: .otherSize(size: 1 << 63, chunk: 1, length: 4)),
    ])
    func refuses(_ refused: Refused) {
        #expect(throws: refused.reason) {
            try Rearrangement(size: refused.size, chunkSize: refused.chunkSize, lengths: refused.lengths)
        }
    }
}

extension Rearrangement {
    /// Returns the bytes in the order of the plan.
    fileprivate func content(of blob: BlobIdentifier, in reader: any ObjectReader) async throws -> [UInt8] {
        var content: [UInt8] = []
        for piece in targets.flatMap(\.pieces) {
            let range = piece.offset..<piece.offset + piece.length
            content += try #require(await reader.read(ReadOperation(data: range), of: blob.chunk(piece.chunk))).data
        }
        return content
    }
}
