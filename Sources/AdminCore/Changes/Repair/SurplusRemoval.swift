/// Removes the chunks behind the end of a file.
struct SurplusRemoval: Sendable {
    let context: ChangeContext

    /// Reads the chunks first, then proves that the content is right without them, then removes
    /// exactly what was read. Throws `RepairError`, and errors of the store.
    func drop(_ chunks: [Int], of path: StoragePath, _ blob: BlobIdentifier) async throws {
        let driver = context.driver
        guard try await driver.reader.value(at: path) == blob.value else { throw RepairError.changed(path) }
        let proof = ContentProof(registry: context.registry, path: path)
        let surplus = try await driver.repair.surplus(of: blob, chunks: chunks)
        guard try await proof.isRight(blob) else { throw RepairError.notTheDigest(path) }
        guard try await driver.repair.drop(surplus, of: path) else { throw RepairError.changed(path) }
    }
}
