extension RegistryPass {
    /// How an image, and each that it names, is run and was made, by the manifest's digest. What has no configuration, or one that cannot be
    /// read or understood, is not in it: the image's own `problems` say why. Throws what the store throws.
    public func recipes(of image: ImageDetail) async throws -> [Digest: ImageRecipe] {
        let images = image.withChildren
        let recipes = try await concurrentMap(images, window: reader.window) { [reader] image in
            try await reader.recipe(of: image)
        }
        return Dictionary(
            zip(images, recipes).compactMap { image, recipe in
                image.digest.flatMap { digest in recipe.map { (digest, $0) } }
            }, uniquingKeysWith: { first, _ in first })
    }
}

extension RegistryReader {
    fileprivate func recipe(of image: ImageDetail) async throws -> ImageRecipe? {
        if let config = image.config {
            return try await document(config.digest, limit: ImageConfiguration.sizeLimit, ImageRecipe.init(parsing:))
        }
        guard image.mediaType == ManifestType.signedSchema1, let digest = image.digest else { return nil }
        return try await document(digest, limit: Manifest.sizeLimit, ImageRecipe.init(schema1:))
    }
}
