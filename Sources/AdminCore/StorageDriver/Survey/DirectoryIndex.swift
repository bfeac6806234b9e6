/// The directories of a pool as a tree. Takes about a hundred bytes for each directory, most of
/// them for its name.
///
/// A directory gets a number when it is first found: as an object, as a key of its parent, or as
/// the parent of another one. The root is 0. Concurrency: a value.
package struct DirectoryIndex: Sendable {
    /// The number of a directory.
    package typealias Number = UInt32

    /// The facts about a directory.
    package struct Facts: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }
        /// Its object exists.
        package static let isThere = Facts(rawValue: 1)
        /// Its parent lists it as a directory.
        package static let isListed = Facts(rawValue: 2)
        /// Its object has keys.
        package static let hasKeys = Facts(rawValue: 4)
    }

    private struct Node: Sendable {
        let parent: Number
        let start: UInt32
        let length: UInt16
        var facts: Facts = []
        /// The date of the last change of its object, in seconds since 1970; 0 if there is none.
        var modified: UInt32 = 0
        var firstChild: Number = 0
        var nextSibling: Number = 0
    }

    private var nodes = [Node(parent: 0, start: 0, length: 0)]
    private var names: [UInt8] = []
    /// Numbers by the hash of parent and name; 0 where there is none. Its length is a power of two.
    private var slots = [Number](repeating: 0, count: 64)

    /// The number of directories.
    package var count: Int { nodes.count }

    package func facts(_ number: Number) -> Facts { nodes[Int(number)].facts }

    /// The date of the last change of the directory's object, in seconds since 1970; 0 if there is
    /// none.
    package func modified(_ number: Number) -> UInt32 { nodes[Int(number)].modified }

    package func parent(_ number: Number) -> Number { nodes[Int(number)].parent }

    /// The directory's own name; empty for the root.
    package func name(_ number: Number) -> String { String(decoding: bytes(of: nodes[Int(number)]), as: UTF8.self) }

    /// The path of a directory.
    package func path(_ number: Number) -> StoragePath {
        var components: [String] = []
        var number = number
        while number != 0 {
            components.append(name(number))
            number = parent(number)
        }
        return .literal(components.reversed())
    }

    /// The directories in this one, the last found first.
    package func children(_ number: Number) -> [Number] {
        var children: [Number] = []
        var child = nodes[Int(number)].firstChild
        while child != 0 {
            children.append(child)
            child = nodes[Int(child)].nextSibling
        }
        return children
    }

    /// The number of the directory at a path; nil if none was found there.
    package func find(_ path: StoragePath) -> Number? {
        var number: Number = 0
        for component in path.components {
            guard let child = find(component, in: number) else { return nil }
            number = child
        }
        return number
    }

    /// The number of a directory in `parent`; nil if none was found there.
    package func find(_ name: String, in parent: Number) -> Number? {
        let number = slots[slot(of: Array(name.utf8), in: parent)]
        return number == 0 ? nil : number
    }

    /// The number of the directory at a path. A new directory, and new ones above it, get one.
    mutating func insert(_ path: StoragePath) -> Number {
        path.components.reduce(0) { insert($1, in: $0) }
    }

    /// The number of a directory in `parent`. A new one gets a number.
    mutating func insert(_ name: String, in parent: Number) -> Number {
        let bytes = Array(name.utf8)
        let slot = slot(of: bytes, in: parent)
        if slots[slot] != 0 { return slots[slot] }
        let number = Number(nodes.count)
        nodes.append(
            Node(
                parent: parent, start: UInt32(names.count), length: UInt16(bytes.count),
                nextSibling: nodes[Int(parent)].firstChild))
        nodes[Int(parent)].firstChild = number
        names += bytes
        slots[slot] = number
        if nodes.count * 3 > slots.count * 2 { grow() }
        return number
    }

    /// Adds facts about a directory.
    mutating func note(_ facts: Facts, modified: UInt32 = 0, of number: Number) {
        nodes[Int(number)].facts.formUnion(facts)
        if modified > 0 { nodes[Int(number)].modified = modified }
    }

    private func bytes(of node: Node) -> ArraySlice<UInt8> {
        names[Int(node.start)..<Int(node.start) + Int(node.length)]
    }

    /// The slot of a directory, or the one that it would take.
    private func slot(of name: [UInt8], in parent: Number) -> Int {
        var hasher = Hasher()
        hasher.combine(parent)
        name.withUnsafeBytes { hasher.combine(bytes: $0) }
        var slot = hasher.finalize() & (slots.count - 1)
        while slots[slot] != 0 {
            let node = nodes[Int(slots[slot])]
            if node.parent == parent, bytes(of: node).elementsEqual(name) { break }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func grow() {
        slots = [Number](repeating: 0, count: slots.count * 2)
        for number in nodes.indices.dropFirst() {
            slots[slot(of: Array(bytes(of: nodes[number])), in: nodes[number].parent)] = Number(number)
        }
    }
}
