// The article of the same name shows the code between the marks; `ExampleTests` compares them.
// begin
import AdminCore

/// Reads each layer of an image. Returns the layers whose content does not match their digest.
func damagedLayers(of reference: ImageReference, in registry: RegistryReader) async throws -> [ImageDetail.Blob] {
    var damaged: [ImageDetail.Blob] = []
    for layer in try await registry.pass().image(reference).layers {
        guard var hash = ContentHash(like: layer.digest) else { continue }
        do {
            // The driver reads chunk objects ahead and returns the bytes in order.
            for try await piece in try await registry.storage.reader(registry.paths.blob(layer.digest)) {
                hash.update(piece)
            }
        } catch is StorageError {
            // The blob or a part of it is missing. Other errors say nothing about the blob.
            damaged.append(layer)
            continue
        }
        if !hash.matches(layer.digest) { damaged.append(layer) }
    }
    return damaged
}
// end
