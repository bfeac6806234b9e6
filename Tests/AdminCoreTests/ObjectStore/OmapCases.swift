@testable import ObjectStore
import Testing

extension ConformanceCase {
    private static func numbered(_ index: Int) -> ByteString {
        ByteString("key-\(String(index + 1_000_000).dropFirst())")
    }

    /// An omap of `count` keys, in byte order.
    private static func fill(_ store: StoreUnderTest, count: Int) async throws -> [OmapEntry] {
        let entries = (0..<count).map { OmapEntry(key: numbered($0), value: Array("\($0)".utf8)) }
        for start in stride(from: 0, to: count, by: 2500) {
            let part = entries[start..<min(start + 2500, count)]
            try await store.set(
                thing, [.setOmap(Dictionary(part.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))])
        }
        return entries
    }

    static let omap: [ConformanceCase] = [
        ConformanceCase("10,000 keys, paged, and as a whole") { store in
            let entries = try await fill(store, count: 10_000)
            var found: [OmapEntry] = []
            var pages = 0
            var hasMore = true
            while hasMore {
                let state = try await store.state(
                    thing, ReadOperation(omap: .page(after: found.last?.key, limit: 1000)))
                #expect(state.omap.count == 1000)
                found += state.omap
                hasMore = state.hasMore
                pages += 1
            }
            #expect(pages == 10 && found == entries)
            #expect(try await store.reader.wholeOmap(of: thing)?.omap == entries)
        },
        ConformanceCase("a page has at most 1024 keys") { store in
            let entries = try await fill(store, count: 2500)
            for limit in [1024, 1025, 5000, Int(Int32.max)] {
                let state = try await store.state(thing, ReadOperation(omap: .page(after: nil, limit: limit)))
                #expect(state.omap == Array(entries.prefix(1024)) && state.hasMore)
            }
        },
        ConformanceCase("hasMore is exact") { store in
            let entries = try await fill(store, count: 1024)
            let whole = try await store.state(thing, ReadOperation(omap: .page(after: nil, limit: 1024)))
            #expect(whole.omap.count == 1024 && !whole.hasMore)
            for (after, limit, more) in [(1021, 1, true), (1021, 2, false), (1022, 1, false), (1022, 5, false)] {
                let state = try await store.state(
                    thing, ReadOperation(omap: .page(after: entries[after].key, limit: limit)))
                #expect(state.hasMore == more, "after \(after), \(limit)")
            }
            let end = try await store.state(thing, ReadOperation(omap: .page(after: entries[1023].key, limit: 5)))
            #expect(end.omap.isEmpty && !end.hasMore)
        },
        ConformanceCase("a page begins after a key that may be missing") { store in
            _ = try await fill(store, count: 10)
            let state = try await store.state(
                thing, ReadOperation(omap: .page(after: "key-000003x", limit: 2)))
            #expect(state.omap.map(\.key) == [numbered(4), numbered(5)] && state.hasMore)
            #expect(try await store.state(thing, ReadOperation(omap: .page(after: "z", limit: 2))).omap.isEmpty)
        },
        ConformanceCase("keys come in the order of their bytes") { store in
            let keys: [[UInt8]] = [
                [0x01], [0x20], [0x41], [0x41, 0x01], [0x41, 0xff], [0x61], [0x7f], [0x80], [0xc3, 0xa9], [0xc3, 0xff],
                [0xef, 0xbf, 0xbf], [0xf0, 0x9f, 0x98, 0x80], [0xff], [0xff, 0xff],
            ]
            let names = keys.map { ByteString(bytes: $0) }
            try await store.set(
                thing, [.setOmap(Dictionary(names.map { ($0, $0.bytes) }, uniquingKeysWith: { $1 }))])
            #expect(try await store.state(thing).omap.map(\.key) == names)
            for (index, name) in names.enumerated() {
                let page = try await store.state(thing, ReadOperation(omap: .page(after: name, limit: 100)))
                #expect(page.omap.map(\.key) == Array(names[(index + 1)...]))
            }
        },
        ConformanceCase("keys that look alike are different keys") { store in
            let composed: ByteString = "caf\u{e9}"
            let decomposed: ByteString = "cafe\u{301}"
            try await store.set(thing, [.setOmap([composed: [1], decomposed: [2]])])
            #expect(
                try await store.state(thing).omap
                    == [OmapEntry(key: decomposed, value: [2]), OmapEntry(key: composed, value: [1])])
        },
        ConformanceCase("values of any bytes, also none and many") { store in
            let values: [ByteString: [UInt8]] = [
                "binary": (0...255).map { $0 }, "empty": [], "invalid": [0xc3, 0x28, 0xff], "zero": [0],
                "large": [UInt8](repeating: 0x5a, count: 1 << 20),
            ]
            try await store.set(thing, [.setOmap(values)])
            let found = try await store.state(thing).omap
            #expect(Dictionary(found.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }) == values)
            try await store.set(thing, [.setOmap(["large": []])])
            #expect(try await store.state(thing, ReadOperation(omap: .keys(["large"]))).omap.first?.value == [])
        },
        ConformanceCase("a key with a zero byte is a key") { store in
            let strange = ByteString(bytes: [0x61, 0x00, 0x62])
            try await store.set(thing, [.setOmap([strange: [1], "a": [2], "z": [3]])])
            #expect(try await store.state(thing).omap.map(\.key) == ["a", strange, "z"])
            #expect(
                try await store.state(thing, ReadOperation(omap: .keys([strange]))).omap
                    == [OmapEntry(key: strange, value: [1])])
            try await store.set(thing, [.removeOmap([strange])])
            #expect(try await store.state(thing).omap.map(\.key) == ["a", "z"])
        },
        ConformanceCase("exact keys: missing ones are left out, order is by bytes") { store in
            _ = try await fill(store, count: 20)
            let asked: [ByteString] = [numbered(7), "missing", numbered(3), numbered(19), "", numbered(3)]
            let state = try await store.state(thing, ReadOperation(omap: .keys(asked)))
            #expect(state.omap.map(\.key) == [numbered(3), numbered(7), numbered(19)])
            #expect(state.omap.map(\.value) == [Array("3".utf8), Array("7".utf8), Array("19".utf8)])
            #expect(!state.hasMore)
            #expect(try await store.state(thing, ReadOperation(omap: .keys([]))).omap.isEmpty)
        },
        ConformanceCase("an empty key is invalid") { store in
            _ = try await prepare(store)
            await store.expectInvalid(thing, [.setOmap(["": [1], "a": [1]])])
        },
        ConformanceCase("exact keys are not limited to a page") { store in
            let entries = try await fill(store, count: 3000)
            let state = try await store.state(thing, ReadOperation(omap: .keys(entries.map(\.key))))
            #expect(state.omap == entries)
        },
        ConformanceCase("an omap is read only on request") { store in
            let state = try await prepare(store)
            let stat = try await store.state(thing, .stat)
            #expect(stat.omap.isEmpty && !stat.hasMore && stat.version == state.version)
        },
        ConformanceCase("a missing object has no omap, no data, no xattrs: nil") { store async throws in
            for operation: ReadOperation in [
                .stat, .everything, ReadOperation(omap: .keys([key])), ReadOperation(xattrs: true),
                ReadOperation(data: 0..<1),
            ] {
                #expect(try await store.reader.read(operation, of: thing) == nil)
            }
            #expect(try await store.reader.wholeOmap(of: thing) == nil)
        },
        ConformanceCase("a page of no keys is invalid") { store in
            _ = try await prepare(store)
            await store.expectInvalidRead(ReadOperation(omap: .page(after: nil, limit: 0)), of: thing)
            await store.expectInvalidRead(ReadOperation(omap: .page(after: nil, limit: -1)), of: thing)
        },
        ConformanceCase("wholeOmap refuses more keys than the limit") { store in
            _ = try await fill(store, count: 1500)
            #expect(try await store.reader.wholeOmap(of: thing, atMost: 1500)?.omap.count == 1500)
            await #expect(throws: StoreError.self) {
                try await store.reader.wholeOmap(of: thing, atMost: 1499)
            }
        },
        ConformanceCase("removing thousands of keys at once") { store in
            let entries = try await fill(store, count: 5000)
            try await store.set(thing, [.removeOmap(entries.dropFirst().dropLast().map(\.key))])
            #expect(try await store.state(thing).omap == [entries[0], entries[4999]])
        },
    ]
}
