@testable import SampleRegistry

/// Decides in which order the operations of sides follow each other.
protocol TurnOrder {
    /// Whose turn it is, of the sides that wish something, at least one; nil if this order is not
    /// worth going on with.
    mutating func decide(_ wishes: [Turns.Wish?]) -> Int?
}

/// Orders drawn by lot: long runs of one side as well as short ones.
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
