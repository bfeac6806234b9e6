@testable import SampleRegistry

/// Decides the order of the operations of several sides.
protocol TurnOrder {
    /// Returns the side that has the next turn, one of those with a wish; nil if the order is to be
    /// given up. At least one side has a wish.
    mutating func decide(_ wishes: [Turns.Wish?]) -> Int?
}

/// A random order. The seed decides whether one side's runs are long or short.
struct RandomOrder: TurnOrder {
    private var generator: SeededGenerator
    private let stays: Double
    private var last: Int?

    init(seed: String) {
        generator = SeededGenerator(seed: seed)
        stays = Double.random(in: 0..<1, using: &generator)
    }

    mutating func decide(_ wishes: [Turns.Wish?]) -> Int? {
        let goesOn = Double.random(in: 0..<1, using: &generator) < stays
        if goesOn, let last, wishes[last] != nil { return last }
        let others = wishes.indices.filter { wishes[$0] != nil && $0 != last }
        if let other = others.randomElement(using: &generator) { last = other }
        return last
    }
}
