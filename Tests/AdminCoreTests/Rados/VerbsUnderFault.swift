#if RADOS
import Synchronization
import Testing

@testable import AdminCore

/// Changes that meet a real fault, each in a pool of its own: when every one of them stands before the chosen write, the fault strikes, for
/// all of them at once; when all have ended, it is over.
struct VerbsUnderFault: Sendable {
    /// What the clients that the fault strikes should be told.
    struct Telling: Sendable {
        let kind: StoreError.Kind
        let errno: Int32
        /// Whether reading fails, too.
        var reads = true
    }

    /// How one change ended.
    struct Ending: Sendable {
        let verb: ChangingVerb
        /// What it threw; nil if it succeeded.
        let error: (any Error)?

        /// True if it said that it does not know whether it was done.
        var isUnknown: Bool {
            if case .outcomeUnknown = error as? StorageError { return true }
            return (error as? AdminRefusal)?.isUnknown ?? false
        }
    }

    /// Verbs that consist of few steps and of many, that create, replace and remove objects.
    static let usual = ChangingVerb.all.filter {
        [
            "put a file into new directories", "overwrite by more", "move a directory", "delete a directory",
            "remove a tag", "move a repository",
        ].contains($0.name)
    }

    let cluster: TestCluster
    /// What the stores that the fault strikes are opened with, for a pool.
    let options: @Sendable (String) -> RadosOptions
    /// Before which write of a verb the fault strikes, of so many.
    var place: @Sendable (_ verb: ChangingVerb, _ writes: Int) -> Int = { ($1 + 1) / 2 }
    var verbs = VerbsUnderFault.usual

    /// Runs them; `telling` is nil if the fault is only waited for. Gives how they ended, after it was made sure that what they said is true,
    /// that every file is whole once the fault is over, that what was interrupted is taken back or ended, and that the same change
    /// succeeds then.
    func run(
        _ telling: Telling?, strike: @escaping @Sendable ([Stage]) async throws -> Void,
        heal: @escaping @Sendable ([Stage]) async throws -> Void
    ) async throws -> [Ending] {
        try await withStages { stages in
            let endings = try await meet(stages, telling, strike)
            try await heal(stages)
            _ = try await concurrentMap(Array(zip(stages, endings)), window: stages.count) { stage, ending in
                try await stage.letLateWritesLand()
                // As the next one finds it who opens the pool.
                try await TestCluster.withOpen(cluster.options(pool: stage.pool)) { store in
                    try await stage.check(
                        ending, afterwards: StoreUnderTest(.rados, reader: store.reader, writer: store.writer))
                }
            }
            return endings
        }
    }

    /// Runs them into the fault, and makes sure that what is said then is true; the fault goes on.
    func meet(
        _ stages: [Stage], _ telling: Telling?, _ strike: @escaping @Sendable ([Stage]) async throws -> Void
    ) async throws -> [Ending] {
        let gate = Gate(stages.count) { try await strike(stages) }
        let endings = try await concurrentMap(stages, window: stages.count) { try await $0.run(gate) }
        if let telling {
            _ = try await concurrentMap(Array(zip(stages, endings)), window: stages.count) { stage, ending in
                try await stage.check(ending, telling)
            }
        }
        return endings
    }

    /// The changes before they begin, each with its tree, in pools that go afterwards.
    func withStages<Value: Sendable>(_ body: @Sendable ([Stage]) async throws -> Value) async throws -> Value {
        let stages = try await concurrentMap(verbs, window: 3) { verb in
            let pool = "fault-\(UInt64.random(in: 0 ... .max))"
            try await cluster.createPool(pool)
            let healthy = try await RadosStore.open(cluster.options(pool: pool))
            let before = StoreUnderTest(.rados, reader: healthy.reader, writer: healthy.writer)
            for (file, content) in verb.before.sorted(by: { $0.key < $1.key }) {
                try await before.driver().putContent(path(file), content)
            }
            let count = try await verb.writes()
            return Stage(
                verb: verb, strikesBefore: place(verb, count), healthy: healthy,
                struck: try await RadosStore.open(options(pool)))
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(stages)) } catch { result = .failure(error) }
        for stage in stages {
            await stage.struck.close()
            await stage.healthy.close()
            try await cluster.removePool(stage.pool)
        }
        return try result.get()
    }

    /// One change in its pool.
    struct Stage: Sendable {
        let verb: ChangingVerb
        let strikesBefore: Int
        /// An administrator's store, which the fault does not strike as a client.
        let healthy: RadosStore
        let struck: RadosStore
        let recording: RecordingStore

        var pool: String { healthy.poolName }

        init(verb: ChangingVerb, strikesBefore: Int, healthy: RadosStore, struck: RadosStore) {
            self.verb = verb
            self.strikesBefore = strikesBefore
            self.healthy = healthy
            self.struck = struck
            recording = RecordingStore(StoreUnderTest(.rados, reader: struck.reader, writer: struck.writer))
        }

        fileprivate func run(_ gate: Gate) async throws -> Ending {
            let driver = recording.underTest.driver()
            let act = try await verb.plan(driver)
            recording.reset()
            let arrived = Mutex(false)
            recording.before { step in
                guard step.write == strikesBefore else { return }
                arrived.withLock { $0 = true }
                await gate.arrive()
            }
            var failure: (any Error)?
            do {
                try await act(driver)
            } catch {
                failure = error
            }
            if !arrived.withLock(\.self) {
                Issue.record("\(verb.name) ended before the fault struck: \(failure.map { "\($0)" } ?? "done")")
                await gate.arrive()
            }
            try await gate.pass()
            return Ending(verb: verb, error: failure)
        }

        /// While the fault lasts: what was said names the operation, an object and the error number, and is not "not found".
        func check(_ ending: Ending, _ telling: Telling) async throws {
            let objects = Set(recording.operations.compactMap(\.object?.description))
            let verbs = telling.reads ? readingVerbs() : []
            let reads = await withTaskGroup(of: (any Error)?.self) { group in
                for verb in verbs {
                    group.addTask {
                        do {
                            try await verb()
                            return StorageError.unsupported("reading while nothing can be read")
                        } catch {
                            return error
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(reads.count == verbs.count)
            for error in reads.compactMap(\.self) {
                let error = try #require(error as? StoreError, "\(error)")
                #expect(error.kind == telling.kind && error.errno == telling.errno, "\(error)")
                #expect(error.object != nil && error.operation == "read", "\(error)")
            }
            guard let error = ending.error else { return }
            if let error = error as? StoreError { #expect(error.kind == telling.kind, "\(verb.name): \(error)") }
            let text = "\(error)"
            #expect(!text.contains("does not exist"), "\(verb.name): \(text)")
            #expect(text.contains("(errno \(telling.errno))"), "\(verb.name): \(text)")
            #expect(objects.contains { text.contains("of \($0) failed: ") }, "\(verb.name): \(text)")
        }

        /// Every verb that reads, on files that no change touches.
        private func readingVerbs() -> [@Sendable () async throws -> Void] {
            let reader = struck.storage
            return [
                { _ = try await reader.content(path("/keep/other")) },
                { _ = try await reader.stat(path("/keep/other")) },
                { _ = try await reader.stat(path("/not/there")) }, { _ = try await reader.list(path("/keep")) },
                { _ = try await reader.list(path("/not/there")) }, { _ = try await reader.walk(.root) },
                { _ = try await reader.stream(path("/keep/other")) },
            ]
        }

        /// When the fault is over.
        func check(_ ending: Ending, afterwards store: StoreUnderTest) async throws {
            let what = "\(verb.name): \(ending.error.map { "\($0)" } ?? "done")"
            try verb.expectWhole(try await PoolCensus(store.driver().reader), what)
            if ending.error == nil {
                try verb.expectDone(try await PoolCensus(store.driver().reader), what)
            }
            try await CrashSweep().expectRecovery(of: verb, in: store, what)
            let wanted = try Dictionary(uniqueKeysWithValues: verb.after.map { (try path($0.key), $0.value) })
            if try await PoolCensus(store.driver().reader).contents != wanted {
                #expect(ending.error != nil, "\(what)")
                try await verb.plan(store.driver())(store.driver())
            }
            try verb.expectDone(try await PoolCensus(store.driver().reader), "\(what), once more")
        }

        /// What was given up because the answer did not come may be done late: it is, when the object has answered the same client again.
        func letLateWritesLand() async throws {
            for object in Set(recording.writes.compactMap(\.object)) {
                var isAnswered = false
                while !isAnswered {
                    do {
                        _ = try await struck.reader.read(.stat, of: object)
                        isAnswered = true
                    } catch let error as StoreError {
                        isAnswered = error.kind != .timedOut
                    }
                }
            }
        }
    }

    /// Lets nobody through before all are there and the fault has struck.
    fileprivate actor Gate {
        private var missing: Int
        private let strike: @Sendable () async throws -> Void
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var outcome: Result<Void, any Error>?

        init(_ count: Int, _ strike: @escaping @Sendable () async throws -> Void) {
            missing = count
            self.strike = strike
        }

        func arrive() async {
            missing -= 1
            if missing > 0 {
                await withCheckedContinuation { waiting.append($0) }
                return
            }
            do {
                try await strike()
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            for one in waiting { one.resume() }
        }

        /// Throws what the strike threw.
        func pass() throws {
            try outcome?.get()
        }
    }
}

extension ChangingVerb {
    /// How many writes it takes.
    fileprivate func writes() async throws -> Int {
        let stage = try await stage()
        let recording = RecordingStore(try await stage.tree.restore())
        try await stage.act(recording.underTest.driver())
        return recording.writeCount
    }
}

extension RadosStore {
    /// A tree of small chunks in the pool.
    fileprivate var storage: StorageReader { StorageReader(objects: reader, chunkSize: 1024) }
}
#endif
