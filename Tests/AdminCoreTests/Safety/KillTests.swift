#if RADOS
import Foundation
import Testing

@testable import ObjectStore
@testable import RadosStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// Kills the program itself with SIGKILL while it changes a real cluster, at moments that a seeded
/// generator draws.
///
/// `REGTOP_TEST_SEED` repeats a run; `REGTOP_TEST_LONG` makes hundreds of rounds.
@Suite struct KillTests {
    @Test(.timeLimit(.minutes(30))) func aKilledProgramLeavesEveryFileWhole() async throws {
        let rounds = LongVariants.areOn ? 200 : 25
        try await Self.withPool { store, program, seed in
            var series = try await KillSeries(store, program, seed: seed)
            try await series.measure()
            for round in 1...rounds { try await series.round("round \(round) of seed \(seed)") }
            print("\nkill -9: seed \(seed), \(rounds) rounds: \(series.tally)")
            // The moments are drawn from the time that the program needs without a kill. The load
            // of the machine decides how many kills come too early or too late.
            #expect(series.tally.midway > 0, "no kill hit a change: \(series.tally)")
        }
    }

    /// Calls `body` with an empty pool of the cluster, the program that works on it, and a seed.
    static func withPool(_ body: @Sendable (StoreUnderTest, ProgramUnderKill, String) async throws -> Void) async throws
    {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["REGTOP_TEST_SEED"] ?? String(UInt32.random(in: .min ... .max), radix: 36)
        let cluster = try await TestCluster.shared()
        try await cluster.withStore { store in
            let home = try TemporaryDirectory()
            defer { home.remove() }
            try await body(
                StoreUnderTest(.rados, reader: store.reader, writer: store.writer),
                ProgramUnderKill(conf: cluster.conf, pool: store.poolName, reader: store.reader, home: home), seed)
        }
    }

    /// A tag at the new name of a copy is there only with its whole image. After the kill the same
    /// command, or a recovery, makes the copy that an undisturbed run makes.
    @Test(.timeLimit(.minutes(30))) func aKilledCopyShowsOnlyWholeImages() async throws {
        let rounds = LongVariants.areOn ? 100 : 10
        try await Self.withPool { store, program, seed in
            let fixture = ChangeFixture(store)
            for image in 0..<8 {
                try await fixture.push("app/web", tags: ["t\(image)"], layer: pattern(300, seed: UInt64(image)))
            }
            /// A copy of a repository, or of a tag.
            func words(_ round: Int, _ name: String) -> [String] {
                round % 2 == 0 ? ["cp", "app/web", name, "--yes"] : ["cp", "app/web:t0", "\(name):t0", "--yes"]
            }
            var whole: [RegistryModel.Repository] = []
            var pace: [(until: Duration, rest: Duration)] = []
            for kind in 0..<2 {
                let ending = try await program.run(words(kind, "whole-\(kind)"), killed: .never)
                try #require(ending.isSuccess, "\(ending.error)")
                pace.append((ending.intent.first, ending.intent.last - ending.intent.first))
                whole.append(try #require(try await RawRegistry(store.reader).repositories["whole-\(kind)"]))
            }
            #expect(whole[0].tags.count == 8 && whole[1].tags.count == 1)
            var random = SeededGenerator(seed: seed)
            var (midway, halfMade) = (0, 0)
            for round in 0..<rounds {
                let (name, pace, whole) = ("copy-\(round)", pace[round % 2], whole[round % 2])
                let moment = ProgramUnderKill.Moment.afterIntent(pace.rest * Double.random(in: 0..<0.7, using: &random))
                _ = try await program.run(words(round, name), killed: moment)
                let what = "seed \(seed), round \(round), killed \(moment)"
                let pending = try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy)
                if pending.contains(where: { $0.state == .interrupted }) { midway += 1 }
                if let copy = try await RawRegistry(store.reader).repositories[name] {
                    if copy != whole { halfMade += 1 }
                    // Current links are the last stage.
                    if !copy.tags.isEmpty { #expect(copy.layers == whole.layers, "\(what)") }
                    if !copy.tags.isEmpty { #expect(copy.revisions == whole.revisions, "\(what)") }
                }
                // The command refuses a name that is taken, also by a copy that is half made.
                let again = try await program.run(words(round, name), killed: .never)
                if !again.isSuccess {
                    let recovery = try await program.run(["recover", "--offline", "--yes"], killed: .never)
                    #expect(recovery.isSuccess, "\(what): \(recovery.error)")
                }
                let raw = try await RawRegistry(store.reader)
                #expect(raw.repositories[name] == whole && raw.faults.isEmpty, "\(what): \(raw.faults)")
            }
            print("\nkill -9 of cp: seed \(seed), \(rounds) rounds, \(midway) killed midway, \(halfMade) half made")
            #expect(midway > 0, "no kill hit a copy")
        }
    }
}

/// Runs the rounds one after the other in one pool.
private struct KillSeries {
    /// The words of a change, and the paths that it changes.
    struct Change {
        let words: [String]
        /// After the change, either all paths that begin with `from` begin with `to` instead, or
        /// none does.
        var move: (from: String, to: String)?
        /// After the change, the paths that begin with this prefix may be gone.
        var removes: String?
    }

    /// Counts the effects of the kills.
    struct Tally: CustomStringConvertible {
        /// Kills while an intent was open.
        var midway = 0
        /// Kills before the intent was written, or after the change was done.
        var beside = 0
        /// Programs that ended before the kill.
        var ended = 0
        /// Recoveries that were killed.
        var recoveriesKilled = 0
        /// Interrupted changes that the last recovery had to take back or to complete.
        var interrupted = 0

        var description: String {
            "\(midway) killed midway, \(beside) before or after that, \(ended) ended first; "
                + "\(recoveriesKilled) recoveries killed, \(interrupted) intents left to the next one"
        }
    }

    private let fixture: ChangeFixture
    private let program: ProgramUnderKill
    /// The expected content of all files, by path.
    private var world: [String: [UInt8]]
    private var random: SeededGenerator
    private var number = 0
    /// The time that the program needs for each kind of change: until the intent, and from there
    /// until only waiting is left.
    private var pace: [Int: (until: Duration, rest: Duration)] = [:]
    /// The duration of the last recovery.
    private var recoveryPace = Duration.zero
    private(set) var tally = Tally()

    private static let repositories = "/docker/registry/v2/repositories/"
    private static let names = ["app/web", "team/deep/web"]
    private static let tags = ["t1", "moved"]

    init(_ store: StoreUnderTest, _ program: ProgramUnderKill, seed: String) async throws {
        fixture = ChangeFixture(store)
        self.program = program
        random = SeededGenerator(seed: seed)
        // `app/web/below` has to stay when `app/web` moves. `old/other` shares layers with
        // `old/service`.
        for (name, images) in [("app/web", 6), ("app/web/below", 1), ("old/service", 4), ("old/other", 2)] {
            for image in 0..<images {
                try await fixture.push(
                    name, tags: ["t\(2 * image)", "t\(2 * image + 1)"],
                    layer: pattern(3000 + image, seed: UInt64(image + 1)))
            }
        }
        world = try await KillSeries.contents(PoolCensus(fixture.driver.reader))
    }

    /// Runs each kind of change once without a kill.
    mutating func measure() async throws {
        for kind in 0..<4 {
            let change = change(kind)
            let ending = try await program.run(change.words, killed: .never)
            try #require(ending.isSuccess, "\(change.words): \(ending.error)")
            pace[kind] = (ending.intent.first, ending.intent.last - ending.intent.first)
            try await settle(change, "unhindered \(change.words)")
        }
    }

    /// Runs one change and kills it, then recovers.
    mutating func round(_ what: String) async throws {
        let change = change(number)
        let pace = try #require(pace[number % 4])
        number += 1
        let moment: ProgramUnderKill.Moment =
            if Int.random(in: 0..<5, using: &random) == 0 {
                .afterStart(pace.until + pace.rest * Double.random(in: -0.2..<1, using: &random))
            } else {
                .afterIntent(pace.rest * Double.random(in: 0..<1, using: &random))
            }
        let ending = try await program.run(change.words, killed: moment)
        let what = "\(what), \(change.words), killed \(moment)"
        let pending = try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy)
        if !ending.isKilled {
            try #require(ending.isSuccess, "\(what): \(ending.error)")
            tally.ended += 1
        } else if pending.contains(where: { $0.state == .interrupted }) {
            tally.midway += 1
        } else {
            tally.beside += 1
        }
        try await settle(change, what)
    }

    /// Recovers, checks the whole pool, and prepares it for the next round.
    private mutating func settle(_ change: Change, _ what: String) async throws {
        // Before the recovery, each file can be read at one path at least.
        let before = try await PoolCensus(fixture.driver.reader)
        #expect(before.dangling.isEmpty, "\(what): \(before.dangling)")
        #expect(before.incomplete.isEmpty, "\(what): \(before.incomplete)")
        expectReadable(change, KillSeries.contents(before), what)

        try await recover(what)
        if change.removes != nil { try await emptyTrash(what) }
        let census = try await PoolCensus(fixture.driver.reader)
        #expect(census.dangling.isEmpty, "\(what), recovered: \(census.dangling)")
        #expect(census.twice.isEmpty, "\(what), recovered: \(census.twice)")
        #expect(census.unlisted.isEmpty, "\(what), recovered: \(census.unlisted)")
        #expect(census.hollow.isEmpty, "\(what), recovered: \(census.hollow)")
        #expect(census.incomplete.isEmpty, "\(what), recovered: \(census.incomplete)")
        let contents = KillSeries.contents(census)
        try await expectOnlyChunks(beside: contents, what)
        if change.removes != nil {
            expectReadable(change, contents, "\(what), recovered")
            try await putBack(contents)
        } else {
            let after = moved(world, change)
            #expect(contents == world || contents == after, "\(what): half here, half there")
            world = contents
        }
    }

    /// Recovers with the command, as an operator does. In about half of the rounds an earlier
    /// recovery is killed.
    private mutating func recover(_ what: String) async throws {
        let words = ["recover", "--offline", "--yes"]
        if Bool.random(using: &random) {
            let delay = recoveryPace * Double.random(in: 0..<1, using: &random)
            let ending = try await program.run(words, killed: .afterStart(delay))
            if ending.isKilled { tally.recoveriesKilled += 1 }
        }
        for change in try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy)
        where change.state == .interrupted {
            tally.interrupted += 1
        }
        let began = ContinuousClock.now
        let ending = try await program.run(words, killed: .never)
        recoveryPace = ContinuousClock.now - began
        #expect(ending.isSuccess, "\(what): \(ending.error)")
        let left = try await fixture.driver.reader.pendingChanges(policy: fixture.driver.policy)
        #expect(left.isEmpty, "\(what): \(left)")
    }

    /// If a kill leaves a repository with layer links only, a recovery takes them to the trash
    /// (docs/safety.md#watch). They go from there as from their places.
    private func emptyTrash(_ what: String) async throws {
        let trash = RegistryPaths().trash.string
        let remains = KillSeries.contents(try await PoolCensus(fixture.driver.reader)).keys.filter {
            $0.hasPrefix(trash)
        }
        if remains.isEmpty { return }
        #expect(remains.allSatisfy { $0.contains("-._layers-.") }, "\(what), recovered: \(remains)")
        let ending = try await program.run(["trash", "empty", "--offline", "--yes"], killed: .never)
        #expect(ending.isSuccess, "\(what): \(ending.error)")
    }

    /// Expects that each file has its content at its old path or, if it moves, at its new path. A
    /// file that the change removes may be gone.
    private func expectReadable(_ change: Change, _ contents: [String: [UInt8]], _ what: String) {
        let after = moved(world, change)
        let strangers = Set(contents.keys).subtracting(world.keys).subtracting(after.keys)
        #expect(strangers.isEmpty, "\(what): \(strangers)")
        for (path, content) in world {
            if let removed = change.removes, path.hasPrefix(removed), contents[path] == nil { continue }
            let places = [path, KillSeries.moved(path, change)].compactMap { contents[$0] }
            #expect(!places.isEmpty && places.allSatisfy { $0 == content }, "\(what): \(path)")
        }
    }

    /// Expects that the pool holds only chunks, logs, and the directories of these files.
    private func expectOnlyChunks(beside contents: [String: [UInt8]], _ what: String) async throws {
        var directories: Set<String> = ["/"]
        for file in contents.keys {
            var path = try StoragePath(file).parent
            while !path.isRoot {
                directories.insert(path.string)
                path = path.parent
            }
        }
        let others = try await fixture.store.objects().filter { object in
            if object.namespace == "", BlobIdentifier.parse(chunkName: object.name) != nil { return false }
            if object.isLog { return false }
            return object.namespace != "" || !directories.contains(object.name.string ?? "")
        }
        #expect(others.isEmpty, "\(what): left over: \(others)")
    }

    /// Writes the removed files again, and frees the chunks that nothing refers to.
    private func putBack(_ contents: [String: [UInt8]]) async throws {
        for (file, content) in world where contents[file] == nil {
            try await fixture.driver.putContent(StoragePath(file), content)
        }
        _ = try await fixture.driver.freeUnreferenced()
        let census = try await PoolCensus(fixture.driver.reader)
        #expect(KillSeries.contents(census) == world)
        #expect(census.unreferenced.isEmpty)
    }

    // MARK: - Changes

    /// Returns the change of a round. Repositories and tags move to and fro.
    private func change(_ round: Int) -> Change {
        switch round % 4 {
        case 1: return removal("old/service")
        case 3: return removal("old/other:t1", "old/other/_manifests/tags/t1/")
        case 2:
            let tags = KillSeries.tags
            let prefix = KillSeries.repositories + "old/service/_manifests/tags/"
            let isMoved = world.keys.contains { $0.hasPrefix(prefix + tags[1] + "/") }
            let (from, to) = isMoved ? (tags[1], tags[0]) : (tags[0], tags[1])
            return Change(
                words: ["mv", "old/service:\(from)", "old/service:\(to)", "--yes"],
                move: (prefix + from + "/", prefix + to + "/"))
        default:
            let names = KillSeries.names
            let isMoved = world.keys.contains { $0.hasPrefix(KillSeries.repositories + names[1] + "/_layers/") }
            let (from, to) = isMoved ? (names[1], names[0]) : (names[0], names[1])
            return Change(
                words: ["mv", from, to, "--yes"],
                move: (KillSeries.repositories + from + "/_", KillSeries.repositories + to + "/_"))
        }
    }

    private func removal(_ reference: String, _ prefix: String? = nil) -> Change {
        Change(
            words: ["rm", reference, "--now", "--yes"],
            removes: KillSeries.repositories + (prefix ?? reference + "/_"))
    }

    private static func moved(_ path: String, _ change: Change) -> String {
        guard let move = change.move, path.hasPrefix(move.from) else { return path }
        return move.to + path.dropFirst(move.from.count)
    }

    private func moved(_ world: [String: [UInt8]], _ change: Change) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: world.map { (KillSeries.moved($0.key, change), $0.value) })
    }

    private static func contents(_ census: PoolCensus) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: census.contents.map { ($0.key.string, $0.value) })
    }
}
#endif
