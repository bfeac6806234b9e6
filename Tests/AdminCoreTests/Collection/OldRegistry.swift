import Foundation
import Synchronization

@testable import AdminCore

/// Pushes as registry v2.3.1 does, on the old driver, step by step: HEAD through the layer link and the descriptor cache, an upload of what is
/// missing only, the MOVE of the upload as two unguarded steps, layer link, manifest, revision, tag.
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
    private var repository: String { "\(Self.root)/repositories/\(name)" }

    /// The one blob that is pushed.
    static let layer = pattern(1500, seed: 7)
    static let layerDigest = Digest.sha256(of: layer)
    /// An image whose configuration is its layer: one blob less to interleave.
    static let manifest = Array(
        """
        {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",\
        "config":{"mediaType":"application/octet-stream","size":1500,"digest":"\(layerDigest)"},\
        "layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":1500,"digest":"\(layerDigest)"}]}
        """.utf8)
    static let manifestDigest = Digest.sha256(of: manifest)

    static func blobPath(_ digest: Digest) -> String {
        "\(root)/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)/data"
    }

    func layerLink(_ digest: Digest) -> String { "\(repository)/_layers/sha256/\(digest.hex)/link" }
    func revisionLink(_ digest: Digest) -> String { "\(repository)/_manifests/revisions/sha256/\(digest.hex)/link" }
    func currentLink(_ tag: String) -> String { "\(repository)/_manifests/tags/\(tag)/current/link" }

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

    /// False: the registry refused the manifest, since it does not know the layer.
    func push(_ tag: String = "t", asksFirst: Bool = true) async throws -> Bool {
        let (layer, manifest) = (Self.layerDigest, Self.manifestDigest)
        let isKnown = asksFirst ? await isThere(layer) : false
        if !isKnown { try await upload(layer) }
        guard await isThere(layer) else { return false }
        if !(cache?.knows(manifest) ?? false), await !driver.exists(Self.blobPath(manifest)) {
            try await driver.put(Self.blobPath(manifest), Self.manifest)
        }
        try await link(revisionLink(manifest), manifest)
        try await link("\(repository)/_manifests/tags/\(tag)/index/sha256/\(manifest.hex)/link", manifest)
        try await link(currentLink(tag), manifest)
        return true
    }

    private func upload(_ layer: Digest) async throws {
        let upload = "\(repository)/_uploads/u\(UInt32.random(in: 0 ... .max))/data"
        try await driver.put(upload, Self.layer)
        if await driver.exists(Self.blobPath(layer)) {
            try await link(layerLink(layer), layer)
            try await driver.delete(upload)
        } else {
            try await driver.move(upload, to: Self.blobPath(layer))
            try await link(layerLink(layer), layer)
        }
    }
}
