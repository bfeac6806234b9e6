import Foundation
import Testing

@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Random documents: a collection never frees content that Go sees in one of them.
/// `REGTOP_TEST_SEED` repeats a run.
@Suite struct RandomDocumentTests {
    private static let seed =
        ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1 << 32)
    private static let rounds = LongVariants.areOn ? 200_000 : 5000

    private static let layers = (100..<108).map(RegistryPool.digest)

    /// The digests that this program finds in a document, whether or not it parses.
    private static func named(_ bytes: [UInt8]) -> Set<String> {
        do {
            let manifest = try Manifest(parsing: bytes)
            return Set(
                (manifest.blobs + manifest.manifests).map(\.digest.string) + manifest.otherReferences.map(\.string))
        } catch let problem as ManifestProblem {
            return Set(problem.references.map(\.string))
        } catch {
            return []
        }
    }

    @Test func everyReferenceThatGoSeesIsFound() {
        var lottery = DocumentLottery(random: SeededGenerator(seed: "\(Self.seed)"), digests: Self.layers.map(\.string))
        var (plain, ambiguous) = (0, 0)
        for round in 1...Self.rounds {
            let document = lottery.draw()
            let text = document.text(&lottery.random)
            let missed = document.seen.subtracting(Self.named(Array(text.utf8)))
            #expect(missed.isEmpty, "round \(round) of seed \(Self.seed): \(text)")
            guard let manifest = try? Manifest(parsing: Array(text.utf8)) else { continue }
            // Go sees every digest that regtop shows.
            let shown = Set((manifest.blobs + manifest.manifests).map(\.digest.string))
            #expect(shown == document.seen, "round \(round) of seed \(Self.seed): \(text)")
            if manifest.ambiguities.isEmpty { plain += 1 } else { ambiguous += 1 }
            if !missed.isEmpty || shown != document.seen { break }
        }
        #expect(plain > Self.rounds / 100 && ambiguous > Self.rounds / 4, "\(plain) plain, \(ambiguous) ambiguous")
    }

    /// The same test with a mark, in a repository without layer links, so that no pin keeps
    /// content.
    @Test func aMarkKeepsWhatGoSees() async throws {
        var lottery = DocumentLottery(
            random: SeededGenerator(seed: "\(Self.seed) mark"), digests: Self.layers.map(\.string))
        for round in 1...Self.rounds / 20 {
            var pool = RegistryPool()
            for digest in Self.layers { pool.blob(digest, [UInt8](repeating: 7, count: 40)) }
            var seen: Set<String> = []
            for number in 1...2 {
                let document = lottery.draw()
                seen.formUnion(document.seen)
                pool.manifest("a", RegistryPool.digest(number), document.text(&lottery.random))
            }
            let garbage = RegistryPool.digest(200)
            pool.blob(garbage, [1, 2, 3])
            let mark = try await pool.mark()
            let freed = Set(mark.weights.candidates.map { mark.index.digests.keys[$0.ordinal].string })
            #expect(freed.isDisjoint(with: seen), "round \(round) of seed \(Self.seed)")
            #expect(freed.contains(garbage.string) && mark.obstacles.isEmpty, "round \(round) of seed \(Self.seed)")
        }
    }
}

extension RegistryPool {
    /// Makes a mark of the pool, long after the last write.
    func mark(_ reader: (any ObjectReader)? = nil) async throws -> CollectionMark {
        let storage = StorageReader(objects: reader ?? pool.reader, chunkSize: pool.chunkSize)
        return try await CollectionMark.run(
            RegistryReader(storage: storage), CollectionOptions(grace: 0, maxShare: 100, caches: .offline),
            at: Date(timeIntervalSince1970: 1_800_000_000), progress: nil)
    }
}
