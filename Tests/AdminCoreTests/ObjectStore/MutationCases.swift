@testable import ObjectStore
import Foundation
import Testing

extension ConformanceCase {
    static let mutations: [ConformanceCase] = [
        ConformanceCase("create makes an empty object, and does not change an existing one") { store in
            try await store.set(thing, [.create])
            let empty = try await store.state(thing)
            #expect(empty.size == 0 && empty.xattrs.isEmpty && empty.omap.isEmpty && empty.data.isEmpty)
            let full = try await prepare(store)
            try await store.set(thing, [.create])
            let after = try await store.state(thing)
            #expect(after.data == full.data && after.xattrs == full.xattrs && after.omap == full.omap)
        },
        ConformanceCase("every mutation but removals creates the object") { store in
            let creating: [WriteOperation.Mutation] = [
                .create, .write([1], at: 0), .writeFull([]), .truncate(5), .setXattr(name: attribute, value: [1]),
                .removeXattr(attribute), .setOmap([:]), .setOmap([key: []]),
            ]
            for (index, mutation) in creating.enumerated() {
                let object = ObjectID(ByteString("/creating-\(index)"))
                try await store.set(object, [mutation])
                #expect(try await store.reader.read(.stat, of: object) != nil, "\(mutation)")
            }
        },
        ConformanceCase("removing omap keys of a missing object is refused") { store in
            try await store.expectRefusal(thing, [.removeOmap([key])], by: .exists)
            #expect(try await store.reader.read(.stat, of: thing) == nil)
        },
        ConformanceCase("removing a missing object is refused") { store in
            try await store.expectRefusal(thing, [.remove], by: .exists)
        },
        ConformanceCase("remove removes data, xattrs and omap") { store in
            _ = try await prepare(store)
            try await store.set(thing, [.remove])
            #expect(try await store.reader.read(.everything, of: thing) == nil)
            try await store.set(thing, [.create])
            let state = try await store.state(thing)
            #expect(state.size == 0 && state.data.isEmpty && state.xattrs.isEmpty && state.omap.isEmpty)
        },
        ConformanceCase("remove must be alone") { store in
            _ = try await prepare(store)
            await store.expectInvalid(thing, [touch, .remove])
            await store.expectInvalid(thing, [.remove, .create])
        },
        ConformanceCase("mutations are executed in their order") { store in
            try await store.set(
                thing,
                [
                    .setOmap(["a": [1], "b": [1]]), .removeOmap(["a"]), .setOmap(["b": [2], "c": [3]]),
                    .writeFull([1, 2, 3]), .truncate(1), .write([9], at: 2),
                    .setXattr(name: "x", value: [1]), .setXattr(name: "x", value: [2]),
                    .setXattr(name: "y", value: [1]), .removeXattr("y"),
                ])
            let state = try await store.state(thing)
            #expect(state.omap == [OmapEntry(key: "b", value: [2]), OmapEntry(key: "c", value: [3])])
            #expect(state.data == [1, 0, 9])
            #expect(state.xattrs == ["x": [2]])
        },
        ConformanceCase("set and remove keys in one operation") { store in
            try await store.set(thing, [.setOmap(["old": [7]])])
            try await store.set(
                thing, [.setOmap(["new": [7]]), .removeOmap(["old"])], where: [.omapValue(key: "old", equals: [7])])
            #expect(try await store.state(thing).omap == [OmapEntry(key: "new", value: [7])])
        },
        ConformanceCase("removing missing keys and xattrs is no error") { store in
            let state = try await prepare(store)
            try await store.set(thing, [.removeOmap(["missing"]), .removeXattr("missing"), .removeOmap([])])
            let after = try await store.state(thing)
            #expect(after.omap == state.omap && after.xattrs == state.xattrs && after.data == state.data)
        },
        ConformanceCase("xattrs hold any bytes, also none and many") { store in
            let values: [ByteString: [UInt8]] = [
                "empty": [], "zeros": [0, 0, 0], "binary": (0...255).map { $0 },
                "large": [UInt8](repeating: 0xa5, count: 60_000),
                ByteString(bytes: [0xff, 0xfe, 0x01]): [1],
                ByteString(bytes: [UInt8](repeating: 0x61, count: 100)): [2],
            ]
            for (name, value) in values {
                try await store.set(thing, [.setXattr(name: name, value: value)])
            }
            #expect(try await store.state(thing).xattrs == values)
            #expect(try await store.state(thing, .stat).xattrs.isEmpty)
            try await store.set(thing, [.removeXattr("large"), .setXattr(name: "zeros", value: [])])
            let state = try await store.state(thing)
            #expect(state.xattrs.count == values.count - 1 && state.xattrs["zeros"] == [])
        },
        ConformanceCase("the version grows with every change, and reads leave it alone") { store in
            var versions: [UInt64] = []
            for mutation: WriteOperation.Mutation in [
                .create, .writeFull([1]), .write([2], at: 1), .truncate(1), .setXattr(name: "x", value: [1]),
                .removeXattr("x"), .setOmap([key: [1]]), .removeOmap([key]),
            ] {
                try await store.set(thing, [mutation])
                versions.append(try await store.state(thing).version)
                versions.append(try await store.state(thing, .stat).version)
            }
            #expect(versions.filter { $0 == 0 }.isEmpty)
            for index in stride(from: 0, to: versions.count, by: 2) {
                #expect(versions[index] == versions[index + 1])
                #expect(index == 0 || versions[index] > versions[index - 1])
            }
        },
        ConformanceCase("the version goes on growing after removal and re-creation") { store in
            var last: UInt64 = 0
            for _ in 0..<5 {
                try await store.set(thing, [.create])
                let version = try await store.state(thing, .stat).version
                #expect(version > last)
                last = version
                try await store.set(thing, [.remove])
            }
        },
        ConformanceCase("an operation of another object leaves the version alone") { store in
            let state = try await prepare(store)
            try await store.set(ObjectID("/other"), [.writeFull([1])])
            try await store.set(ObjectID("/thing", namespace: "other"), [.writeFull([1])])
            #expect(try await store.state(thing) == state)
        },
        ConformanceCase("the modification time is that of the change") { store in
            let before = store.clock.now.addingTimeInterval(-2)
            try await store.set(thing, [.create])
            let created = try await store.state(thing, .stat).modified
            #expect(created >= before && created <= store.clock.now.addingTimeInterval(2))
        },
        ConformanceCase("the modification time can be restored, and changes with the next change") { store in
            let old = Date(timeIntervalSince1970: 1_456_789_012)
            try await store.set(thing, [.writeFull([1])], modified: old)
            #expect(try await store.state(thing, .stat).modified == old)
            let older = Date(timeIntervalSince1970: 1_400_000_000)
            try await store.set(thing, [.setOmap([key: [1]])], modified: older)
            #expect(try await store.state(thing, .stat).modified == older)
            try await store.set(thing, [.setOmap([key: [2]])])
            #expect(try await store.state(thing, .stat).modified > store.clock.now.addingTimeInterval(-60))
        },
    ]
}
