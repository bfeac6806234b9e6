import Foundation
import Synchronization
import Testing

@testable import AdminCore

/// Damage of several kinds at once, drawn by lot: fsck ends, says nothing twice, repairs, and never makes a file unreadable that could be
/// read before. What it repairs at all it has repaired after a few looks.
///
/// A round begins with one of the damages that have a case of their own, and adds up to five blows. Most rounds run in plain dictionaries,
/// every twentieth in SQLite; in the long variant all of them in SQLite, as many as fit into ten minutes. A seed repeats a round: `REGTOP_TEST_SEED`.
@Suite(.timeLimit(.minutes(20))) struct RandomDamageTests {
    private static let (rounds, seconds) = LongVariants.areOn ? (Int.max, 600.0) : (400, 1200.0)

    @Test func noRepairMakesAnythingUnreadable() async throws {
        let bases = try await Bases()
        if let seed = ProcessInfo.processInfo.environment["REGTOP_TEST_SEED"] {
            return try await RandomDamageRound(seed: seed, isSQLite: false).run(bases)
        }
        let end = ContinuousClock.now.advanced(by: .seconds(Self.seconds))
        let rounds = Counter()
        let first = UInt64.random(in: 0..<1 << 32)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    while ContinuousClock.now < end {
                        let number = rounds.add(1)
                        if number > Self.rounds { return }
                        let isSQLite = LongVariants.areOn || number % 20 == 0
                        try await RandomDamageRound(seed: "\(first)-\(number)", isSQLite: isSQLite).run(bases)
                    }
                }
            }
            try await group.waitForAll()
        }
        print("\nrandom damage: \(min(rounds.value, Self.rounds)) rounds")
        #expect(rounds.value > 0)
    }

    /// Small registries to begin with: a sound one, and one with each of the damages.
    struct Bases: Sendable {
        let all: [MemoryStore.Contents]

        init() async throws {
            var all: [MemoryStore.Contents] = []
            for damage in DamageCase.all where damage.kind != .wrongChunkSize && damage.kind != .largeOmap {
                let store = MemoryStore()
                _ = try await damage.plant(store.underTest, isAlone: true)
                all.append(store.contents)
            }
            for isAlone in [true, false] {
                let store = MemoryStore()
                _ = try await FsckFixture(store.underTest, isAlone: isAlone)
                all.append(store.contents)
            }
            self.all = all
        }
    }
}

/// A registry, damaged by lot, and what is to hold of it.
private struct RandomDamageRound {
    let seed: String
    let isSQLite: Bool

    func run(_ bases: RandomDamageTests.Bases) async throws {
        var generator = SeededGenerator(seed: seed)
        let memory = MemoryStore(try #require(bases.all.randomElement(using: &generator)))
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
            try await RandomDamage.strike(memory.underTest, using: &generator)
        }
        let isDeep = Bool.random(using: &generator)
        guard isSQLite else { return try await repair(memory.underTest, isDeep: isDeep) { memory.contents } }
        let store = try StoreUnderTest.inMemory()
        try await StoreCopy(of: memory.underTest).restore(into: store)
        try await repair(store, isDeep: isDeep) {
            let copy = MemoryStore()
            try await StoreCopy(of: store).restore(into: copy.underTest)
            return copy.contents
        }
    }

    private func repair(
        _ store: StoreUnderTest, isDeep: Bool, contents: () async throws -> MemoryStore.Contents
    ) async throws {
        let driver = store.driver(chunkSize: FsckFixture.chunkSize)
        let registry = RegistryReader(storage: driver.reader)
        let admin = RegistryAdmin(registry: registry, driver: driver)
        var options = FsckOptions()
        options.grace = 0
        options.deep = isDeep
        let fsck = Fsck(registry: registry, options: options)
        var before = try await plain(contents())
        for look in 1... {
            // A repair that could not go on may have left something in the journal, which whoever plans ends first.
            _ = try await admin.settleJournal()
            let report = await fsck.run()
            #expect(report.isComplete, "seed \(seed): \(report.stopped ?? "")")
            #expect(Set(report.problems).count == report.problems.count, "seed \(seed): something was said twice")
            let plan = try await ChangePlanner(registry: registry).repairs(ofAll: report.problems, grace: 0)
            if plan.targets.isEmpty { return }
            let results = await admin.apply(plan)
            #expect(results.allSatisfy { $0.outcome != .unknown && $0.outcome != .skipped }, "seed \(seed): \(results)")
            let after = try await plain(contents())
            expectReadable(before, after, plan)
            before = after
            guard look == 8 else { continue }
            if results.contains(where: { $0.outcome == .done }) {
                Issue.record("seed \(seed): it never ends: \(await fsck.run().problems.filter { $0.repair != nil })")
            }
            return
        }
    }

    private func plain(_ contents: MemoryStore.Contents) -> PlainContents {
        PlainContents(contents, chunkSize: Int(FsckFixture.chunkSize))
    }

    /// What could be read at a path can be read there, unless the plan took it away; by its identifier it can be read in any case.
    private func expectReadable(_ before: PlainContents, _ after: PlainContents, _ plan: RepairPlan) {
        for (blob, content) in before.contents where after.contents[blob] != content {
            Issue.record("seed \(seed): the content of \(blob) is gone")
        }
        var leaving = Set(plan.targets.flatMap(\.files).map(\.path))
        for target in plan.targets {
            switch target.repair {
            case .dropUploadKey(let path, _, _): leaving.insert(path)
            case .rearrange(let path, _, _), .restoreSize(let path, _, _): leaving.insert(path)
            case .rewriteLink(let file, _): leaving.insert(file.path)
            default: break
            }
        }
        for (directory, files) in before.files {
            for (key, blob) in files where after.files[directory]?[key] != blob {
                let path = try? StoragePath("\(directory.name == "/" ? "" : directory.name.description)/\(key)")
                guard let path, !leaving.contains(path) else { continue }
                Issue.record("seed \(seed): \(path) cannot be read any more")
            }
        }
    }
}
