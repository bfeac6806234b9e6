import Algorithms

extension RegistryPass {
    /// How an image, and each that it was expanded to, is run and was made, by the manifest's digest. What has no configuration of an image, or
    /// one that cannot be read or understood, is not in it: the image's own `problems` say why. Each configuration is read once, and no more
    /// after `ImageRecipe.readLimit` bytes of them. Throws what the store throws.
    public func recipes(of image: ImageDetail) async throws -> [Digest: ImageRecipe] {
        var manifests: [Digest: [Digest]] = [:]
        var sources: [RecipeSource] = []
        for image in image.withChildren {
            guard let digest = image.digest, let source = RecipeSource(image) else { continue }
            if manifests[source.digest] == nil { sources.append(source) }
            manifests[source.digest, default: []].append(digest)
        }
        var recipes: [Digest: ImageRecipe] = [:]
        var read = 0
        let window = 4
        for wave in sources.chunks(ofCount: window) where read < ImageRecipe.readLimit {
            let found = try await concurrentMap(wave, window: window) { [reader] in try await reader.recipe($0) }
            for (source, found) in zip(wave, found) {
                guard let found else { continue }
                read += found.bytes
                for digest in manifests[source.digest] ?? [] { recipes[digest] = found.recipe }
            }
        }
        return recipes
    }
}

/// The blob that says how an image is run.
private struct RecipeSource: Sendable {
    let digest: Digest
    let isSchema1: Bool

    init?(_ image: ImageDetail) {
        if let config = image.config, ManifestType.imageConfigurations.contains(config.mediaType ?? "") {
            (digest, isSchema1) = (config.digest, false)
        } else if image.mediaType == ManifestType.signedSchema1, let manifest = image.digest {
            (digest, isSchema1) = (manifest, true)
        } else {
            return nil
        }
    }
}

extension RegistryReader {
    fileprivate func recipe(_ source: RecipeSource) async throws -> (recipe: ImageRecipe, bytes: Int)? {
        try await document(source.digest, limit: ImageRecipe.sizeLimit) { bytes in
            (try source.isSchema1 ? ImageRecipe(schema1: bytes) : ImageRecipe(parsing: bytes), bytes.count)
        }
    }
}
