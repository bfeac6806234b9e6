import Foundation
import Synchronization
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Random damage of several kinds at once: `fsck` ends, reports no problem twice, repairs, and
/// never makes a readable file unreadable. Some runs repair every problem that has a repair.
///
/// A round begins with one damage case and adds up to five random damages. Most rounds run in plain
/// dictionaries, every twentieth in SQLite; in the long variant all rounds run in SQLite, as many
/// as ten minutes allow. `REGTOP_TEST_SEED` repeats a round.
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

    /// The registries at the start of rounds: two sound ones, and one with each damage.
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

/// One round: damages a registry, repairs it, and compares.
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
            // A repair that stopped may have left an intent in the journal. A planner settles the
            // journal first.
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

    /// Expects that each readable path stays readable unless the plan removed it, and that each
    /// readable identifier stays readable.
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

/// Damages one object of a pool, at random.
private enum RandomDamage {
    static func strike(_ store: StoreUnderTest, using generator: inout SeededGenerator) async throws {
        let objects = try await store.objects().sorted()
        guard let object = objects.randomElement(using: &generator) else { return }
        guard let state = try await store.reader.read(.everything, of: object) else { return }
        let isChunk = BlobIdentifier.parse(chunkName: object.name) != nil
        _ = await store.change(object, mutations(state, isChunk, objects, &generator))
        if Int.random(in: 0..<6, using: &generator) == 0 {
            _ = await store.change(stranger(&generator), [.writeFull([1, 2, 3])])
        }
    }

    /// Returns a new object.
    private static func stranger(_ generator: inout SeededGenerator) -> ObjectID {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0, 1:
            return BlobIdentifier.random(using: &generator).chunk(Int.random(in: 0..<3, using: &generator))
        case 2:
            let name = ["new", "..", "a//b"].randomElement(using: &generator) ?? ""
            return ObjectID(ByteString("/docker/registry/v2/repositories/\(name)"))
        case 3: return ObjectID("rbd_directory")
        default: return ObjectID("elsewhere", namespace: "theirs")
        }
    }

    private static func mutations(
        _ state: ObjectState, _ isChunk: Bool, _ objects: [ObjectID], _ generator: inout SeededGenerator
    ) -> [WriteOperation.Mutation] {
        isChunk ? chunk(state, &generator) : directory(state, objects, &generator)
    }

    private static func chunk(
        _ state: ObjectState, _ generator: inout SeededGenerator
    ) -> [WriteOperation.Mutation] {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return [.remove]
        case 1: return [.truncate(UInt64.random(in: 0...state.size + 2000, using: &generator))]
        case 2: return [.removeXattr(TotalSize.xattr)]
        case 3:
            let size = UInt64.random(in: 0...5000, using: &generator)
            return [.setXattr(name: TotalSize.xattr, value: TotalSize.encode(size))]
        case 4: return [.setXattr(name: TotalSize.xattr, value: [9])]
        case 5:
            return [
                .setXattr(name: TotalSize.xattr, value: TotalSize.encode(.random(in: 0 ... .max, using: &generator)))
            ]
        case 6: return [.writeFull([])]
        default: return [.write([UInt8.random(in: 0...255, using: &generator)], at: 0)]
        }
    }

    private static func directory(
        _ state: ObjectState, _ objects: [ObjectID], _ generator: inout SeededGenerator
    ) -> [WriteOperation.Mutation] {
        let key = state.omap.randomElement(using: &generator)?.key ?? "nothing"
        let others = objects.compactMap { BlobIdentifier.parse(chunkName: $0.name)?.blob }
        let other = others.randomElement(using: &generator)?.value ?? [1]
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return [.remove]
        case 1: return [.removeOmap([key])]
        case 2: return [.setOmap([key: []])]
        case 3: return [.setOmap([key: BlobIdentifier.random(using: &generator).value])]
        case 4: return [.setOmap([key: other])]
        case 5: return [.setOmap(["..": [], ByteString(bytes: [0xff, 7]): Array("x".utf8)])]
        case 6: return [.setOmap(["stray": other])]
        default: return [.setOmap(["stray": BlobIdentifier.random(using: &generator).value])]
        }
    }
}

/// The readable content of a pool, found in the simplest way: every key of every directory object,
/// listed or not, and the chunks of its identifier in order. Shares no code with the readers under
/// test.
private struct PlainContents {
    /// The keys that name readable files, by directory.
    private(set) var files: [ObjectID: [ByteString: BlobIdentifier]] = [:]
    /// The content of each readable identifier, named or not.
    private(set) var contents: [BlobIdentifier: [UInt8]] = [:]

    init(_ pool: MemoryStore.Contents, chunkSize: Int) {
        for (object, state) in pool.objects where object.namespace.isEmpty {
            if let chunk = BlobIdentifier.parse(chunkName: object.name), chunk.index == 0 {
                contents[chunk.blob] = PlainContents.content(chunk.blob, state, pool, chunkSize)
            }
        }
        for (object, state) in pool.objects where object.namespace.isEmpty && !state.omap.isEmpty {
            guard object.name.string.flatMap({ try? StoragePath($0) }) != nil else { continue }
            for (key, value) in state.omap where key != ".." && key != "." && key.string != nil {
                guard let blob = BlobIdentifier(value: value), contents[blob] != nil else { continue }
                files[object, default: [:]][key] = blob
            }
        }
    }

    private static func content(
        _ blob: BlobIdentifier, _ head: MemoryStore.Object, _ pool: MemoryStore.Contents, _ chunkSize: Int
    ) -> [UInt8]? {
        guard let size = head.xattrs[TotalSize.xattr].flatMap(TotalSize.decode) else { return nil }
        var content: [UInt8] = []
        var index = 0
        while UInt64(content.count) < size {
            let chunk = index == 0 ? head.data : pool.objects[blob.chunk(index)]?.data ?? []
            let expected = Int(min(UInt64(chunkSize), size - UInt64(content.count)))
            guard chunk.count >= expected else { return nil }
            content += chunk.prefix(expected)
            index += 1
        }
        return content
    }
}
