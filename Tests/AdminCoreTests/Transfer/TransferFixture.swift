import Foundation
import Testing

@testable import Changes
@testable import Inspection
@testable import ObjectStore
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver
@testable import Transfer

/// The sample registry, and a directory for its copies.
struct TransferFixture: Sendable {
    let store: StoreUnderTest
    let place: TemporaryDirectory

    var source: RegistryReader { RegistryReader(storage: StorageReader(objects: store.reader)) }

    init(_ specimens: Set<Specimen> = []) async throws {
        store = try StoreUnderTest.inMemory()
        try await SampleRegistry.make(in: store.reader, store.writer, specimens: specimens)
        place = try TemporaryDirectory()
    }

    /// Copies images, all of them if there are no references.
    @discardableResult
    func copy(
        _ references: [String]? = nil, to target: Transfer.Target, _ options: Transfer.Options = .init()
    ) async throws -> (plan: TransferPlan, report: TransferReport) {
        let transfer = Transfer(from: source, to: target, options)
        let plan = try await transfer.plan(references.map { $0.compactMap { ImageReference($0) } })
        return (plan, try await transfer.run(plan))
    }

    /// The tags of the source, as `name:tag`.
    func tags() async throws -> [String: String] {
        var tags: [String: String] = [:]
        for name in try await source.repositoryNames() {
            for (tag, digest) in try await source.tagDigests(of: name) { tags["\(name):\(tag)"] = digest.string }
        }
        return tags
    }

    /// The digest of a tag.
    func digest(_ reference: String) async throws -> Digest? {
        try await tags()[reference].flatMap { Digest($0) }
    }

    /// Writes other bytes of the same length into the first chunk of a blob.
    func damage(_ digest: Digest) async throws {
        let blob = try await source.storage.blob(source.paths.blob(digest))
        try await store.set(blob.chunk(0), [.write(Array("damage".utf8), at: 0)])
    }

    /// The files of a directory with their contents, without dates.
    static func contents(of directory: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: directory) ?? .init() {
            var isDirectory = ObjCBool(false)
            _ = FileManager.default.fileExists(atPath: "\(directory)/\(path)", isDirectory: &isDirectory)
            files[path] = isDirectory.boolValue ? Data() : FileManager.default.contents(atPath: "\(directory)/\(path)")
        }
        return files
    }
}
