import Algorithms

extension DumpLine {
    /// Bytes that one operation carries, unless a single key has more.
    private static let payload = 8 << 20
    private static let part = 4 << 20

    /// What makes the object as it is in the line: one operation for all but large ones, the first one on condition that there
    /// is no such object.
    func operations() -> [WriteOperation] {
        var operations: [WriteOperation] = []
        var mutations: [WriteOperation.Mutation] = [.create]
        var bytes = 0
        func flush() {
            operations.append(
                WriteOperation(
                    guards: [operations.isEmpty ? .doesNotExist : .exists], mutations, modified: modified))
            mutations = []
            bytes = 0
        }
        func add(_ mutation: WriteOperation.Mutation, _ count: Int) {
            if bytes > 0 && bytes + count > Self.payload { flush() }
            mutations.append(mutation)
            bytes += count
        }
        for (name, value) in xattrs.sorted(by: { $0.key < $1.key }) {
            add(.setXattr(name: name, value: value), value.count)
        }
        for (entries, count) in omapParts() {
            add(.setOmap(entries), count)
        }
        if let data {
            for part in data.chunks(ofCount: Self.part) {
                add(.write(Array(part), at: UInt64(part.startIndex)), part.count)
            }
        } else if size == StoreLimits.object {
            // What no truncation may extend to; one byte at its end may be written.
            add(.write([0], at: size - 1), 1)
        } else if size > 0 {
            add(.truncate(size), 0)
        }
        if !mutations.isEmpty { flush() }
        return operations
    }

    /// The omap in parts of at most 1024 keys and about the bytes of a part.
    private func omapParts() -> [(entries: [ByteString: [UInt8]], bytes: Int)] {
        var parts: [(entries: [ByteString: [UInt8]], bytes: Int)] = []
        for (key, value) in omap.sorted(by: { $0.key < $1.key }) {
            let count = key.count + value.count
            if let last = parts.last, last.entries.count < 1024, last.bytes + count <= Self.part {
                parts[parts.count - 1].entries[key] = value
                parts[parts.count - 1].bytes += count
            } else {
                parts.append(([key: value], count))
            }
        }
        return parts
    }
}
