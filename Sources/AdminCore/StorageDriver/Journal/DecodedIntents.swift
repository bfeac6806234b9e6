import ObjectStore
import Synchronization

/// The small intents that this process has decoded, by their keys and values: many intents wait in
/// a journal for their last look, and each change reads all of them.
enum DecodedIntents {
    private struct Memory {
        var entries: [[OmapEntry]: Journal.Entry] = [:]
        var bytes = 0
    }

    private static let memory = Mutex(Memory())
    /// The most bytes of keys and values in memory, and of one intent that is remembered.
    private static let (limit, largest) = (1 << 20, 4 << 10)

    /// Returns the entry with these keys and values, and makes it if it is not known.
    static func entry(for keys: [OmapEntry], make: () -> Journal.Entry) -> Journal.Entry {
        let bytes = keys.reduce(0) { $0 + $1.key.count + $1.value.count }
        if bytes > largest { return make() }
        if let known = memory.withLock({ $0.entries[keys] }) { return known }
        let entry = make()
        memory.withLock { memory in
            if memory.bytes + bytes > limit { memory = Memory() }
            memory.entries[keys] = entry
            memory.bytes += bytes
        }
        return entry
    }
}
