import Testing

@testable import ObjectStore
@testable import StorageDriver

/// Writers that continue a file before, at and after each chunk boundary.
extension ConformanceCase {
    /// Returns the content of a file after `added` was written to it at `offset`.
    private static func spliced(_ old: [UInt8], _ offset: Int, _ added: [UInt8]) -> [UInt8] {
        var content = old + [UInt8](repeating: 0, count: max(0, offset - old.count))
        content.replaceSubrange(offset..<min(content.count, offset + added.count), with: added)
        return content
    }

    static let driverGaps: [ConformanceCase] = [
        ConformanceCase("writers resume at every place around chunks of eight bytes") { store in
            let driver = store.driver(chunkSize: 8)
            let file = try path("/file")
            for old in [0, 1, 7, 8, 9, 17] {
                for offset in [0, 1, 6, 7, 8, 9, 15, 16, 17, 25] {
                    let added = pattern([0, 1, 8, 10][(old + offset) % 4], seed: 9)
                    try await driver.putContent(file, pattern(old))
                    let writer = try await driver.writer(file, offset: Int64(offset))
                    for (index, byte) in added.enumerated() {
                        try await writer.write([byte])
                        #expect(await writer.size == UInt64(max(old, offset + index + 1)))
                    }
                    #expect(
                        try await driver.reader.stat(file).size == UInt64(old), "nothing is visible before the commit")
                    try await writer.commit()
                    let expected = spliced(pattern(old), offset, added)
                    #expect(try await driver.reader.content(file) == expected, "\(added.count) at \(offset) of \(old)")
                    #expect(try await driver.reader.stat(file).size == UInt64(expected.count))
                    #expect(try await driver.reader.layout(of: driver.reader.blob(file)).isSound)
                }
            }
        },
        ConformanceCase("a gap is zeros, whatever chunks held behind the end") { store in
            let driver = store.driver()
            for (index, offset) in [701, 900, 1024, 1025, 2000, 3000].enumerated() {
                let file = try path("/file-\(index)")
                try await driver.putContent(file, pattern(700))
                let blob = try await driver.reader.blob(file)
                // The remains of a longer file that the old driver overwrote with a shorter one
                // (docs/layout.md#d4): the tail of the last chunk, and the chunks after it.
                try await store.set(blob.chunk(0), [.write(pattern(324, seed: 5), at: 700)])
                try await store.set(blob.chunk(1), [.write(pattern(1024, seed: 6), at: 0)])
                try await store.set(blob.chunk(2), [.write(pattern(500, seed: 7), at: 0)])
                #expect(try await driver.reader.content(file) == pattern(700))
                let writer = try await driver.writer(file, offset: Int64(offset))
                #expect(await writer.size == UInt64(offset))
                try await writer.write([1, 2, 3])
                try await writer.commit()
                #expect(try await driver.reader.content(file) == spliced(pattern(700), offset, [1, 2, 3]), "\(offset)")
                #expect(try await driver.reader.layout(of: driver.reader.blob(file)).isSound)
            }
        },
        ConformanceCase("readers of an overwritten file have one content, whole") { store in
            let driver = store.driver()
            let file = try path("/dir/file")
            try await driver.putContent(file, pattern(3000))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 1...20 {
                        try await driver.putContent(file, pattern(3000 - round, seed: UInt64(round)))
                    }
                }
                for _ in 0..<32 {
                    group.addTask {
                        let content = try await driver.reader.stream(file)
                        let round = 3000 - content.count
                        #expect(content == pattern(content.count, seed: UInt64(max(1, round))))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await driver.reader.content(file) == pattern(2980, seed: 20))
        },
        ConformanceCase("of two writers that commit one new path at once one wins, and the other's chunks are gone") {
            store in
            let driver = store.driver()
            for round in 0..<20 {
                let file = try path("/dir/\(round)")
                let first = try await driver.writer(file, offset: 0)
                let second = try await driver.writer(file, offset: 0)
                try await first.write(pattern(2500, seed: 1))
                try await second.write(pattern(2500, seed: 2))
                let won = await withTaskGroup(of: UInt64?.self) { group in
                    for (seed, writer) in [(1, first), (2, second)] as [(UInt64, FileWriter)] {
                        group.addTask {
                            do {
                                try await writer.commit()
                                return seed
                            } catch {
                                #expect(error as? StorageError == .changedMeanwhile(file))
                                return nil
                            }
                        }
                    }
                    return await group.reduce(into: [UInt64]()) { if let seed = $1 { $0.append(seed) } }
                }
                #expect(won.count == 1)
                #expect(try await driver.reader.content(file) == pattern(2500, seed: won.first ?? 0))
                // The root, the directory, and three chunks for each file.
                let objects = try await store.objects().filter { $0.namespace.isEmpty }
                #expect(objects.count == 2 + 3 * (round + 1))
            }
        },
    ]
}
