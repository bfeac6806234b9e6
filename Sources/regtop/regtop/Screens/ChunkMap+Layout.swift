import AdminCore

nonisolated extension ChunkMap {
    /// A file as its chunks are. What lies past the end of a chunk is drawn where it belongs after a resumed upload
    /// (docs/layout.md#d1): at the beginning of the next chunk's part.
    init(_ layout: ChunkLayout) {
        var parts: [Part] = []
        var carried: UInt64 = 0
        for chunk in layout.chunks where chunk.expected > 0 {
            let length = chunk.length ?? 0
            let beyond = min(carried, chunk.expected)
            let own = max(min(length, chunk.expected), beyond)
            parts += [
                Part(length: beyond, state: .beyond), Part(length: own - beyond, state: .right),
                Part(length: chunk.expected - own, state: chunk.length == nil ? .missing : .hole),
            ]
            carried = length - min(length, chunk.expected)
        }
        self.init(parts: parts.filter { $0.length > 0 }, chunkSize: layout.chunkSize)
    }
}
