@testable import ObjectStore
import Testing

extension ConformanceCase {
    /// Objects that several cases use.
    static let thing = ObjectID("/thing")
    static let key: ByteString = "key"
    static let attribute: ByteString = "attribute"

    /// An object with data, xattrs and an omap.
    static func prepare(_ store: StoreUnderTest, _ object: ObjectID = thing) async throws -> ObjectState {
        try await store.set(
            object,
            [
                .writeFull(Array("data".utf8)), .setXattr(name: attribute, value: [1, 2, 3]),
                .setOmap([key: [0xff, 0xfe], "empty": []]),
            ])
        return try await store.state(object)
    }

    static let touch = WriteOperation.Mutation.setOmap(["touched": [1]])

    static let guards: [ConformanceCase] = [
        ConformanceCase("guard exists holds") { store in
            _ = try await prepare(store)
            try await store.set(thing, [touch], where: [.exists])
            #expect(try await store.state(thing).omap.map(\.key) == ["empty", key, "touched"])
        },
        ConformanceCase("guard exists creates nothing") { store in
            try await store.expectRefusal(thing, [touch], where: [.exists], by: .exists)
            #expect(try await store.reader.read(.stat, of: thing) == nil)
        },
        ConformanceCase("guard does not exist holds, and creates") { store in
            try await store.set(thing, [touch], where: [.doesNotExist])
            #expect(try await store.state(thing).omap == [OmapEntry(key: "touched", value: [1])])
        },
        ConformanceCase("guard does not exist creates without mutations") { store in
            try await store.set(thing, [], where: [.doesNotExist])
            #expect(try await store.state(thing).size == 0)
        },
        ConformanceCase("guard does not exist fails on an existing object") { store in
            _ = try await prepare(store)
            try await store.expectRefusal(thing, [touch], where: [.doesNotExist], by: .doesNotExist)
        },
        ConformanceCase("guard version holds") { store in
            let state = try await prepare(store)
            try await store.set(thing, [touch], where: [.version(state.version)])
            #expect(try await store.state(thing).version > state.version)
        },
        ConformanceCase("guard version fails after another write") { store in
            let state = try await prepare(store)
            try await store.set(thing, [touch])
            let guardian = WriteOperation.Guard.version(state.version)
            try await store.expectRefusal(thing, [.remove], where: [guardian], by: guardian)
        },
        ConformanceCase("guard version fails on a later version") { store in
            let state = try await prepare(store)
            let guardian = WriteOperation.Guard.version(state.version + 1000)
            try await store.expectRefusal(thing, [touch], where: [guardian], by: guardian)
        },
        ConformanceCase("guard version fails on a missing object") { store in
            try await store.expectRefusal(thing, [touch], where: [.version(1)], by: .version(1))
            #expect(try await store.reader.read(.stat, of: thing) == nil)
        },
        ConformanceCase("guard version sees a removal and a re-creation") { store in
            let state = try await prepare(store)
            try await store.set(thing, [.remove])
            _ = try await prepare(store)
            let guardian = WriteOperation.Guard.version(state.version)
            try await store.expectRefusal(thing, [touch], where: [guardian], by: guardian)
        },
        ConformanceCase("guard omap value holds") { store in
            _ = try await prepare(store)
            try await store.set(thing, [touch], where: [.omapValue(key: key, equals: [0xff, 0xfe])])
            #expect(try await store.state(thing).omap.count == 3)
        },
        ConformanceCase("guard omap value fails on another value") { store in
            _ = try await prepare(store)
            for value: [UInt8] in [[0xff], [0xff, 0xff], [0xff, 0xfe, 0], [0]] {
                let guardian = WriteOperation.Guard.omapValue(key: key, equals: value)
                try await store.expectRefusal(thing, [touch], where: [guardian], by: guardian)
            }
        },
        ConformanceCase("guard omap value fails on an empty value and on a missing key") { store in
            _ = try await prepare(store)
            for name: ByteString in ["empty", "missing", "KEY"] {
                let guardian = WriteOperation.Guard.omapValue(key: name, equals: [0xff, 0xfe])
                try await store.expectRefusal(thing, [touch], where: [guardian], by: guardian)
            }
        },
        ConformanceCase("guard omap value fails on a missing object") { store in
            let guardian = WriteOperation.Guard.omapValue(key: key, equals: [1])
            try await store.expectRefusal(thing, [touch], where: [guardian], by: guardian)
            #expect(try await store.reader.read(.stat, of: thing) == nil)
        },
        ConformanceCase("guard omap value with a key that is no UTF-8") { store in
            let strange = ByteString(bytes: [0xc3, 0x28, 0x00, 0xff])
            try await store.set(thing, [.setOmap([strange: [0, 0x80]])])
            try await store.set(thing, [touch], where: [.omapValue(key: strange, equals: [0, 0x80])])
            let guardian = WriteOperation.Guard.omapValue(key: ByteString(bytes: [0xc3, 0x28]), equals: [0, 0x80])
            try await store.expectRefusal(thing, [touch], where: [guardian], by: guardian)
        },
        ConformanceCase("guard xattr holds") { store in
            _ = try await prepare(store)
            try await store.set(thing, [touch], where: [.xattr(name: attribute, equals: [1, 2, 3])])
            #expect(try await store.state(thing).omap.count == 3)
        },
        ConformanceCase("guard xattr fails on another value and on a missing xattr") { store in
            _ = try await prepare(store)
            for guardian: WriteOperation.Guard in [
                .xattr(name: attribute, equals: [1, 2]), .xattr(name: attribute, equals: [1, 2, 4]),
                .xattr(name: "missing", equals: [1, 2, 3]),
            ] {
                try await store.expectRefusal(thing, [touch], where: [guardian], by: guardian)
            }
        },
        ConformanceCase("guard xattr fails on a missing object") { store in
            let guardian = WriteOperation.Guard.xattr(name: attribute, equals: [1])
            try await store.expectRefusal(thing, [touch], where: [guardian], by: guardian)
            #expect(try await store.reader.read(.stat, of: thing) == nil)
        },
    ]
}
