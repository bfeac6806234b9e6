import ObjectStore

/// The fault in the chunks of one file: the first of these cases that applies, so that only the
/// cause is named, not its consequences.
package enum FileFault: Hashable, Sendable {
    /// There is no chunk: an empty file (docs/layout.md#d3), or a small one whose deletion was
    /// interrupted (#d7).
    case noChunk
    /// Chunk 0 is gone, and later chunks exist (docs/layout.md#d7).
    case noHead
    /// Chunk 0 carries no size.
    case noSize
    /// Chunk 0 carries an impossible size.
    case badSize
    /// A chunk is longer than the chunk size (docs/layout.md#d1, #d2).
    case long(chunk: Int)
    /// A chunk that the size requires is missing; the first one.
    case missing(chunk: Int)
    /// A chunk ends before its part of the file (docs/layout.md#d14); the first one.
    case short(chunk: Int, length: UInt64)
    /// There are bytes behind the end of the file, and no other fault (docs/layout.md#d4).
    case surplus
}

/// A file as its chunks show it.
package struct StoredFile: Hashable, Sendable {
    /// The size in chunk 0.
    package enum Size: Hashable, Sendable {
        case known(UInt64)
        case none
        case impossible
    }

    /// The size in chunk 0. It has no meaning if there is no chunk 0.
    package let size: Size
    /// The lengths of the existing chunks, by number.
    package let lengths: [Int: UInt64]

    /// The fault of the file; nil if every byte is at its place, and there are no other bytes.
    /// Takes time in proportion to the number of chunks, whatever the size says.
    package func fault(chunkSize: UInt64) -> FileFault? {
        guard let head = lengths[0] else { return lengths.isEmpty ? .noChunk : .noHead }
        let bytes: UInt64
        switch size {
        case .none: return .noSize
        case .impossible: return .badSize
        case .known(let size): bytes = size
        }
        if bytes == 0 { return head > chunkSize ? .long(chunk: 0) : head > 0 || lengths.count > 1 ? .surplus : nil }
        let indices = lengths.keys.sorted()
        if let long = indices.first(where: { lengths[$0, default: 0] > chunkSize }) { return .long(chunk: long) }
        let last = Int((bytes - 1) / chunkSize)
        let within = indices.prefix { $0 <= last }
        if within.count <= last {
            return .missing(chunk: within.enumerated().first { $0.offset != $0.element }?.offset ?? within.count)
        }
        func expected(_ index: Int) -> UInt64 { min(chunkSize, bytes - UInt64(index) * chunkSize) }
        for index in within {
            let length = lengths[index, default: 0]
            if length < expected(index) { return .short(chunk: index, length: length) }
        }
        return within.count < indices.count || lengths[last, default: 0] > expected(last) ? .surplus : nil
    }
}

extension InventoryChunk {
    fileprivate var declared: StoredFile.Size {
        switch size {
        case Self.noSize: .none
        case Self.badSize: .impossible
        default: .known(size)
        }
    }
}

extension StoredFile {
    /// The file of these chunks, all of one identifier.
    package init(_ chunks: ArraySlice<InventoryChunk>) {
        self.init(
            size: chunks.first.map { $0.index == 0 ? $0.declared : .none } ?? .none,
            lengths: Dictionary(chunks.map { (Int($0.index), UInt64($0.length)) }) { first, _ in first })
    }
}

extension StorageReader {
    /// Reads a file: chunk 0, and the chunks with these numbers.
    package func storedFile(_ blob: BlobIdentifier, chunks: some Sequence<Int>) async throws -> StoredFile {
        let head = try await objects.read(ReadOperation(xattrs: true), of: blob.chunk(0))
        let rest = Set(chunks).subtracting([0])
        let lengths = try await concurrentMap(rest, window: window) { index in
            (index, try await objects.read(.stat, of: blob.chunk(index))?.size)
        }
        let value = head?.xattrs[TotalSize.xattr]
        let size = value.map { TotalSize.decode($0).map { .known($0) } ?? .impossible } ?? StoredFile.Size.none
        var present = Dictionary(
            uniqueKeysWithValues: lengths.compactMap { index, length in length.map { (index, $0) } })
        present[0] = head?.size
        return StoredFile(size: size, lengths: present)
    }
}
