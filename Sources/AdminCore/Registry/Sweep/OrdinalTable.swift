/// Numbers keys from 0 in the order of their first appearance, so that facts about each can lie in
/// plain arrays.
///
/// Made for millions of keys: in addition to its own size, a key takes 6 to 11 bytes; a dictionary
/// takes twice that for empty buckets. Nothing is ever removed. At most 2³² − 1 keys.
package struct OrdinalTable<Key: Hashable & Sendable>: Sendable {
    /// The keys, by number.
    package private(set) var keys: [Key] = []
    /// At the index of a key's hash, or after it, the key's number plus one; 0 if there is no key.
    /// The count is a power of two.
    private var slots: [UInt32]

    /// An empty table.
    package init() {
        slots = Array(repeating: 0, count: 16)
    }

    /// The number of keys.
    var count: Int { keys.count }

    /// The number of a key; nil if the key is not in the table.
    package func ordinal(of key: Key) -> Int? {
        let slot = slot(of: key)
        return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
    }

    /// Returns the number of a key, after adding the key if it is new.
    package mutating func insert(_ key: Key) -> (ordinal: Int, isNew: Bool) {
        let slot = slot(of: key)
        if slots[slot] != 0 { return (Int(slots[slot]) - 1, false) }
        keys.append(key)
        slots[slot] = UInt32(keys.count)
        if keys.count * 4 > slots.count * 3 { grow() }
        return (keys.count - 1, true)
    }

    /// The slot of a key, or the free slot for it.
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
