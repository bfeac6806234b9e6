/// All orders in which the operations of two sides can follow each other, but for those that differ
/// only in the order of operations that commute: a depth-first search over the decisions, each
/// order executed from the beginning. Where two operations do not commute, the second one's side is
/// to be tried where the first one was executed (dynamic partial order reduction: Flanagan,
/// Godefroid, 2005), and what was tried there already is not begun again before something that does
/// not commute with it (sleep sets).
struct Interleavings: TurnOrder {
    private struct Node {
        let wishes: [Turns.Wish?]
        /// Sides whose next operation was tried already before something that commutes with it.
        let asleep: Set<Int>
        var tried: Set<Int> = []
        var choice: Int
        /// Sides that are to be tried here.
        var open: Set<Int>

        var wish: Turns.Wish? { wishes[choice] }
    }

    private var path: [Node] = []
    private var depth = 0
    private var isRedundant = false

    /// How many orders were executed to their end and stand for all.
    private(set) var executed = 0
    /// How many others were begun.
    private(set) var givenUp = 0

    /// Whose turn it is at the next decision of the present order; nil if everything from here on
    /// was seen in another order.
    mutating func decide(_ wishes: [Turns.Wish?]) -> Int? {
        defer { depth += 1 }
        if depth < path.count { return path[depth].choice }
        for side in 0..<2 { openRace(of: side, wishing: wishes[side]) }
        let asleep = sleepers(wishes)
        guard let choice = (0..<2).first(where: { wishes[$0] != nil && !asleep.contains($0) }) else {
            isRedundant = true
            return nil
        }
        path.append(Node(wishes: wishes, asleep: asleep, choice: choice, open: [choice]))
        return choice
    }

    /// Where a side's next operation does not commute with one of the other's, and could have come
    /// before it, it is to be tried there.
    private mutating func openRace(of side: Int, wishing wish: Turns.Wish?) {
        guard let wish, let race = lastConflict(of: side, wish, before: path.count) else { return }
        // What its own operations came after, it comes after anyway.
        let settled = path.indices.reversed().contains { index in
            guard index > race, path[index].choice == side, let own = path[index].wish else { return false }
            return lastConflict(of: side, own, before: index).map { $0 >= race } ?? false
        }
        if !settled { path[race].open.insert(side) }
    }

    /// The last operation of the other side, before a step of this order, that does not commute
    /// with `wish`.
    private func lastConflict(of side: Int, _ wish: Turns.Wish, before step: Int) -> Int? {
        path[..<step].lastIndex { node in
            node.choice != side && !(node.wish?.commutes(with: wish) ?? true)
        }
    }

    private func sleepers(_ wishes: [Turns.Wish?]) -> Set<Int> {
        guard let last = path.last, let done = last.wish else { return [] }
        return last.asleep.union(last.tried).filter { side in
            side != last.choice && wishes[side] != nil && (last.wishes[side]?.commutes(with: done) ?? false)
        }
    }

    /// Prepares the next order: false if there is none.
    mutating func advance() -> Bool {
        if isRedundant { givenUp += 1 } else { executed += 1 }
        depth = 0
        isRedundant = false
        while var node = path.popLast() {
            node.tried.insert(node.choice)
            if let next = node.open.subtracting(node.tried).subtracting(node.asleep).min() {
                node.choice = next
                path.append(node)
                return true
            }
        }
        return false
    }
}
