import Foundation

@testable import AdminCore

/// One blow to a pool, of any kind.
enum RandomDamage {
    static func strike(_ store: StoreUnderTest, using generator: inout SeededGenerator) async throws {
        let objects = try await store.objects().sorted()
        guard let object = objects.randomElement(using: &generator) else { return }
        guard let state = try await store.reader.read(.everything, of: object) else { return }
        let isChunk = BlobIdentifier.parse(chunkName: object.name) != nil
        _ = await store.change(object, mutations(state, isChunk, objects, &generator))
        if Int.random(in: 0..<6, using: &generator) == 0 {
            _ = await store.change(stranger(&generator), [.writeFull([1, 2, 3])])
        }
    }

    /// An object that was not there.
    private static func stranger(_ generator: inout SeededGenerator) -> ObjectID {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0, 1:
            return BlobIdentifier.random(using: &generator).chunk(Int.random(in: 0..<3, using: &generator))
        case 2:
            let name = ["new", "..", "a//b"].randomElement(using: &generator) ?? ""
            return ObjectID(ByteString("/docker/registry/v2/repositories/\(name)"))
        case 3: return ObjectID("rbd_directory")
        default: return ObjectID("elsewhere", namespace: "theirs")
        }
    }

    private static func mutations(
        _ state: ObjectState, _ isChunk: Bool, _ objects: [ObjectID], _ generator: inout SeededGenerator
    ) -> [WriteOperation.Mutation] {
        isChunk ? chunk(state, &generator) : directory(state, objects, &generator)
    }

    private static func chunk(
        _ state: ObjectState, _ generator: inout SeededGenerator
    ) -> [WriteOperation.Mutation] {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return [.remove]
        case 1: return [.truncate(UInt64.random(in: 0...state.size + 2000, using: &generator))]
        case 2: return [.removeXattr(TotalSize.xattr)]
        case 3:
            let size = UInt64.random(in: 0...5000, using: &generator)
            return [.setXattr(name: TotalSize.xattr, value: TotalSize.encode(size))]
        case 4: return [.setXattr(name: TotalSize.xattr, value: [9])]
        case 5:
            return [
                .setXattr(name: TotalSize.xattr, value: TotalSize.encode(.random(in: 0 ... .max, using: &generator)))
            ]
        case 6: return [.writeFull([])]
        default: return [.write([UInt8.random(in: 0...255, using: &generator)], at: 0)]
        }
    }

    private static func directory(
        _ state: ObjectState, _ objects: [ObjectID], _ generator: inout SeededGenerator
    ) -> [WriteOperation.Mutation] {
        let key = state.omap.randomElement(using: &generator)?.key ?? "nothing"
        let others = objects.compactMap { BlobIdentifier.parse(chunkName: $0.name)?.blob }
        let other = others.randomElement(using: &generator)?.value ?? [1]
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return [.remove]
        case 1: return [.removeOmap([key])]
        case 2: return [.setOmap([key: []])]
        case 3: return [.setOmap([key: BlobIdentifier.random(using: &generator).value])]
        case 4: return [.setOmap([key: other])]
        case 5: return [.setOmap(["..": [], ByteString(bytes: [0xff, 7]): Array("x".utf8)])]
        case 6: return [.setOmap(["stray": other])]
        default: return [.setOmap(["stray": BlobIdentifier.random(using: &generator).value])]
        }
    }
}
