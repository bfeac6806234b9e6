import Foundation

@testable public import Registry
@testable import StorageDriver

/// A registry in a `MemoryPool`, made of images whose digests are numbers: the tests that use it do
/// not verify digests.
struct RegistryPool {
    static let root = "/docker/registry/v2"
    static let created = "2015-11-02T10:00:00.5Z"

    var pool = MemoryPool()

    var registry: RegistryReader { pool.registry }
    var pass: RegistryPass { registry.pass() }

    /// The digest with this number.
    static func digest(_ number: Int) -> Digest {
        let digits = String(number, radix: 16)
        guard let digest = Digest("sha256:" + String(repeating: "0", count: 64 - digits.count) + digits) else {
            fatalError("no digest")
        }
        return digest
    }

    static func blobPath(_ digest: Digest) -> String {
        "\(root)/blobs/\(digest.algorithm)/\(digest.hex.prefix(2))/\(digest.hex)/data"
    }

    static func layerLink(_ repository: String, _ digest: Digest) -> String {
        "\(root)/repositories/\(repository)/_layers/sha256/\(digest.hex)/link"
    }

    static func revisionLink(_ repository: String, _ digest: Digest) -> String {
        "\(root)/repositories/\(repository)/_manifests/revisions/sha256/\(digest.hex)/link"
    }

    static func currentLink(_ repository: String, _ tag: String) -> String {
        "\(root)/repositories/\(repository)/_manifests/tags/\(tag)/current/link"
    }

    @discardableResult
    mutating func blob(_ digest: Digest, _ bytes: [UInt8]) -> BlobIdentifier {
        pool.put(RegistryPool.blobPath(digest), bytes)
    }

    mutating func linkLayer(_ repository: String, _ digest: Digest) {
        pool.put(RegistryPool.layerLink(repository, digest), Array(digest.string.utf8))
    }

    mutating func linkRevision(_ repository: String, _ digest: Digest) {
        pool.put(RegistryPool.revisionLink(repository, digest), Array(digest.string.utf8))
    }

    mutating func tag(_ repository: String, _ tag: String, _ digest: Digest, modified: Date? = nil) {
        pool.put(RegistryPool.currentLink(repository, tag), Array(digest.string.utf8), modified: modified)
    }

    /// Stores a document as a manifest of a repository.
    mutating func manifest(_ repository: String, _ digest: Digest, _ text: String) {
        blob(digest, Array(text.utf8))
        linkRevision(repository, digest)
    }

    /// Creates a schema 2 image of layers with 100 bytes each. The number of its configuration is
    /// the number of the manifest plus one.
    mutating func image(_ repository: String, _ number: Int, layers: [Int], architecture: String = "amd64") {
        let config = RegistryPool.digest(number + 1)
        let configuration =
            #"{"created":"\#(RegistryPool.created)","os":"linux","architecture":"\#(architecture)"}"#
        blob(config, Array(configuration.utf8))
        linkLayer(repository, config)
        for layer in layers {
            blob(RegistryPool.digest(layer), [UInt8](repeating: 7, count: 100))
            linkLayer(repository, RegistryPool.digest(layer))
        }
        manifest(
            repository, RegistryPool.digest(number),
            RegistryPool.imageDocument(config: number + 1, size: configuration.utf8.count, layers: layers))
    }

    /// Stores an image whose digests are those of its bytes, as a registry does that receives it.
    mutating func push(_ image: PushedImage, to repository: String, as tag: String) {
        for bytes in image.blobs {
            let digest = Digest.sha256(of: bytes)
            if pool.blob(RegistryPool.blobPath(digest)) == nil { blob(digest, bytes) }
        }
        for layer in image.layers { linkLayer(repository, .sha256(of: layer)) }
        linkRevision(repository, image.digest)
        self.tag(repository, tag, image.digest)
    }

    /// A registry of many repositories. All share a layer, and each has two images of its own.
    static func ofMany(_ count: Int) -> RegistryPool {
        var pool = RegistryPool()
        let base = pattern(2000, seed: 0)
        for number in 1...count {
            for version in 0..<2 {
                let own = pattern(200 + number, seed: UInt64(2 * number + version))
                pool.push(
                    PushedImage(layers: [own, base]), to: "team-\(number % 7)/service-\(number)", as: "v\(version)")
            }
        }
        return pool
    }

    static func imageDocument(config: Int, size: Int, layers: [Int]) -> String {
        let list = layers.map {
            #"{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":100,"digest":"\#(digest($0))"}"#
        }
        return #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":"#
            + #"{"mediaType":"application/vnd.docker.container.image.v1+json","size":\#(size),"digest":"\#(digest(config))"}"#
            + #","layers":[\#(list.joined(separator: ","))]}"#
    }

    /// A manifest list; `children` have a number and an architecture each.
    static func listDocument(
        _ children: [(number: Int, architecture: String)],
        childType: String = "application/vnd.docker.distribution.manifest.v2+json"
    ) -> String {
        let list = children.map {
            #"{"mediaType":"\#(childType)","size":500,"digest":"\#(digest($0.number))","platform":"#
                + #"{"os":"linux","architecture":"\#($0.architecture)"}}"#
        }
        return
            #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":"#
            + "[\(list.joined(separator: ","))]}"
    }
}

extension RepositoryName: ExpressibleByStringLiteral {
    /// For tests only: the literal must be a valid name.
    public init(stringLiteral value: String) {
        guard let name = RepositoryName(value) else { fatalError("\(value) is no repository") }
        self = name
    }
}
