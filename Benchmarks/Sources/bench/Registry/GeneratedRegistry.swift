import AdminCore

/// A registry without damage for a real pool, computed repository by repository.
///
/// All repositories have the same number of tags, each of an image of its own. An image has a
/// manifest, a configuration, layers of its own, and the layers that all images share. Twenty
/// repositories are a team.
struct GeneratedRegistry: Sendable {
    let repositories: Int
    /// Tags in a repository.
    let images: Int
    /// All layers that belong to one image.
    private let layers: Int
    /// The size of each layer that belongs to one image, in bytes; 0 for a few bytes.
    let layerSize: Int

    /// Layers of each image that belong to all.
    private static let shared = 2
    private let paths = RegistryPaths()

    /// - Parameters:
    ///   - blobs: The number of blobs; if images are given, at least two for each.
    ///   - images: Tags in a repository; by default as many as have a layer of their own.
    ///   - layerSize: At most a chunk.
    init(repositories: Int, blobs: Int, images: Int? = nil, layerSize: Int = 0) {
        self.layerSize = layerSize
        self.repositories = repositories
        self.images = images ?? max(1, blobs / (3 * repositories))
        layers = max(0, blobs - Self.shared - 2 * self.images * repositories)
    }

    /// How many blobs the first repositories have.
    func blobs(in repositories: Int) -> Int {
        let images = images * repositories
        return Self.shared + 2 * images + layers(before: images)
    }

    private func layers(before image: Int) -> Int { image * layers / (images * repositories) }

    /// The objects of some repositories and of their blobs. The directories above have the keys for
    /// these repositories only, to be added to those that are there.
    func objects(of range: Range<Int>) throws -> [RawObject] {
        var tree = Tree(number: range.lowerBound << 24)
        let shared = (0..<Self.shared).map { Array("layer \($0) of all images".utf8) }
        if range.contains(0) {
            for layer in shared { tree.put(layer, .blob, at: paths.blob(Digest.sha256(of: layer))) }
        }
        for repository in range { try put(repository, shared: shared.map(ManifestText.Blob.init), into: &tree) }
        return tree.objects
    }

    /// The names of the repositories.
    var repositoryNames: [String] { (0..<repositories).map(Self.name) }

    private static func name(_ repository: Int) -> String { "team\(repository / 20)/app\(repository)" }

    /// The names of all objects of some kinds.
    func names(of kinds: (ObjectKind) -> Bool) throws -> PackedNames {
        PackedNames(try objects(of: 0..<repositories).map(\.name).filter { kinds(ObjectKind($0)) })
    }

    private func put(_ repository: Int, shared: [ManifestText.Blob], into tree: inout Tree) throws {
        let text = Self.name(repository)
        guard let name = RepositoryName(text) else { throw StorageError.invalidPath(text) }
        func link(_ digest: Digest, _ kind: ObjectKind, _ directory: StoragePath) throws {
            try tree.put(Array(digest.string.utf8), kind, at: directory.appending("link"))
        }
        func linked(_ content: [UInt8]) throws -> ManifestText.Blob {
            let blob = ManifestText.Blob(content)
            tree.put(content, .blob, at: paths.blob(blob.digest))
            try link(blob.digest, .layerLink, layer(blob.digest, of: name))
            return blob
        }
        for blob in shared { try link(blob.digest, .layerLink, layer(blob.digest, of: name)) }
        for image in repository * images..<(repository + 1) * images {
            let config = try linked(Array(#"{"architecture":"amd64","os":"linux","author":"\#(image)"}"#.utf8))
            let own = try (layers(before: image)..<layers(before: image + 1)).map {
                try linked(Self.content("layer \($0) of image \(image)", size: layerSize))
            }
            let manifest = ManifestText.schema2(config: config, layers: own + shared)
            let digest = Digest.sha256(of: manifest)
            tree.put(manifest, .manifest, at: paths.blob(digest))
            try link(digest, .revisionLink, paths.revision(name, digest))
            let tag = try paths.tags(name).appending("v\(image)")
            try link(digest, .currentLink, tag.appending("current"))
            try link(digest, .indexLink, tag.appending("index").appending("sha256").appending(digest.hex))
        }
    }

    /// A text, filled up to a size with bytes that no file system makes smaller.
    static func content(_ text: String, size: Int) -> [UInt8] {
        let text = Array(text.utf8)
        guard text.count < size else { return text }
        var state = text.reduce(UInt64(1)) { $0 &* 0x100_0000_01b3 ^ UInt64($1) }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            for index in buffer.indices {
                // The generator of Marsaglia, "Xorshift RNGs", 2003.
                if index % 8 == 0 {
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                }
                buffer[index] = index < text.count ? text[index] : UInt8(truncatingIfNeeded: state >> (index % 8 * 8))
            }
            count = size
        }
    }

    private func layer(_ digest: Digest, of name: RepositoryName) throws -> StoragePath {
        try paths.layers(name).appending("sha256").appending(digest.hex)
    }
}

extension Limit {
    /// Writes a part of a registry, and computes the next objects while those before are written.
    /// Returns the number of objects.
    func write(_ registry: GeneratedRegistry, _ range: Range<Int>, step: Int = 500) async throws -> Int {
        func objects(from first: Int) async throws -> PackedObjects {
            PackedObjects(try registry.objects(of: first..<max(first, min(first + step, range.upperBound))))
        }
        var count = 0
        var next = try await objects(from: range.lowerBound)
        for first in stride(from: range.lowerBound, to: range.upperBound, by: step) {
            async let following = objects(from: first + step)
            try await write(next, depth: 128)
            count += next.offsets.count
            next = try await following
        }
        return count
    }
}

/// Directories and files of one chunk.
private struct Tree {
    private var directories: [StoragePath: [String: String]] = [.root: ["/": ""]]
    private var chunks: [RawObject] = []
    /// The number of the next identifier.
    private var number: Int

    init(number: Int) { self.number = number }

    var objects: [RawObject] {
        chunks + directories.map { RawObject(name: $0.key.string, content: .directory($0.value)) }
    }

    mutating func put(_ content: [UInt8], _ kind: ObjectKind, at path: StoragePath) {
        let identifier = kind.identifier(number)
        number += 1
        chunks.append(RawObject(name: identifier + "-0", content: .chunk(content)))
        list(path, as: identifier)
    }

    /// Lists a child in its directory, and that in the one above.
    private mutating func list(_ path: StoragePath, as value: String) {
        let parent = path.parent
        let isNew = directories[parent] == nil
        directories[parent, default: [:]][path.name] = value
        if isNew { list(parent, as: "") }
    }
}
