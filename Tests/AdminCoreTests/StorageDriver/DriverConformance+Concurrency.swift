import Foundation
import Testing

@testable import ObjectStore
@testable import StorageDriver

extension ConformanceCase {
    static let driverConcurrency: [ConformanceCase] = [
        ConformanceCase("32 readers of one file, 32 writers of 32 files") { store in
            let driver = store.driver()
            let file = try path("/shared")
            try await driver.putContent(file, pattern(10_000))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<32 {
                    group.addTask {
                        let content = try await driver.reader.stream(file)
                        #expect(content == pattern(10_000))
                    }
                    group.addTask {
                        try await driver.putContent(
                            path("/dir/\(index % 4)/\(index)"), pattern(2000, seed: UInt64(index)))
                    }
                }
                try await group.waitForAll()
            }
            for index in 0..<32 {
                let file = try path("/dir/\(index % 4)/\(index)")
                #expect(try await driver.reader.content(file) == pattern(2000, seed: UInt64(index)))
            }
            #expect(try await driver.reader.list(path("/dir")).count == 4)
        },
        ConformanceCase("of many writers of one new path one wins, and nothing leaks") { store in
            let driver = store.driver()
            let file = try path("/dir/file")
            let winners = await withTaskGroup(of: Int?.self) { group in
                for index in 0..<16 {
                    group.addTask {
                        do {
                            let writer = try await driver.writer(file, offset: 0)
                            try await writer.write(pattern(2500, seed: UInt64(index)))
                            try await writer.commit()
                            return index
                        } catch {
                            #expect(error as? StorageError == .changedMeanwhile(file))
                            return nil
                        }
                    }
                }
                return await group.reduce(into: [Int]()) { if let index = $1 { $0.append(index) } }
            }
            #expect(!winners.isEmpty)
            let content = try await driver.reader.content(file)
            #expect(winners.contains { content == pattern(2500, seed: UInt64($0)) })
        },
        ConformanceCase("two writers and a deleter in one directory: no child is lost, no directory unlisted") {
            store in
            let driver = store.driver()
            for round in 0..<(LongVariants.areOn || store.kind == .sqliteMemory ? 2000 : 100) {
                try await driver.putContent(path("/top/dir/seed"), [1])
                await withTaskGroup(of: Void.self) { group in
                    for name in ["one", "two"] {
                        group.addTask {
                            do {
                                try await driver.putContent(path("/top/dir/\(name)-\(round)"), [2])
                            } catch {
                                Issue.record("\(error)")
                            }
                        }
                    }
                    group.addTask {
                        do {
                            try await driver.delete(path("/top/dir/seed"))
                        } catch {
                            Issue.record("\(error)")
                        }
                    }
                }
                #expect(try await driver.reader.list(path("/top/dir")).map(\.name) == ["one-\(round)", "two-\(round)"])
                #expect(try await driver.reader.list(path("/top")).map(\.name) == ["dir"])
                #expect(try await driver.reader.list(.root).map(\.name) == ["top"])
                try await driver.delete(path("/top"))
            }
        },
        ConformanceCase("what is freed and restored at once ends either way, whole") { store in
            let driver = store.driver()
            let note = Holding.Note(name: "x", kind: "other", by: "a test", begun: WallClock.test.now)
            for round in 0..<10 {
                let files = try (0..<8).map { try path("/from/\(round)/\($0)") }
                for (index, file) in files.enumerated() {
                    try await driver.putContent(file, pattern(1500, seed: UInt64(index + 1)))
                }
                var references: [(StoragePath, BlobIdentifier)] = []
                for file in files { references.append((file, try await driver.reader.blob(file))) }
                let place = try path("/trash/\(round)")
                #expect(try await driver.holdings.put(references, at: place, note).isEmpty)
                let holding = try #require(try await driver.reader.holding(place))
                async let restoring = driver.holdings.restore(holding.entries, of: place)
                // A census is void if a restore runs beside it; then nothing is freed.
                async let freeing: [Holdings.FreeOutcome]? = try? driver.holdings.free(holding.entries, of: holding)
                let (restored, freed) = try await (restoring, freeing)
                for (index, entry) in holding.entries.enumerated() {
                    let isFreed = freed?[index] == .freed
                    #expect((restored[index] == .restored) != isFreed)
                    if isFreed {
                        #expect(try await driver.reader.entry(entry.origin) == nil)
                    } else {
                        #expect(try await driver.reader.content(entry.origin) == pattern(1500, seed: UInt64(index + 1)))
                    }
                }
                #expect(try await driver.reader.holding(place) == nil)
            }
        },
        ConformanceCase("a file that is deleted while it is moved is in at most one place") { store in
            let driver = store.driver()
            for round in 0..<30 {
                let (source, destination) = (try path("/from/\(round)"), try path("/to/\(round)"))
                try await driver.putContent(source, pattern(100))
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try? await driver.move(source, to: destination) }
                    group.addTask { _ = try? await driver.delete(source) }
                }
                let places = try await [driver.reader.entry(source), driver.reader.entry(destination)].compactMap(
                    \.self)
                #expect(places.count <= 1)
            }
        },
    ]
}
