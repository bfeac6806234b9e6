import Foundation
import Testing

@testable import AdminCore

/// Compares random sequences of push, retag, delete, rename, restore, empty and crash with a model
/// that knows nothing of the implementation.
///
/// `REGTOP_TEST_SEED=<seed>` repeats a sequence; a failure prints the seed.
@Suite struct ModelTests {
    @Test(arguments: 0..<2) func inMemory(_ part: Int) async throws {
        // The long variant runs as many sequences as fit into the time: the duration of one depends
        // on the machine.
        let (sequences, seconds) = LongVariants.areOn ? (100_000, 600.0) : (200, 3600)
        try await run(.sqliteMemory, part, sequences: sequences, least: 100, seconds: seconds)
    }

    #if RADOS
    @Test func onACluster() async throws {
        try await run(.rados, 9, sequences: LongVariants.areOn ? 300 : 20, least: 20, seconds: 3600)
    }
    #endif

    private func run(_ kind: StoreKind, _ part: Int, sequences: Int, least: Int, seconds: Double) async throws {
        let given = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"]
        let base = "\(UInt32.random(in: .min ... .max)).\(part)"
        let end = ContinuousClock.now + .seconds(seconds)
        var (done, changes, crashes) = (0, 0, 0)
        while done < (given == nil ? sequences : 1), done < least || ContinuousClock.now < end {
            let seed = given ?? "\(base).\(done)"
            let play = { @Sendable (store: StoreUnderTest) in
                var sequence = ModelSequence(store, seed: seed)
                var failure: String?
                do {
                    try await sequence.run(steps: 2...6)
                } catch {
                    failure = "REGTOP_TEST_SEED=\(seed): \(sequence.history.joined(separator: "; ")): \(error)"
                }
                return (failure, sequence.history.count, sequence.crashes)
            }
            // Nine sequences of ten run on plain dictionaries. The tenth runs on SQLite, which may
            // behave differently.
            let isQuick = kind == .sqliteMemory && done % 10 > 0
            let outcome = try await isQuick ? play(.quick()) : StoreUnderTest.with(kind, play)
            if let failure = outcome.0 {
                Issue.record("\(failure)")
                return
            }
            done += 1
            changes += outcome.1
            crashes += outcome.2
        }
        print("\nmodel: \(kind): \(done) sequences from seed \(base), \(changes) changes, \(crashes) of them stopped")
    }
}
