import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// Each kind of damage is reported once and without other problems. Its repair, if there is one,
/// mends it and changes nothing else.
@Suite struct FsckTests {
    @Test func everyKindOfProblemHasADamageCase() {
        #expect(Set(DamageCase.all.map(\.kind)) == Set(ProblemKind.allCases))
    }

    @Test func aSoundRegistryHasNoProblem() async throws {
        let fixture = try await FsckFixture(.inMemory())
        for deep in [false, true] {
            let report = await fixture.fsck(deep: deep, grace: 0)
            #expect(report.problems == [])
            #expect(report.isComplete)
            #expect(report.checked.inFlight == 0)
            #expect(report.checked.repositories == 2)
        }
    }

    @Test(arguments: DamageCase.all)
    func inMemory(_ damage: DamageCase) async throws {
        try await FsckTests.check(damage, in: .inMemory())
    }

    /// Expects that `fsck` reports this damage and nothing else, that the repair leaves only the
    /// expected problems, and that nothing else changes.
    static func check(_ damage: DamageCase, in store: StoreUnderTest) async throws {
        let fixture = try await damage.plant(store)
        let damaged = try await Snapshot(store.reader)
        let report = await damage.look(at: fixture)
        #expect(try await Snapshot(store.reader) == damaged, "looking changes nothing")
        #expect(report.isComplete, "\(report.stopped ?? "")")
        try #require(report.problems.map(\.kind) == [damage.kind], "\(report.problems)")
        let problem = try #require(report.problems.first)
        #expect(problem.severity == damage.severity)
        #expect(problem.path == damage.path(fixture))
        #expect(problem.repair?.id == damage.repair)
        #expect(problem.detail.hasSuffix("."))
        guard let repair = problem.repair else { return }
        let plan = try await fixture.planner.repairs(of: report.problems)
        #expect(plan.targets.isEmpty != repair.isSafe, "what is not safe has to be named")
        let results = try await fixture.repair(report.problems)
        #expect(results.map(\.outcome) == [.done], "\(results)")
        let again = await damage.look(at: fixture, grace: 0)
        #expect(again.problems.map(\.kind) == damage.after, "\(again.problems)")
        #expect(again.isComplete)
        try await expectUntouched(damaged, problem, repair, in: fixture)
    }

    /// Expects that every object is unchanged, except the directory and the file of the problem,
    /// the objects below the directory, and the directories above both.
    private static func expectUntouched(
        _ before: Snapshot, _ problem: Problem, _ repair: Repair, in fixture: FsckFixture
    ) async throws {
        let after = try await Snapshot(fixture.store.reader)
        let changed = before.objects.filter { after.objects[$0.key] != $0.value }.map(\.key)
        for object in changed {
            if let chunk = BlobIdentifier.parse(chunkName: object.name) {
                #expect(chunk.blob == problem.blob && repair.id == "drop-surplus", "\(object) was changed")
                continue
            }
            let path = try #require(object.name.string.flatMap { try? StoragePath($0) }, "\(object) was changed")
            let place = try #require(problem.path)
            let isAbove = place == path || place.isBelow(path) || path.isBelow(place)
            let isAboveTrash = fixture.paths.holdings[0].isBelow(path)
            let isSibling = problem.kind == .badLink && place.parent.parent.parent == path.parent.parent
            #expect(isAbove || isAboveTrash || isSibling || path.isBelow(place.parent.parent), "\(object) was changed")
        }
    }
}

#if RADOS
/// The same on a Ceph cluster.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct CephFsckTests {
    @Test(arguments: DamageCase.all)
    func onCeph(_ damage: DamageCase) async throws {
        try await StoreUnderTest.with(.rados) { store in
            try await FsckTests.check(damage, in: store)
        }
    }
}
#endif
