import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// All writes fail from one point on: before or after each write of each repair. All content that
/// was readable stays readable; `recover` and a second repair complete the work.
@Suite(.timeLimit(.minutes(10))) struct RepairCrashTests {
    @Test(arguments: DamageCase.all.filter { $0.repair != nil })
    func aRepairCutAnywhereCanBeCompleted(_ damage: DamageCase) async throws {
        let memory = MemoryStore()
        let fixture = try await damage.plant(memory.underTest, isAlone: true)
        let report = await damage.look(at: fixture)
        let plan = try await fixture.planner.repairs(ofAll: report.problems, grace: 0)
        let before = try await PoolCensus(fixture.storage).contents
        let damaged = memory.contents
        let leaving = Set(plan.targets.flatMap(\.files).map(\.path)).union([report.problems[0].path].compactMap(\.self))
        var cuts = 0
        var number = 1
        while true {
            let store = MemoryStore(damaged).underTest
            let recording = RecordingStore(store)
            // The failure comes before one write and after the next; the long variant tests both
            // for each write.
            let executed = LongVariants.areOn ? cuts % 2 == 1 : number % 2 == 1
            let stopped = Counter()
            recording.inject { [number] step in
                if step.write >= number { stopped.add(1) }
                guard stopped.value > 0 else { return nil }
                return step.write == number && executed ? .unknownApplied(.dead) : .unknownNotApplied(.dead)
            }
            _ = await RepairCrashTests.admin(recording.underTest, fixture).apply(plan)
            guard stopped.value > 0 else { break }
            let what = "\(damage.name), cut at write \(number)"
            try await expectReadable(before, but: leaving, in: store, fixture, what)

            let admin = RepairCrashTests.admin(store, fixture)
            for recovery in try await admin.recover() where ![.undone, .finished, .checked].contains(recovery.outcome) {
                Issue.record("\(what): \(recovery)")
            }
            try await expectReadable(before, but: leaving, in: store, fixture, "\(what), recovered")
            try await expectRepair(damage, store, fixture, what)
            cuts += 1
            if !LongVariants.areOn || executed { number += 1 }
        }
        #expect(cuts > 0)
    }

    private static func admin(_ store: StoreUnderTest, _ fixture: FsckFixture) -> RegistryAdmin {
        let driver = store.driver(chunkSize: FsckFixture.chunkSize)
        return RegistryAdmin(registry: RegistryReader(storage: driver.reader, paths: fixture.paths), driver: driver)
    }

    /// Repairs the problems that are left. Expects that only the problems remain that the repair
    /// leaves on purpose, and orphans of the interrupted repair.
    private func expectRepair(
        _ damage: DamageCase, _ store: StoreUnderTest, _ fixture: FsckFixture, _ what: String
    ) async throws {
        let admin = RepairCrashTests.admin(store, fixture)
        var options = FsckOptions()
        options.grace = 0
        let fsck = Fsck(registry: admin.registry, options: options)
        let problems = await fsck.run().problems.filter { $0.kind != .staleUpload || damage.kind == .staleUpload }
        let plan = try await ChangePlanner(registry: admin.registry).repairs(ofAll: problems, grace: 0)
        let results = await admin.apply(plan)
        #expect(results.allSatisfy { $0.outcome == .done }, "\(what): \(results)")
        let left = await fsck.run().problems.map(\.kind).filter { $0 != .orphanBlob }
        #expect(left == damage.after.filter { $0 != .orphanBlob }, "\(what)")
    }

    private func expectReadable(
        _ before: [StoragePath: [UInt8]], but leaving: Set<StoragePath>, in store: StoreUnderTest,
        _ fixture: FsckFixture, _ what: String
    ) async throws {
        let now = try await PoolCensus(store.driver(chunkSize: FsckFixture.chunkSize).reader).contents
        for (path, content) in before where now[path] != content && !leaving.contains(path) {
            Issue.record("\(what): \(path) cannot be read any more")
        }
    }
}
