import Testing

@testable import ObjectStore
@testable import SampleRegistry

/// Compares the orders that `Interleavings` finds with all orders of two sides that have a few
/// random operations each: the search misses none and executes none twice.
@Suite struct InterleavingsTests {
    private typealias Program = [Turns.Wish]

    /// Returns, for each pair of operations that do not commute, whether the first side comes
    /// first. Orders that are indistinguishable have the same trace.
    private static func trace(_ order: [Int], _ programs: [Program]) -> [Bool] {
        var positions: [[Int]] = [[], []]
        for (position, side) in order.enumerated() { positions[side].append(position) }
        return programs[0].indices.flatMap { first in
            programs[1].indices.compactMap { second in
                programs[0][first].commutes(with: programs[1][second])
                    ? nil : positions[0][first] < positions[1][second]
            }
        }
    }

    private static func allOrders(_ first: Int, _ second: Int) -> [[Int]] {
        if first + second == 0 { return [[]] }
        return (first > 0 ? allOrders(first - 1, second).map { $0 + [0] } : [])
            + (second > 0 ? allOrders(first, second - 1).map { $0 + [1] } : [])
    }

    private static func ordersFound(_ programs: [Program]) -> (orders: [[Int]], search: Interleavings) {
        var search = Interleavings()
        var orders: [[Int]] = []
        repeat {
            var order: [Int] = []
            var isWhole = true
            while order.count < programs[0].count + programs[1].count {
                let wishes = programs.indices.map { side in
                    programs[side].dropFirst(order.count { $0 == side }).first
                }
                guard let side = search.decide(wishes) else {
                    isWhole = false
                    break
                }
                order.append(side)
            }
            if isWhole { orders.append(order) }
        } while search.advance()
        return (orders, search)
    }

    @Test(arguments: 0..<300)
    func everyOrderIsTriedOnce(_ round: Int) {
        var generator = SeededGenerator(seed: "\(round)")
        let objects: [ObjectID] = ["/a", "/b", "/c", "/d"].prefix(1 + round % 4).map { ObjectID($0) }
        let programs: [Program] = (0..<2).map { _ in
            (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                // One operation in five lists all objects.
                if Int.random(in: 0..<5, using: &generator) == 0 { return Turns.Wish(object: nil, isWrite: false) }
                let isWrite = Bool.random(using: &generator)
                return Turns.Wish(
                    object: objects[Int.random(in: objects.indices, using: &generator)], isWrite: isWrite,
                    isListed: isWrite && Bool.random(using: &generator))
            }
        }
        let found = Self.ordersFound(programs)
        let all = Set(Self.allOrders(programs[0].count, programs[1].count).map { Self.trace($0, programs) })
        #expect(Set(found.orders.map { Self.trace($0, programs) }) == all)
        #expect(found.orders.count == all.count)
        #expect(found.search.executed == all.count)
    }
}
