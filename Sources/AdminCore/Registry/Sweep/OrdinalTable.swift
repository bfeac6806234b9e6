/// Numbers keys from 0 in the order of their first appearance, so that what is known of each can
/// lie in plain arrays.
///
/// For millions of them: a key takes its own size and 6 to 11 bytes besides, where a dictionary
/// takes twice that for its empty buckets. What is in it is never removed. At most 2³² − 1 keys.
struct OrdinalTable<Key: Hashable & Sendable>: Sendable {
    /// The keys, by their number.
    private(set) var keys: [Key] = []
    /// A key's number and one, at the place that its hash says or behind it; 0 where there is none.
    /// As many as a power of two.
    private var slots: [UInt32]

    /// An empty table.
    init() {
        slots = Array(repeating: 0, count: 16)
    }

    /// How many keys there are.
    var count: Int { keys.count }

    /// The number of a key; nil if it has none.
    func ordinal(of key: Key) -> Int? {
        let slot = slot(of: key)
        return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
    }

    /// The number of a key, which gets one if it has none.
    mutating func insert(_ key: Key) -> (ordinal: Int, isNew: Bool) {
        let slot = slot(of: key)
        if slots[slot] != 0 { return (Int(slots[slot]) - 1, false) }
        keys.append(key)
        slots[slot] = UInt32(keys.count)
        if keys.count * 4 > slots.count * 3 { grow() }
        return (keys.count - 1, true)
    }

    /// Where a key is, or would be.
    private func slot(of key: Key) -> Int {
        let mask = slots.count - 1
        var slot = key.hashValue & mask
        while slots[slot] != 0, keys[Int(slots[slot]) - 1] != key { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let size = slots.count * 2
        slots = []
        slots = Array(repeating: 0, count: size)
        for (number, key) in keys.enumerated() {
            var slot = key.hashValue & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt32(number + 1)
        }
    }
}
