#if RADOS
import Foundation
import Testing

@testable import ObjectStore
@testable import RadosStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Kills `regtop gc` with SIGKILL on a real cluster, at random moments. Needed content stays whole,
/// and the next run completes the interrupted one.
extension KillTests {
    private static let words = ["gc", "--offline", "--grace", "0", "--max-share", "100", "--yes"]
    private static let loose = 25

    @Test(.timeLimit(.minutes(30))) func aKilledCollectionFreesNothingThatIsNeeded() async throws {
        let rounds = LongVariants.areOn ? 150 : 12
        try await Self.withPool { store, program, seed in
            let fixture = ChangeFixture(store)
            for image in 0..<3 {
                try await fixture.push("app", tags: ["\(image)"], layer: pattern(3000, seed: UInt64(image)))
            }
            let needed = try await PoolCensus(fixture.driver.reader).contents
            var random = SeededGenerator(seed: seed)
            var number = 0
            func collect(_ moment: ProgramUnderKill.Moment) async throws -> ProgramUnderKill.Ending {
                try await program.run(Self.words, killed: moment)
            }
            func plant() async throws {
                for _ in 0..<Self.loose {
                    number += 1
                    let content = Array("loose \(number)".utf8)
                    try await fixture.driver.putContent(fixture.registry.paths.blob(.sha256(of: content)), content)
                }
            }
            func expectNeeded(_ what: String) async throws -> PoolCensus {
                let census = try await PoolCensus(fixture.driver.reader)
                for (path, content) in needed { #expect(census.contents[path] == content, "\(what): \(path)") }
                // Freeing removes the chunks before the key with the claim.
                let dangling = census.dangling.filter { Holding.parse(ByteString($0.name))?.claim != .freeing }
                #expect(dangling.isEmpty, "\(what): \(dangling)")
                return census
            }
            try await plant()
            let unhindered = try await collect(.never).intent
            var (midway, ended) = (0, 0)
            for round in 1...rounds {
                let what = "round \(round) of seed \(seed)"
                try await plant()
                let rest = (unhindered.last - unhindered.first) * Double.random(in: 0..<1, using: &random)
                let ending = try await collect(.afterIntent(rest))
                if ending.isKilled {
                    if try await !fixture.driver.reader.pendingChanges(policy: fixture.driver.policy).isEmpty {
                        midway += 1
                    }
                } else {
                    ended += 1
                }
                _ = try await expectNeeded("\(what), killed")
                let next = try await collect(.never)
                #expect(next.isSuccess, "\(what): \(next.error)")
                let census = try await expectNeeded("\(what), gone on")
                #expect(
                    census.contents == needed && census.files.count == needed.count,
                    "\(what): all that was loose is gone, not \(census.contents.keys.filter { needed[$0] == nil }.sorted())"
                )
                #expect(census.unreferenced.isEmpty && census.incomplete.isEmpty, "\(what)")
                #expect(
                    try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy).isEmpty, "\(what)")
            }
            print("\nkill -9 of gc: seed \(seed), \(rounds) rounds: \(midway) killed midway, \(ended) ended first")
            #expect(midway > 0, "no kill hit a change")
        }
    }
}
#endif
