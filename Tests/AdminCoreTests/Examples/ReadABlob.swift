// The article of the same name shows the code between the marks; `ExampleTests` compares them.
// begin
import AdminCore
import Crypto

/// Reads each layer of an image. Returns the layers whose content does not match their digest.
func damagedLayers(of reference: ImageReference, in registry: RegistryReader) async throws -> [ImageDetail.Blob] {
    var damaged: [ImageDetail.Blob] = []
    for layer in try await registry.pass().image(reference).layers {
        var hash = SHA256()
        do {
            // The driver reads chunk objects ahead and returns the bytes in order.
            for try await piece in try await registry.storage.reader(registry.paths.blob(layer.digest)) {
                hash.update(data: piece)
            }
        } catch is StorageError {
            // The blob or a part of it is missing. Other errors say nothing about the blob.
            damaged.append(layer)
            continue
        }
        let hex = hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        if hex != layer.digest.hex { damaged.append(layer) }
    }
    return damaged
}
// end
