import AdminCore
import CLimit
import Foundation
import Synchronization

/// The raw librados program, with a connection of its own.
///
/// `@unchecked Sendable`: one call at a time uses the connection, since comparisons run in
/// sequence.
final class Limit: @unchecked Sendable {
    private let raw: OpaquePointer
    private let queue = DispatchQueue(label: "limit")

    /// - Parameter configuration: The file of the cluster; by default the one that the environment
    ///   names.
    init(pool: String, configuration: String? = nil) throws {
        var code: Int32 = 0
        guard let raw = climit_open(pool, configuration, &code) else { throw LimitError(code: code, what: "connect") }
        self.raw = raw
    }

    deinit { climit_close(raw) }

    /// Runs one of its functions on a thread that may block.
    func run(_ what: String, _ body: @escaping @Sendable (Limit) -> Int32) async throws {
        let code = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body(self)) }
        }
        if code < 0 { throw LimitError(code: code, what: what) }
    }

    /// Operations that the cluster has taken so far, from all clients.
    func served() async throws -> Int {
        let served = Mutex<UInt64>(0)
        try await run("count operations") { limit in served.withLock { climit_served(limit.raw, &$0) } }
        return Int(served.withLock(\.self))
    }

    // MARK: - What is measured and prepared; see CLimit.h

    func makeDirectories(_ paths: [String]) async throws {
        try await run("make directories") { limit in
            for path in paths {
                let code = climit_make_directory(limit.raw, path)
                if code < 0 { return code }
            }
            return 0
        }
    }

    func makeFiles(_ directory: String, series: UInt32, count: Int) async throws {
        try await run("make files") { climit_make_files($0.raw, directory, series, UInt32(count), 128) }
    }

    func makeTree(_ directory: String, width: Int, leaves: Int) async throws {
        try await run("make a tree") { climit_make_tree($0.raw, directory, UInt32(width), UInt32(leaves), 128) }
    }

    func put(_ directory: String, _ files: SmallFiles, series: UInt32) async throws {
        try await run("put") {
            climit_put(
                $0.raw, directory, UInt32(files.directories), series, UInt32(files.count), files.size,
                Int32(files.depth))
        }
    }

    func get(_ directory: String, _ files: SmallFiles) async throws {
        try await run("get") {
            climit_get(
                $0.raw, directory, UInt32(files.directories), UInt32(files.count), files.size, Int32(files.depth))
        }
    }

    func putLarge(_ directory: String, series: UInt32, size: Int, depth: Int) async throws {
        try await run("put") {
            climit_put_large($0.raw, directory, "large", series, UInt64(size), LargeFile.chunk, Int32(depth))
        }
    }

    func getLarge(_ directory: String, name: String = "large", size: Int, depth: Int) async throws {
        try await run("get") {
            var bytes: UInt64 = 0
            let code = climit_get_large($0.raw, directory, name, LargeFile.chunk, Int32(depth), &bytes)
            return code < 0 || bytes == UInt64(size) ? code : -EIO
        }
    }

    func list(_ directory: String, times: Int, expecting count: Int) async throws {
        try await run("list") {
            for _ in 0..<times {
                var entries: UInt64 = 0
                let code = climit_list($0.raw, directory, &entries)
                if code < 0 { return code }
                if entries != UInt64(count) { return -EIO }
            }
            return 0
        }
    }

    func walk(_ directory: String, depth: Int, expecting count: Int) async throws {
        try await run("walk") {
            var entries: UInt64 = 0
            let code = climit_walk($0.raw, directory, Int32(depth), &entries)
            return code < 0 || entries == UInt64(count) ? code : -EIO
        }
    }

    /// Names every object of the pool; there must be `count`.
    func enumerate(expecting count: Int) async throws {
        try await run("enumerate") {
            var objects: UInt64 = 0
            let code = climit_enumerate($0.raw, &objects)
            return code < 0 || objects == UInt64(count) ? code : -EIO
        }
    }

    /// Names every object of the pool and reads it once, with the first `data` bytes; there must be
    /// `count`.
    func survey(data: Int, depth: Int, expecting count: Int) async throws {
        try await run("survey") {
            var objects: UInt64 = 0
            let code = climit_survey($0.raw, data, Int32(depth), &objects)
            return code < 0 || objects == UInt64(count) ? code : -EIO
        }
    }

    /// Reads objects that are known by name, with the first `data` bytes.
    func read(_ names: PackedNames, data: Int, depth: Int) async throws {
        try await run("read") { limit in
            names.bytes.withUnsafeBufferPointer {
                climit_read_objects(limit.raw, $0.baseAddress, UInt64(names.count), data, Int32(depth))
            }
        }
    }

    /// Objects become files of a directory: read, hashed, written and flushed, `threads` at once.
    func copy(_ names: PackedNames, size: Int, to directory: String, threads: Int) async throws {
        try await run("copy") { limit in
            names.bytes.withUnsafeBufferPointer {
                climit_copy_objects(
                    limit.raw, $0.baseAddress, UInt64(names.count), size, directory, Int32(threads))
            }
        }
    }

    func write(_ objects: PackedObjects, depth: Int) async throws {
        try await run("write") { limit in
            objects.bytes.withUnsafeBufferPointer { bytes in
                climit_write_objects(
                    limit.raw, bytes.baseAddress, objects.offsets, UInt64(objects.offsets.count), Int32(depth))
            }
        }
    }

    func move(_ source: String, _ destination: String, count: Int) async throws {
        try await run("move") {
            for index in 0..<count {
                let code = climit_move($0.raw, source, destination, "f\(index)")
                if code < 0 { return code }
            }
            return 0
        }
    }

    func moveAll(_ parent: String, _ source: String, _ destination: String, batch: Int, depth: Int) async throws {
        try await run("move") { climit_move_all($0.raw, parent, source, destination, UInt32(batch), Int32(depth)) }
    }

    func unlinkAll(_ parent: String, _ name: String, batch: Int, depth: Int) async throws {
        try await run("unlink") { climit_unlink_all($0.raw, parent, name, UInt32(batch), Int32(depth)) }
    }

    func removeChunks(series: UInt32, count: Int) async throws {
        try await run("remove") { climit_remove_chunks($0.raw, series, UInt32(count), 128) }
    }

    func removeBlob(series: UInt32, chunks: Int) async throws {
        let blob = Limit.identifier(series, 0).string
        try await run("remove") { climit_remove_blob($0.raw, blob, UInt64(chunks), 16) }
    }

    /// The identifier that the C program gives a file.
    static func identifier(_ series: UInt32, _ number: Int) -> BlobIdentifier {
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 48) { buffer -> String in
            guard let start = buffer.baseAddress else { return "" }
            climit_identifier(start, series, UInt64(number))
            return String(cString: start)
        }
        guard let blob = BlobIdentifier("blob:" + text) else { preconditionFailure("\(text) is no identifier") }
        return blob
    }
}

/// An error of the raw program: a negative errno.
struct LimitError: Error, CustomStringConvertible {
    let code: Int32
    let what: String

    var description: String { "the raw program cannot \(what): \(String(cString: strerror(-code)))" }
}
