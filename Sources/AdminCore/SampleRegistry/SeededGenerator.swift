/// A random number generator that gives the same numbers for the same seed, on every machine, for ever: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// A generator for a text: different texts give different numbers (FNV-1a).
    init(seed text: String) {
        state = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
