@testable import ObjectStore
import Testing

extension ConformanceCase {
    static let names: [ConformanceCase] = [
        ConformanceCase("object names of any bytes but zero") { store in
            let names: [ByteString] = [
                ByteString(bytes: [0xff, 0xfe, 0x0a, 0x1b]), "caf\u{e9}", "cafe\u{301}", "/", "..", " ",
                "/a b'\"\\%$", ByteString(bytes: [0x01]), ByteString(bytes: (1...255).map { $0 }),
            ]
            for (index, name) in names.enumerated() {
                try await store.set(ObjectID(name), [.writeFull([UInt8(index)])], where: [.doesNotExist])
            }
            for (index, name) in names.enumerated() {
                #expect(try await store.state(ObjectID(name)).data == [UInt8(index)])
            }
            #expect(Set(try await store.objects()) == Set(names.map { ObjectID($0) }))
        },
        ConformanceCase("namespaces are separate") { store in
            for (index, namespace) in ["", "regtop", "other", "caf\u{e9}"].enumerated() {
                try await store.set(ObjectID("/x", namespace: namespace), [.writeFull([UInt8(index)])])
            }
            for (index, namespace) in ["", "regtop", "other", "caf\u{e9}"].enumerated() {
                #expect(try await store.state(ObjectID("/x", namespace: namespace)).data == [UInt8(index)])
            }
            try await store.set(ObjectID("/x", namespace: "other"), [.remove])
            #expect(try await store.reader.read(.stat, of: ObjectID("/x", namespace: "other")) == nil)
            #expect(try await store.state(ObjectID("/x")).data == [0])
        },
        ConformanceCase("names that are too long, empty or hold a zero byte are invalid") { store async throws in
            for object in [
                ObjectID(ByteString(bytes: [UInt8](repeating: 0x61, count: 2049))), ObjectID(""),
                ObjectID(ByteString(bytes: [0x61, 0, 0x62])), ObjectID("a", namespace: "b\0c"),
                ObjectID("a", namespace: String(repeating: "n", count: 257)),
            ] {
                await store.expectInvalid(object, [.create])
                await store.expectInvalidRead(.stat, of: object)
            }
            #expect(try await store.objects().isEmpty)
        },
        ConformanceCase("xattr names that are too long, empty or hold a zero byte are invalid") { store in
            _ = try await prepare(store)
            for name in [
                ByteString(bytes: [UInt8](repeating: 0x61, count: 101)), "", ByteString(bytes: [0x61, 0, 0x62]),
            ] {
                await store.expectInvalid(thing, [.setXattr(name: name, value: [1])])
                await store.expectInvalid(thing, [.removeXattr(name)])
                await store.expectInvalid(thing, [touch], where: [.xattr(name: name, equals: [1])])
            }
        },
        ConformanceCase("the status names the kind of the store") { store in
            let status = try await store.reader.status()
            #expect(status.backend == store.kind.backend)
            #expect(!status.name.isEmpty)
            let placement = try await store.reader.placement(of: ObjectID("/need-not-exist"))
            #expect((placement == nil) == (status.backend == .sqlite))
        },
    ]
}
