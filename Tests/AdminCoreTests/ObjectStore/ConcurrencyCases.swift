@testable import ObjectStore
import Testing

extension ConformanceCase {
    static let concurrency: [ConformanceCase] = [
        ConformanceCase("of 64 tasks that exchange one value exactly one wins") { store in
            try await store.set(thing, [.setOmap([key: [0]])])
            let outcomes = await withTaskGroup(of: (UInt8, WriteOutcome).self) { group in
                for index: UInt8 in 1...64 {
                    group.addTask {
                        let guardian = WriteOperation.Guard.omapValue(key: key, equals: [0])
                        return (index, await store.change(thing, [.setOmap([key: [index]])], where: [guardian]))
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = outcomes.filter { $0.1 == .applied }
            #expect(winners.count == 1)
            #expect(outcomes.filter { $0.1 == .refused(.omapValue(key: key, equals: [0])) }.count == 63)
            #expect(try await store.state(thing).omap.first?.value == winners.map(\.0))
        },
        ConformanceCase("of 64 tasks that create one object exactly one does") { store in
            let applied = await withTaskGroup(of: WriteOutcome.self) { group in
                for index: UInt8 in 1...64 {
                    group.addTask { await store.change(thing, [.writeFull([index])], where: [.doesNotExist]) }
                }
                return await group.reduce(into: 0) { $0 += $1 == .applied ? 1 : 0 }
            }
            #expect(applied == 1)
        },
        ConformanceCase("increments that are guarded by the version lose nothing") { store in
            try await store.set(thing, [.writeFull([0])])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var done = 0
                        while done < 10 {
                            let state = try await store.state(thing)
                            let next = [state.data[0] + 1]
                            switch await store.change(
                                thing, [.writeFull(next)], where: [.version(state.version)])
                            {
                            case .applied: done += 1
                            case .refused: continue
                            case .failed(let error), .unknown(let error): throw error
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.state(thing).data == [80])
        },
        ConformanceCase("a read sees one version: data, xattr and omap agree") { store in
            let write: @Sendable (UInt8) -> [WriteOperation.Mutation] = { value in
                [
                    .writeFull([value]), .setXattr(name: attribute, value: [value]), .setOmap([key: [value]]),
                ]
            }
            try await store.set(thing, write(0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for value: UInt8 in 1...100 { try await store.set(thing, write(value)) }
                }
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<50 {
                            let state = try await store.state(thing)
                            #expect(state.xattrs[attribute] == state.data)
                            #expect(state.omap.first?.value == state.data)
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        ConformanceCase("wholeOmap is one version, also beside writers") { store in
            // Every version has the same number of keys, shifted by one: a mixture has more or
            // fewer.
            let count = 2100
            let name: @Sendable (Int) -> ByteString = { ByteString("k\(String($0 + 100_000).dropFirst())") }
            try await store.set(
                thing,
                [.setOmap(Dictionary((0..<count).map { (name($0), [1]) }, uniquingKeysWith: { $1 }))])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 0..<10 {
                        try await store.set(
                            thing, [.setOmap([name(count + round): [1]]), .removeOmap([name(round)])])
                        let state = try #require(try await store.reader.wholeOmap(of: thing))
                        #expect(state.omap.count == count)
                    }
                }
                for _ in 0..<2 {
                    group.addTask {
                        for _ in 0..<5 {
                            do {
                                let state = try #require(try await store.reader.wholeOmap(of: thing))
                                #expect(state.omap.count == count)
                            } catch let error as StoreError where error.kind == .busy {
                                // Allowed: the object changed again and again.
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        ConformanceCase("hundreds of operations in flight") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<600 {
                    group.addTask {
                        let object = ObjectID(ByteString("/many-\(index)"))
                        try await store.set(object, [.setOmap([key: Array("\(index)".utf8)])])
                        #expect(try await store.state(object).omap.first?.value == Array("\(index)".utf8))
                    }
                }
                try await group.waitForAll()
            }
            let load = store.reader.load
            #expect(load.inFlight == 0 && load.limit >= 1 && load.stalled == nil)
            #expect((load.latency ?? 0) > 0)
        },
        ConformanceCase("a cancelled write reports whether it was executed, or unknown") { store async throws in
            for round in 0..<50 {
                let object = ObjectID(ByteString("/cancelled-\(round)"))
                let task = Task { await store.change(object, [.setOmap([key: [1]])], where: [.doesNotExist]) }
                if round.isMultiple(of: 2) { await Task.yield() }
                task.cancel()
                switch await task.value {
                case .applied:
                    #expect(try await store.state(object).omap.count == 1)
                case .failed(let error):
                    #expect(error.kind == .cancelled)
                    #expect(try await store.reader.read(.stat, of: object) == nil)
                case .unknown(let error):
                    #expect(error.kind == .cancelled)
                case .refused(let guardian):
                    Issue.record("refused by \(guardian)")
                }
            }
        },
        ConformanceCase("a cancelled read throws or answers") { store in
            let state = try await prepare(store)
            for round in 0..<50 {
                let task = Task { try await store.state(thing) }
                if round.isMultiple(of: 2) { await Task.yield() }
                task.cancel()
                do {
                    #expect(try await task.value == state)
                } catch {
                    #expect((error as? StoreError)?.kind == .cancelled)
                }
            }
        },
    ]
}
