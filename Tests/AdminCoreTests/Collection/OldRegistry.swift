import Foundation
import Synchronization
import Testing

@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// An image to be pushed.
struct PushedImage: Sendable {
    let layers: [[UInt8]]
    let manifest: [UInt8]

    /// An image whose configuration is its first layer: there is one blob less to interleave.
    init(layers: [[UInt8]]) {
        self.layers = layers
        let list = layers.map { layer in
            #"{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":\#(layer.count),"#
                + #""digest":"\#(Digest.sha256(of: layer))"}"#
        }
        let config = layers.first ?? []
        manifest = Array(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",\
            "config":{"mediaType":"application/octet-stream","size":\(config.count),"digest":"\(Digest.sha256(of: config))"},\
            "layers":[\(list.joined(separator: ","))]}
            """.utf8)
    }

    /// An image of one layer of two chunks.
    static let small = PushedImage(layers: [pattern(1500, seed: 7)])

    var digest: Digest { .sha256(of: manifest) }
    /// The layers, then the manifest.
    var blobs: [[UInt8]] { layers + [manifest] }
}

/// Pushes as registry v2.3.1 does, with the old driver, step by step: HEAD through the descriptor
/// cache and the layer link, a mount of a layer that another repository has, an upload of a layer
/// only if it is missing, the MOVE of the upload as two unguarded steps, layer link, manifest,
/// revision, tag.
struct OldRegistry: Sendable {
    let reader: any ObjectReader
    let writer: any ObjectWriter
    /// The descriptor cache, which forgets only at a restart; nil if no cache is configured.
    let cache: DescriptorCache?
    /// The date of the objects that it writes.
    let now: Date
    /// The repository to which it pushes.
    var name = "r"

    /// `blobdescriptor: inmemory`, shared by all requests of a registry
    /// (`registry/storage/cache/memory`): a map of all blobs that exist, and for each repository a
    /// map of the blobs that are linked in it. The registry looks for a layer in the repository's
    /// own map first. If the layer is not there, the registry looks for its link, then in the map
    /// of all blobs, then in the pool. At its end, an upload enters the layer into both maps; a
    /// mount enters it only for the repository from which the layer is mounted. The registry looks
    /// for manifests in the map of all blobs; their links are in no map. Only a deletion of the
    /// layer through the registry's own API removes an entry, and only from the map of that
    /// repository.
    final class DescriptorCache: Sendable {
        private struct Known {
            var blobs: Set<Digest> = []
            var linked: [String: Set<Digest>] = [:]
        }

        private let known = Mutex(Known())

        func knows(_ digest: Digest) -> Bool { known.withLock { $0.blobs.contains(digest) } }
        func knows(_ digest: Digest, in repository: String) -> Bool {
            known.withLock { $0.linked[repository]?.contains(digest) ?? false }
        }
        func learn(_ digest: Digest) { known.withLock { _ = $0.blobs.insert(digest) } }
        func learn(_ digest: Digest, in repository: String) {
            known.withLock { known in
                known.blobs.insert(digest)
                known.linked[repository, default: []].insert(digest)
            }
        }
        /// A restart of the registry.
        func flush() { known.withLock { $0 = Known() } }
    }

    private static let root = "/docker/registry/v2"
    private func repository(_ name: String) -> String { "\(Self.root)/repositories/\(name)" }

    static func blobPath(_ digest: Digest) -> String {
        "\(root)/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)/data"
    }

    func layerLink(_ digest: Digest, in other: String? = nil) -> String {
        "\(repository(other ?? name))/_layers/sha256/\(digest.hex)/link"
    }
    func revisionLink(_ digest: Digest) -> String {
        "\(repository(name))/_manifests/revisions/sha256/\(digest.hex)/link"
    }
    func currentLink(_ tag: String) -> String { "\(repository(name))/_manifests/tags/\(tag)/current/link" }

    /// Each request has a driver of its own, and each new file a new identifier.
    private var driver: OldDriver {
        var driver = OldDriver(reader: reader, writer: writer)
        driver.modified = now
        return driver
    }

    private func link(_ path: String, _ digest: Digest) async throws {
        try await driver.put(path, Array(digest.string.utf8))
    }

    /// HEAD of a layer, in this repository or in `other`. The cache remembers a layer that is
    /// found.
    private func isThere(_ digest: Digest, in other: String? = nil) async -> Bool {
        let repository = other ?? name
        if let cache, cache.knows(digest, in: repository) { return true }
        guard await driver.exists(layerLink(digest, in: repository)), await hasBlob(digest) else { return false }
        cache?.learn(digest, in: repository)
        return true
    }

    /// Whether the blob exists. The cache remembers a blob that is found.
    private func hasBlob(_ digest: Digest) async -> Bool {
        if let cache, cache.knows(digest) { return true }
        guard await driver.exists(Self.blobPath(digest)) else { return false }
        cache?.learn(digest)
        return true
    }

    /// Returns false if the registry refuses the manifest because it does not know a layer. Layers
    /// that exist in the repository `mounting` are mounted from there.
    func push(_ image: PushedImage = .small, as tag: String = "t", mounting other: String? = nil) async throws -> Bool {
        for layer in image.layers {
            let digest = Digest.sha256(of: layer)
            if await isThere(digest) { continue }
            if let other, await isThere(digest, in: other) {
                try await link(layerLink(digest), digest)
            } else {
                try await upload(layer, digest)
            }
        }
        for layer in image.layers {
            guard await isThere(.sha256(of: layer)) else { return false }
        }
        let manifest = image.digest
        if await !hasBlob(manifest) { try await driver.put(Self.blobPath(manifest), image.manifest) }
        // The manifest store writes this link, and then its caller writes it again.
        for _ in 0..<2 { try await link(revisionLink(manifest), manifest) }
        try await link("\(repository(name))/_manifests/tags/\(tag)/index/sha256/\(manifest.hex)/link", manifest)
        try await link(currentLink(tag), manifest)
        return true
    }

    private func upload(_ layer: [UInt8], _ digest: Digest) async throws {
        let upload = "\(repository(name))/_uploads/u\(UInt32.random(in: 0 ... .max))"
        let (data, startedAt) = ("\(upload)/data", "\(upload)/startedat")
        try await driver.put(startedAt, Array("2027-01-15T08:00:00Z".utf8))
        try await driver.put(data, layer)
        if await !driver.exists(Self.blobPath(digest)) { try await driver.move(data, to: Self.blobPath(digest)) }
        try await link(layerLink(digest), digest)
        for file in [data, startedAt] where await driver.exists(file) { try await driver.delete(file) }
        cache?.learn(digest, in: name)
    }
}

extension StoreUnderTest {
    /// Lists the files that are missing or different for a client that pulls this image from a
    /// registry after a restart.
    func lacking(_ image: PushedImage, as tag: String, in name: String = "r") async -> [String] {
        let reader = driver().reader
        let registry = OldRegistry(
            reader: self.reader, writer: writer, cache: nil, now: WallClock.test.now, name: name)
        let link = Array(image.digest.string.utf8)
        var files = [
            ("the tag", registry.currentLink(tag), link), ("the revision", registry.revisionLink(image.digest), link),
        ]
        files += image.blobs.map { ("a blob", OldRegistry.blobPath(.sha256(of: $0)), $0) }
        files += image.layers.map { layer in
            let digest = Digest.sha256(of: layer)
            return ("a layer link", registry.layerLink(digest), Array(digest.string.utf8))
        }
        var lacking: [String] = []
        for (what, file, content) in files where (try? await reader.content(path(file))) != content {
            lacking.append("\(what): \(file)")
        }
        return lacking
    }

    /// Expects that every file of a push that was answered 201 is there, byte for byte.
    func expectWhole(_ image: PushedImage, tag: String, _ what: String) async {
        let lacking = await lacking(image, as: tag)
        #expect(lacking.isEmpty, "\(what): \(lacking) lost")
    }
}
