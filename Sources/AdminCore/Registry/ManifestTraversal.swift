package import ObjectStore

/// A walk over documents: from some manifests to everything that they name, and on from there.
///
/// A traversal reads nothing. Its driver takes a step, reads the document from its place (in a
/// pool, in the quarantine, among facts that were read before), and adds the steps that follow.
/// `enters` admits each manifest once, and again if it is found nearer to a root, because its
/// entries may be within the limit then. A ring of indexes never brings a manifest nearer, so every
/// walk ends.
///
/// `Manifest.edges` lists everything that a manifest names. The mark of a collection uses only
/// that: the marks of its index record the visited manifests.
///
/// Memory: the open steps, and a digest and a byte for each manifest.
package struct ManifestTraversal<Step> {
    /// The number of manifests that may enter.
    private let limit: Int
    private var open: [Step] = []
    /// The number of open steps that `oldest` has taken.
    private var taken = 0
    private var met = OrdinalTable<Digest>()
    /// The least depth in indexes at which each manifest was found.
    private var depths: [UInt8] = []
    private var beyond = OrdinalTable<Digest>()

    /// Creates a walk without steps. At most `limit` manifests may enter.
    package init(limit: Int = .max) { self.limit = limit }

    /// The manifests that were found only deeper than `Manifest.nestingLimit`, in the order in
    /// which they were found.
    var tooDeep: [Digest] { beyond.keys.filter { met.ordinal(of: $0) == nil } }

    /// Adds a step.
    package mutating func add(_ step: Step) { open.append(step) }

    /// Takes the step that was added last. The open steps do not pile up in this order.
    package mutating func newest() -> Step? { open.popLast() }

    /// Takes the step that was added first. A walk uses either this or `newest`.
    mutating func oldest() -> Step? {
        guard taken < open.count else { return nil }
        taken += 1
        return open[taken - 1]
    }

    /// Returns whether a manifest is to be followed: it is new, or nearer to a root than before. A
    /// walk without a limit passes depth 0 for every manifest.
    package mutating func enters(_ digest: Digest, depth: Int = 0) -> Bool {
        guard depth <= Manifest.nestingLimit else {
            _ = beyond.insert(digest)
            return false
        }
        if let number = met.ordinal(of: digest) {
            guard depth < depths[number] else { return false }
            depths[number] = UInt8(depth)
            return true
        }
        guard met.count < limit else { return false }
        _ = met.insert(digest)
        depths.append(UInt8(depth))
        return true
    }

    /// The least depth in indexes at which a manifest was found; nil if it has not entered.
    package func depth(of digest: Digest) -> Int? { met.ordinal(of: digest).map { Int(depths[$0]) } }
}

extension ManifestTraversal where Step: Sendable {
    /// Takes steps, the newest first and several at once, until none is open.
    ///
    /// - Parameters:
    ///   - counter: counts the steps in progress; may be shared with other walks.
    ///   - mayStart: says whether a step may start beside this number of steps of this walk.
    ///   - read: reads the document of a step.
    ///   - take: takes an answer, and adds the steps that follow.
    package mutating func run<Answer: Sendable>(
        counting counter: Counter, while mayStart: (_ underWay: Int) -> Bool,
        reading read: @escaping @Sendable (Step) async throws -> Answer,
        taking take: (inout ManifestTraversal, Answer) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            var underWay = 0
            defer { counter.add(-underWay) }
            while true {
                while mayStart(underWay), let step = newest() {
                    underWay += 1
                    counter.add(1)
                    group.addTask { try await read(step) }
                }
                guard let answer = try await group.next() else { return }
                underWay -= 1
                counter.add(-1)
                take(&self, answer)
            }
        }
    }
}
