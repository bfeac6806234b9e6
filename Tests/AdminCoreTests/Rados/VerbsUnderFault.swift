#if RADOS
import Synchronization
import Testing

@testable import ObjectStore
@testable import RadosStore
@testable import StorageDriver

/// Changes that meet a real fault, each in a pool of its own. The fault strikes when all of them
/// have reached the chosen write, and ends when all have ended.
struct VerbsUnderFault: Sendable {
    /// The expected errors.
    struct Telling: Sendable {
        let kind: StoreError.Kind
        let errno: Int32
        /// True if reading fails, too.
        var reads = true
    }

    /// The end of a change.
    struct Ending: Sendable {
        let verb: ChangingVerb
        /// The error; nil if the change succeeded.
        let error: (any Error)?

        /// True if the outcome is unknown.
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
    /// The options of the stores that meet the fault, for a pool.
    let options: @Sendable (String) -> RadosOptions
    /// The write before which the fault strikes, of the given number of writes.
    var place: @Sendable (_ verb: ChangingVerb, _ writes: Int) -> Int = { ($1 + 1) / 2 }
    var verbs = VerbsUnderFault.usual

    /// Runs the changes; `telling` is nil to wait for the fault only. Checks that the reported
    /// outcomes are true, that every file is whole after the fault, that interrupted changes are
    /// undone or completed, and that the same change then succeeds. Returns the ends.
    func run(
        _ telling: Telling?, strike: @escaping @Sendable ([Stage]) async throws -> Void,
        heal: @escaping @Sendable ([Stage]) async throws -> Void
    ) async throws -> [Ending] {
        try await withStages { stages in
            let endings = try await meet(stages, telling, strike)
            try await heal(stages)
            _ = try await concurrentMap(Array(zip(stages, endings)), window: stages.count) { stage, ending in
                try await stage.letLateWritesLand()
                // The state for the next client that opens the pool.
                try await TestCluster.withOpen(cluster.options(pool: stage.pool)) { store in
                    try await stage.check(
                        ending, afterwards: StoreUnderTest(.rados, reader: store.reader, writer: store.writer))
                }
            }
            return endings
        }
    }

    /// Runs the changes into the fault, and checks the errors while the fault lasts.
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

    /// The changes before they begin, each with its tree, in pools that are removed afterwards.
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
        /// The store of another client, which does not meet the fault.
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

        /// Checks that the error names the operation, an object and an errno, and is not "not
        /// found".
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

        /// Checks the pool after the fault.
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

        /// An unanswered operation may be executed late: at the latest before the object answers
        /// the same client again.
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

    /// Stops every change until all have arrived and the fault has struck.
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

        /// Throws the error of the strike.
        func pass() throws {
            try outcome?.get()
        }
    }
}

extension ChangingVerb {
    /// The number of writes of the change.
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
