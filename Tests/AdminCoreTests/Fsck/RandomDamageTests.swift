import Foundation
import Testing

@testable import AdminCore

/// Damage of several kinds at once, drawn by lot: fsck ends, says the same twice, repairs, and never makes a file unreadable that could be
/// read before. What it repairs at all it has repaired after a few looks.
@Suite(.timeLimit(.minutes(20))) struct RandomDamageTests {
    private static let seconds = LongVariants.areOn ? 600.0 : 25.0

    @Test func noRepairMakesAnythingUnreadable() async throws {
        let fixture = try await FsckFixture(.inMemory())
        let copy = try await StoreCopy(of: fixture.store)
        let end = ContinuousClock.now.advanced(by: .seconds(Self.seconds))
        let rounds = Counter()
        let first = UInt64.random(in: 0..<1 << 32)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    while ContinuousClock.now < end {
                        let round = rounds.add(1)
                        try await self.round("\(first) \(round) \(lane)", copy, fixture.paths)
                    }
                }
            }
            try await group.waitForAll()
        }
        let count = rounds.value
        print("\nrandom damage: \(count) rounds")
        #expect(count > 0)
    }

    private func round(_ seed: String, _ copy: StoreCopy, _ paths: RegistryPaths) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try await copy.restore()
        let driver = store.driver(chunkSize: FsckFixture.chunkSize)
        let registry = RegistryReader(storage: driver.reader, paths: paths)
        let admin = RegistryAdmin(registry: registry, driver: driver)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            try await RandomDamage.strike(store, using: &generator)
        }
        var options = FsckOptions()
        options.grace = 0
        options.deep = Bool.random(using: &generator)
        let fsck = Fsck(registry: registry, options: options)
        var looks = 0
        while true {
            let report = await fsck.run()
            #expect(report.isComplete, "seed \(seed): \(report.stopped ?? "")")
            #expect(Set(report.problems).count == report.problems.count, "seed \(seed): something was said twice")
            let before = try await PoolCensus(registry.storage)
            let plan = try await ChangePlanner(registry: registry).repairs(ofAll: report.problems, grace: 0)
            if plan.targets.isEmpty { return }
            let results = await admin.apply(plan)
            #expect(results.allSatisfy { $0.outcome != .unknown && $0.outcome != .skipped }, "seed \(seed): \(results)")
            try await expectReadable(before, plan, registry.storage, seed)
            looks += 1
            if looks == 8 {
                let left = await fsck.run().problems.filter { $0.repair != nil }
                if !results.contains(where: { $0.outcome == .done }) { return }
                Issue.record("seed \(seed): it never ends: \(left)")
                return
            }
        }
    }

    /// What could be read at a path can be read there, unless the plan took it away; by its identifier it can be read in any case.
    private func expectReadable(
        _ before: PoolCensus, _ plan: RepairPlan, _ storage: StorageReader, _ seed: String
    ) async throws {
        var leaving = Set(plan.targets.flatMap(\.files).map(\.path))
        for target in plan.targets {
            if case .dropUploadKey(let path, _, _) = target.repair { leaving.insert(path) }
        }
        for (path, content) in before.contents {
            guard let blob = before.files[path] else { continue }
            let isThere = try? await storage.content(of: blob, at: path, limit: 1 << 20) == content
            #expect(isThere == true, "seed \(seed): the content of \(path) is gone")
            if leaving.contains(path) { continue }
            let named = try? await storage.content(path)
            #expect(named == content, "seed \(seed): \(path) cannot be read any more")
        }
    }
}

/// One blow to a pool, of any kind.
enum RandomDamage {
    static func strike(_ store: StoreUnderTest, using generator: inout SeededGenerator) async throws {
        let objects = try await store.objects().sorted()
        guard let object = objects.randomElement(using: &generator) else { return }
        let state = try await store.reader.read(.everything, of: object)
        guard let state else { return }
        let isChunk = BlobIdentifier.parse(chunkName: object.name) != nil
        _ = await store.change(object, mutations(of: object, state, isChunk, objects, &generator))
        if Int.random(in: 0..<6, using: &generator) == 0 {
            let blob = BlobIdentifier.random(using: &generator)
            let name: ObjectID =
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: blob.chunk(Int.random(in: 0..<3, using: &generator))
                case 1:
                    "/docker/registry/v2/repositories/\(["new", "..", "a//b"].randomElement(using: &generator) ?? "")"
                        .objectID
                case 2: ObjectID("rbd_directory")
                default: ObjectID("elsewhere", namespace: "theirs")
                }
            _ = await store.change(name, [.writeFull([1, 2, 3])])
        }
    }

    private static func mutations(
        of object: ObjectID, _ state: ObjectState, _ isChunk: Bool, _ objects: [ObjectID],
        _ generator: inout SeededGenerator
    ) -> [WriteOperation.Mutation] {
        if isChunk {
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: return [.remove]
            case 1: return [.truncate(UInt64.random(in: 0...state.size + 2000, using: &generator))]
            case 2: return [.removeXattr(TotalSize.xattr)]
            case 3:
                let size = UInt64.random(in: 0...5000, using: &generator)
                return [.setXattr(name: TotalSize.xattr, value: TotalSize.encode(size))]
            case 4: return [.setXattr(name: TotalSize.xattr, value: [9])]
            default: return [.write([UInt8.random(in: 0...255, using: &generator)], at: 0)]
            }
        }
        let key = state.omap.randomElement(using: &generator)?.key ?? "nothing"
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: return [.remove]
        case 1: return [.removeOmap([key])]
        case 2: return [.setOmap([key: []])]
        case 3: return [.setOmap([key: BlobIdentifier.random(using: &generator).value])]
        case 4:
            let others = objects.compactMap { BlobIdentifier.parse(chunkName: $0.name)?.blob }
            return [.setOmap([key: others.randomElement(using: &generator)?.value ?? [1]])]
        case 5: return [.setOmap(["..": [], ByteString(bytes: [0xff, 7]): Array("x".utf8)])]
        default: return [.setOmap(["stray": BlobIdentifier.random(using: &generator).value])]
        }
    }
}

extension String {
    fileprivate var objectID: ObjectID { ObjectID(ByteString(self)) }
}
