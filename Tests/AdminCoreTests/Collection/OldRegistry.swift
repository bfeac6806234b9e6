import Foundation
import Synchronization
import Testing

@testable import AdminCore

/// An image to be pushed.
struct PushedImage: Sendable {
    let layers: [[UInt8]]
    let manifest: [UInt8]

    /// One whose configuration is its first layer: one blob less to interleave.
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
    /// Its layers, then its manifest.
    var blobs: [[UInt8]] { layers + [manifest] }
}

/// Pushes as registry v2.3.1 does, on the old driver, step by step: HEAD through the layer link and the descriptor cache, a mount of what
/// another repository has, an upload of what is missing only, the MOVE of the upload as two unguarded steps, layer link, manifest, revision,
/// tag.
struct OldRegistry: Sendable {
    let reader: any ObjectReader
    let writer: any ObjectWriter
    /// What it remembers of blobs, without ever forgetting; nil: no cache is configured.
    let cache: DescriptorCache?
    /// The date of what it writes.
    let now: Date
    let name = "r"

    /// Shared by all requests of a registry.
    final class DescriptorCache: Sendable {
        private let known = Mutex<Set<Digest>>([])

        func knows(_ digest: Digest) -> Bool { known.withLock { $0.contains(digest) } }
        func learn(_ digest: Digest) { known.withLock { _ = $0.insert(digest) } }
        /// A restart.
        func flush() { known.withLock { $0 = [] } }
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

    /// Each request has a driver, each new file an identifier.
    private var driver: OldDriver {
        var driver = OldDriver(reader: reader, writer: writer)
        driver.modified = now
        return driver
    }

    private func link(_ path: String, _ digest: Digest) async throws {
        try await driver.put(path, Array(digest.string.utf8))
    }

    /// HEAD of a blob. What is found is remembered.
    private func isThere(_ digest: Digest) async -> Bool {
        if let cache, cache.knows(digest) { return true }
        guard await driver.exists(layerLink(digest)), await driver.exists(Self.blobPath(digest)) else { return false }
        cache?.learn(digest)
        return true
    }

    /// False: the registry refused the manifest, since it does not know a layer. `mounting`: the repository from which layers are mounted
    /// that are there.
    func push(_ image: PushedImage = .small, as tag: String = "t", mounting other: String? = nil) async throws -> Bool {
        for layer in image.layers {
            let digest = Digest.sha256(of: layer)
            if await isThere(digest) { continue }
            if let other, await driver.exists(layerLink(digest, in: other)), await driver.exists(Self.blobPath(digest))
            {
                try await link(layerLink(digest), digest)
            } else {
                try await upload(layer, digest)
            }
        }
        for layer in image.layers {
            guard await isThere(.sha256(of: layer)) else { return false }
        }
        let manifest = image.digest
        if !(cache?.knows(manifest) ?? false), await !driver.exists(Self.blobPath(manifest)) {
            try await driver.put(Self.blobPath(manifest), image.manifest)
        }
        try await link(revisionLink(manifest), manifest)
        try await link("\(repository(name))/_manifests/tags/\(tag)/index/sha256/\(manifest.hex)/link", manifest)
        try await link(currentLink(tag), manifest)
        return true
    }

    private func upload(_ layer: [UInt8], _ digest: Digest) async throws {
        let upload = "\(repository(name))/_uploads/u\(UInt32.random(in: 0 ... .max))/data"
        try await driver.put(upload, layer)
        if await driver.exists(Self.blobPath(digest)) {
            try await link(layerLink(digest), digest)
            try await driver.delete(upload)
        } else {
            try await driver.move(upload, to: Self.blobPath(digest))
            try await link(layerLink(digest), digest)
        }
    }
}

extension StoreUnderTest {
    /// Expects that what was answered 201 is there, byte for byte.
    func expectWhole(_ image: PushedImage, tag: String, _ what: String) async {
        let reader = driver().reader
        let registry = OldRegistry(reader: self.reader, writer: writer, cache: nil, now: WallClock.test.now)
        var files = image.blobs.map { (OldRegistry.blobPath(.sha256(of: $0)), $0) }
        files += image.layers.map { layer in
            (registry.layerLink(.sha256(of: layer)), Array(Digest.sha256(of: layer).string.utf8))
        }
        files += [registry.revisionLink(image.digest), registry.currentLink(tag)].map {
            ($0, Array(image.digest.string.utf8))
        }
        for (file, content) in files {
            let found = try? await reader.content(path(file))
            #expect(found == content, "\(what): \(file) is lost")
        }
    }
}
