import Foundation
import Subprocess
import Testing

@testable import ObjectStore

extension MemoryPool {
    /// The pool that registry v2.3.1 wrote.
    static func fixture() async throws -> MemoryPool {
        try await parsed.value
    }

    /// Read once for all tests.
    private static let parsed = Task { try await read() }

    private static func read() async throws -> MemoryPool {
        let file = try #require(
            Bundle.module.url(forResource: "registry-2.3.1.pool.jsonl", withExtension: "gz", subdirectory: "Fixtures"))
        let result = try await Subprocess.run(
            .name("gzip"), arguments: ["-dc", file.path], output: .bytes(limit: 256 << 20), error: .discarded)
        var pool = MemoryPool()
        for line in result.standardOutput.split(separator: UInt8(ascii: "\n")) {
            let object = try JSONDecoder().decode(DumpedObject.self, from: Data(line))
            pool[object.name] = MemoryPool.Object(
                data: Array(object.data),
                xattrs: Dictionary(uniqueKeysWithValues: object.xattrs.map { (ByteString($0.key), Array($0.value)) }),
                omap: Dictionary(uniqueKeysWithValues: object.omap.map { (ByteString($0.key), Array($0.value)) }))
        }
        return pool
    }

    /// Writes the whole pool into an empty store.
    func copy(to writer: any ObjectWriter) async throws {
        for (id, object) in objects {
            let xattrs = object.xattrs.map { WriteOperation.Mutation.setXattr(name: $0.key, value: $0.value) }
            let operation = WriteOperation(
                guards: [.doesNotExist], [.writeFull(object.data), .setOmap(object.omap)] + xattrs,
                modified: object.modified)
            try #require(await writer.apply(operation, to: id) == .applied)
        }
    }

    private struct DumpedObject: Decodable {
        let name: String
        let data: Data
        let xattrs: [String: Data]
        let omap: [String: Data]
    }
}
