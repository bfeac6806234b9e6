/// Which chunk objects there are of some identifiers, as a scan met them. 24 bytes each, whatever numbers hostile names say.
struct ChunkInventory: Sendable {
    private var chunks: [(blob: BlobIdentifier, index: Int)] = []

    /// Takes a chunk in. In any order; each once.
    mutating func add(_ blob: BlobIdentifier, _ index: Int) {
        chunks.append((blob, index))
    }

    /// To be called when all are in, before anything is asked.
    mutating func settle() {
        chunks.sort { ($0.blob, $0.index) < ($1.blob, $1.index) }
    }

    /// The numbers of an identifier's chunks, ascending.
    func indices(of blob: BlobIdentifier) -> [Int] {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].blob < blob { low = middle + 1 } else { high = middle }
        }
        return chunks[low...].prefix { $0.blob == blob }.map(\.index)
    }
}
