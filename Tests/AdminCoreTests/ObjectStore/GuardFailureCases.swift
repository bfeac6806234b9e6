@testable import ObjectStore
import Testing

extension ConformanceCase {
    static let guardFailures: [ConformanceCase] = [
        ConformanceCase("all guards together hold") { store in
            let state = try await prepare(store)
            try await store.set(
                thing, [touch],
                where: [
                    .exists, .version(state.version), .omapValue(key: key, equals: [0xff, 0xfe]),
                    .xattr(name: attribute, equals: [1, 2, 3]),
                ])
        },
        ConformanceCase("one of several guards fails") { store in
            let state = try await prepare(store)
            let version = WriteOperation.Guard.version(state.version)
            let value = WriteOperation.Guard.omapValue(key: key, equals: [0xff, 0xfe])
            let xattr = WriteOperation.Guard.xattr(name: attribute, equals: [1, 2, 3])
            for wrong: WriteOperation.Guard in [
                .doesNotExist, .version(state.version + 7), .omapValue(key: key, equals: [9]),
                .xattr(name: attribute, equals: [9]),
            ] {
                for position in 0...3 where position > 0 || wrong != .doesNotExist {
                    var guards = [version, value, xattr]
                    guards.insert(wrong, at: position)
                    try await store.expectRefusal(thing, [touch], where: guards, by: wrong)
                }
            }
        },
        ConformanceCase("the first of several failing guards is reported") { store in
            _ = try await prepare(store)
            let value = WriteOperation.Guard.omapValue(key: key, equals: [9])
            let xattr = WriteOperation.Guard.xattr(name: attribute, equals: [9])
            let other = WriteOperation.Guard.omapValue(key: "empty", equals: [9])
            try await store.expectRefusal(thing, [touch], where: [value, xattr], by: value)
            try await store.expectRefusal(thing, [touch], where: [xattr, value], by: xattr)
            try await store.expectRefusal(thing, [touch], where: [.exists, other, value], by: other)
        },
        ConformanceCase("two omap values are compared at once") { store in
            try await store.set(thing, [.setOmap(["a": [1], "b": [2]])])
            try await store.set(
                thing, [.setOmap(["a": [3]])],
                where: [.omapValue(key: "a", equals: [1]), .omapValue(key: "b", equals: [2])])
            let stale = WriteOperation.Guard.omapValue(key: "a", equals: [1])
            try await store.expectRefusal(
                thing, [touch], where: [.omapValue(key: "b", equals: [2]), stale], by: stale)
        },
        ConformanceCase("guards without mutations change nothing") { store in
            let state = try await prepare(store)
            try await store.set(thing, [], where: [.exists, .version(state.version)])
            #expect(try await store.state(thing) == state)
            try await store.expectRefusal(
                thing, [], where: [.version(state.version + 1)], by: .version(state.version + 1))
        },
        ConformanceCase("a guard with an empty value is invalid") { store in
            _ = try await prepare(store)
            await store.expectInvalid(thing, [touch], where: [.omapValue(key: "empty", equals: [])])
            await store.expectInvalid(thing, [touch], where: [.omapValue(key: "missing", equals: [])])
            await store.expectInvalid(thing, [touch], where: [.exists, .xattr(name: attribute, equals: [])])
            await store.expectInvalid(ObjectID("/missing"), [touch], where: [.omapValue(key: key, equals: [])])
        },
        ConformanceCase("an operation without any part is invalid") { store async throws in
            await store.expectInvalid(thing, [])
            #expect(try await store.reader.read(.stat, of: thing) == nil)
        },
        ConformanceCase("a refused operation executes no mutation") { store in
            let state = try await prepare(store)
            let guardian = WriteOperation.Guard.version(state.version + 1)
            try await store.expectRefusal(
                thing,
                [
                    .create, .writeFull([9]), .truncate(0), .setXattr(name: attribute, value: [9]),
                    .removeXattr(attribute), .setOmap([key: [9]]), .removeOmap([key]),
                ], where: [guardian], by: guardian)
        },
        ConformanceCase("guards look at one namespace only") { store in
            _ = try await prepare(store, ObjectID("/thing", namespace: "other"))
            try await store.expectRefusal(thing, [touch], where: [.exists], by: .exists)
            try await store.set(thing, [touch], where: [.doesNotExist])
        },
    ]
}
