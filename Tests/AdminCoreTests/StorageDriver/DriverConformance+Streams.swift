@testable import ObjectStore
@testable import StorageDriver
import Testing

extension ConformanceCase {
    static let driverStreams: [ConformanceCase] = [
        ConformanceCase("readers begin at any offset") { store in
            let driver = store.driver()
            let file = try path("/file")
            let content = pattern(5000)
            try await driver.putContent(file, content)
            for offset in [0, 1, 1023, 1024, 1025, 2500, 4096, 4999, 5000] {
                #expect(try await driver.reader.stream(file, offset: Int64(offset)) == Array(content[offset...]))
            }
            for offset: Int64 in [5001, .max, -1, .min] {
                await store.expect(.invalidOffset(file, offset: offset, size: 5000)) {
                    try await driver.reader.reader(file, offset: offset)
                }
            }
        },
        ConformanceCase("readers of nothing, and of a directory") { store in
            let driver = store.driver()
            try await driver.putContent(path("/dir/file"), [1])
            await store.expect(.notFound(try path("/nothing"))) { try await driver.reader.reader(path("/nothing")) }
            await store.expect(.isDirectory(try path("/dir"))) { try await driver.reader.reader(path("/dir")) }
            await store.expect(.isDirectory(try path("/dir"))) { try await driver.reader.content(path("/dir")) }
        },
        ConformanceCase("writers resume at every offset modulo the chunk size") { store in
            let driver = store.driver()
            for (old, offset, more) in [
                (0, 0, 10), (10, 10, 5000), (1023, 1023, 2), (1024, 1024, 1), (1025, 1025, 1024), (3000, 3000, 6000),
                (5000, 0, 10), (5000, 100, 200), (5000, 1024, 1024), (5000, 4999, 1), (5000, 2000, 4000),
                (10, 20, 5), (1000, 1024, 5), (1000, 5000, 5), (0, 3000, 1), (500, 3072, 0),
            ] {
                let file = try path("/file-\(old)-\(offset)-\(more)")
                try await driver.putContent(file, pattern(old))
                let added = pattern(more, seed: 99)
                let writer = try await driver.writer(file, offset: Int64(offset))
                #expect(await writer.size == UInt64(max(old, offset)))
                for start in stride(from: 0, to: more, by: 700) {
                    try await writer.write(added[start..<min(start + 700, more)])
                    #expect(await writer.size == UInt64(max(old, offset + min(start + 700, more))))
                }
                try await writer.commit()
                var expected = pattern(old)
                if expected.count < offset { expected += [UInt8](repeating: 0, count: offset - expected.count) }
                expected.replaceSubrange(offset..<min(expected.count, offset + more), with: added)
                #expect(try await driver.reader.content(file) == expected, "\(old) \(offset) \(more)")
                #expect(try await driver.reader.layout(of: driver.reader.blob(file)).isSound)
            }
        },
        ConformanceCase("a writer makes a new file, and refuses offsets below 0") { store in
            let driver = store.driver()
            let file = try path("/new")
            let writer = try await driver.writer(file, offset: 0)
            try await writer.write(pattern(3000))
            await store.expect(.notFound(file)) { try await driver.reader.stat(file) }
            try await writer.commit()
            #expect(try await driver.reader.content(file) == pattern(3000))
            await store.expect(.invalidOffset(file, offset: -1, size: 3000)) {
                try await driver.writer(file, offset: -1)
            }
        },
        ConformanceCase("a writer that gives up leaves nothing") { store in
            let driver = store.driver()
            try await driver.putContent(path("/other"), [1])
            let before = try await store.objects().count
            let writer = try await driver.writer(path("/dir/file"), offset: 0)
            try await writer.write(pattern(9000))
            await writer.cancel()
            #expect(try await store.objects().count == before)
        },
        ConformanceCase("of two writers of one path the later commit fails, and leaves nothing") { store in
            let driver = store.driver()
            let file = try path("/file")
            for old in [nil, 10] as [Int?] {
                if let old { try await driver.putContent(file, pattern(old)) }
                let first = try await driver.writer(file, offset: 0)
                let second = try await driver.writer(file, offset: 0)
                try await first.write(pattern(3000, seed: 1))
                try await second.write(pattern(4000, seed: 2))
                try await first.commit()
                await store.expect(.changedMeanwhile(file)) { try await second.commit() }
                #expect(try await driver.reader.content(file) == pattern(3000, seed: 1))
                if old == nil { #expect(try await store.unreferencedChunks(driver).isEmpty) }
            }
        },
        ConformanceCase("what is damaged is not written on") { store in
            let driver = store.driver()
            let file = try path("/file")
            try await driver.putContent(file, pattern(3000))
            try await store.set(driver.reader.blob(file).chunk(1), [.remove])
            do {
                _ = try await driver.writer(file, offset: 3000)
                Issue.record("expected an error")
            } catch StorageError.damaged {}
            try await driver.putContent(file, [1])
            #expect(try await driver.reader.content(file) == [1])
        },
    ]
}
