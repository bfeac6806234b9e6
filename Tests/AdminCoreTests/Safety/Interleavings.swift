/// All orders in which the operations of two sides can follow each other, but for those that differ only in the order of operations that
/// commute: a depth-first search over the decisions with sleep sets, each order executed from the beginning.
struct Interleavings {
    private struct Node {
        let wishes: [Turns.Wish?]
        /// Sides whose next operation was tried already before something that commutes with it.
        let asleep: Set<Int>
        var tried: Set<Int> = []
        var choice: Int
    }

    private var path: [Node] = []
    private var depth = 0
    private var isRedundant = false

    /// How many orders were executed to their end and stand for all.
    private(set) var executed = 0

    /// Whose turn it is at the next decision of the present order.
    mutating func decide(_ wishes: [Turns.Wish?]) -> Int {
        let ready = (0..<2).filter { wishes[$0] != nil }
        defer { depth += 1 }
        if depth < path.count, !isRedundant { return path[depth].choice }
        let asleep = sleepers(wishes)
        guard !isRedundant, let choice = ready.first(where: { !asleep.contains($0) }) else {
            // Everything from here on was seen in another order.
            isRedundant = true
            return ready.first ?? 0
        }
        path.append(Node(wishes: wishes, asleep: asleep, choice: choice))
        return choice
    }

    private func sleepers(_ wishes: [Turns.Wish?]) -> Set<Int> {
        guard let last = path.last, let done = last.wishes[last.choice] else { return [] }
        return last.asleep.union(last.tried).filter { side in
            side != last.choice && wishes[side] != nil && (last.wishes[side]?.commutes(with: done) ?? false)
        }
    }

    /// Whether the order just executed counts, and prepares the next one: false if there is none.
    mutating func advance() -> (counts: Bool, more: Bool) {
        let counts = !isRedundant
        if counts { executed += 1 }
        depth = 0
        isRedundant = false
        while var node = path.popLast() {
            node.tried.insert(node.choice)
            let next = (0..<2).first {
                node.wishes[$0] != nil && !node.tried.contains($0) && !node.asleep.contains($0)
            }
            if let next {
                node.choice = next
                path.append(node)
                return (counts, true)
            }
        }
        return (counts, false)
    }
}
