@testable import ObjectStore
import Testing

/// Bytes that depend on their offset: no two ranges are equal.
func pattern(_ range: Range<Int>) -> [UInt8] {
    range.map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
}

extension ConformanceCase {
    static let data: [ConformanceCase] = [
        ConformanceCase("ranged reads, inside, across the end and behind it") { store in
            let content = pattern(0..<300_000)
            try await store.set(thing, [.writeFull(content)])
            for range: Range<UInt64> in [
                0..<300_000, 0..<1, 65_535..<65_537, 65_536..<131_072, 100_000..<250_001, 299_999..<300_000,
            ] {
                let state = try await store.state(thing, ReadOperation(data: range))
                #expect(state.data == Array(content[Int(range.lowerBound)..<Int(range.upperBound)]), "\(range)")
                #expect(state.size == 300_000)
            }
            #expect(try await store.state(thing, ReadOperation(data: 299_990..<400_000)).data == content.suffix(10))
            #expect(try await store.state(thing, ReadOperation(data: 300_000..<300_001)).data.isEmpty)
            #expect(try await store.state(thing, ReadOperation(data: 5_000_000_000..<5_000_000_001)).data.isEmpty)
            #expect(try await store.state(thing, ReadOperation(data: 7..<7)).data.isEmpty)
            #expect(try await store.state(thing, .stat).data.isEmpty)
        },
        ConformanceCase("data of an object without data") { store in
            try await store.set(thing, [.setOmap([key: [1]])])
            let state = try await store.state(thing, ReadOperation(data: 0..<1000))
            #expect(state.size == 0 && state.data.isEmpty && state.omap.isEmpty)
        },
        ConformanceCase("a gap before a write reads as zeros") { store in
            try await store.set(thing, [.write([1, 2], at: 200_000)])
            let state = try await store.state(thing)
            #expect(state.size == 200_002)
            #expect(state.data == [UInt8](repeating: 0, count: 200_000) + [1, 2])
            try await store.set(thing, [.write([3], at: 100_000)])
            #expect(try await store.state(thing, ReadOperation(data: 99_999..<100_002)).data == [0, 3, 0])
        },
        ConformanceCase("writes overlap") { store in
            var expected = pattern(0..<200_000)
            try await store.set(thing, [.writeFull(expected)])
            for (offset, count) in [(0, 10), (65_530, 12), (10, 131_000), (131_072, 65_536), (199_995, 20)] {
                let bytes = pattern(offset + 7..<offset + 7 + count)
                try await store.set(thing, [.write(bytes, at: UInt64(offset))])
                if expected.count < offset + count {
                    expected += [UInt8](repeating: 0, count: offset + count - expected.count)
                }
                expected.replaceSubrange(offset..<offset + count, with: bytes)
                let state = try await store.state(thing)
                #expect(state.data == expected && state.size == UInt64(expected.count))
            }
        },
        ConformanceCase("append where the object ends") { store in
            var expected: [UInt8] = []
            for count in [1, 65_534, 1, 1, 70_000] {
                let bytes = pattern(expected.count..<expected.count + count)
                try await store.set(thing, [.write(bytes, at: UInt64(expected.count))])
                expected += bytes
            }
            #expect(try await store.state(thing).data == expected)
        },
        ConformanceCase("a write without bytes only extends") { store in
            try await store.set(thing, [.writeFull([1, 2, 3])])
            try await store.set(thing, [.write([], at: 1)])
            #expect(try await store.state(thing).data == [1, 2, 3])
            try await store.set(thing, [.write([], at: 5)])
            #expect(try await store.state(thing).data == [1, 2, 3, 0, 0])
        },
        ConformanceCase("writeFull replaces all data and nothing else") { store in
            let before = try await prepare(store)
            try await store.set(thing, [.writeFull(pattern(0..<150_000))])
            try await store.set(thing, [.writeFull([7])])
            let state = try await store.state(thing)
            #expect(state.size == 1 && state.data == [7])
            #expect(state.omap == before.omap && state.xattrs == before.xattrs)
            try await store.set(thing, [.writeFull([])])
            #expect(try await store.state(thing).size == 0)
        },
        ConformanceCase("truncate cuts, and extends with zeros") { store in
            let content = pattern(0..<200_000)
            try await store.set(thing, [.writeFull(content)])
            try await store.set(thing, [.truncate(70_000)])
            #expect(try await store.state(thing).data == Array(content.prefix(70_000)))
            try await store.set(thing, [.truncate(150_000)])
            let zeros = [UInt8](repeating: 0, count: 80_000)
            #expect(try await store.state(thing).data == Array(content.prefix(70_000)) + zeros)
            try await store.set(thing, [.truncate(65_536)])
            try await store.set(thing, [.truncate(65_540)])
            #expect(try await store.state(thing).data == Array(content.prefix(65_536)) + [0, 0, 0, 0])
            try await store.set(thing, [.truncate(0)])
            try await store.set(thing, [.truncate(3)])
            #expect(try await store.state(thing).data == [0, 0, 0])
        },
        ConformanceCase("a chunk of 4 MiB, and a range of it") { store in
            let content = pattern(0..<4 << 20)
            try await store.set(thing, [.writeFull(content), .setXattr(name: "total-size", value: [1])])
            #expect(try await store.state(thing, ReadOperation(data: 0..<(8 << 20))).data == content)
            #expect(
                try await store.state(thing, ReadOperation(data: 3_000_000..<3_000_100)).data
                    == Array(content[3_000_000..<3_000_100]))
        },
        ConformanceCase("an object of 128 MiB that is mostly hole") { store in
            try await store.set(thing, [.truncate((128 << 20) - 1)])
            let state = try await store.state(thing, ReadOperation(data: (128 << 20) - 10..<(128 << 20) + 10))
            #expect(state.size == (128 << 20) - 1 && state.data == [UInt8](repeating: 0, count: 9))
            try await store.set(thing, [.write([1], at: (128 << 20) - 1)])
            #expect(try await store.state(thing, .stat).size == 128 << 20)
        },
        ConformanceCase("too large an object, write or read is invalid") { store in
            _ = try await prepare(store)
            await store.expectInvalid(thing, [.truncate(128 << 20)])
            await store.expectInvalid(thing, [.write([1], at: 128 << 20)])
            await store.expectInvalid(thing, [.write([1], at: UInt64.max)])
            await store.expectInvalid(thing, [.writeFull([UInt8](repeating: 0, count: (90 << 20) + 1))])
            await store.expectInvalidRead(ReadOperation(data: 0..<(64 << 20) + 1), of: thing)
        },
    ]
}
