extension StorageReader {
    /// The bytes of a piece of one of these chunks. Throws `StorageError.damaged` if they are not all there.
    func bytes(of piece: Rearrangement.Piece, _ blob: BlobIdentifier) async throws -> [UInt8] {
        let object = blob.chunk(piece.chunk)
        let range = piece.offset..<piece.offset + piece.length
        let data = try await objects.read(ReadOperation(data: range), of: object)?.data ?? []
        guard UInt64(data.count) == piece.length else {
            throw StorageError.damaged(.root, "\(object) has changed: it does not hold what it held before")
        }
        return data
    }
}
