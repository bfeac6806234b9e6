/// A walk over documents: from some manifests to what they name, and on to what that names.
///
/// A traversal reads nothing. Its driver takes a step, reads what the step says wherever that lies
/// (in a pool, in the quarantine, in facts that were read before), and adds the steps that follow
/// from the answer. `enters` admits each manifest once, and once more where it is met nearer to a
/// root, since what it names may be within the limit then. A ring of indexes never brings a
/// manifest nearer, so every walk ends.
///
/// A mark (`CollectionMark`) uses only `Manifest.edges`: the marks of its index say what it has
/// met.
///
/// Memory: the open steps, and a digest and a byte for each manifest.
struct ManifestTraversal<Step> {
    /// How many manifests may enter.
    private let limit: Int
    private var open: [Step] = []
    /// How many of the open steps `oldest` has taken.
    private var taken = 0
    private var met = OrdinalTable<Digest>()
    /// How deep in indexes each manifest lies, at least.
    private var depths: [UInt8] = []
    private var beyond = OrdinalTable<Digest>()

    /// A walk without steps, which at most this number of manifests may enter.
    init(limit: Int = .max) { self.limit = limit }

    /// The manifests that were met only deeper than the limit, in the order in which they were met.
    var tooDeep: [Digest] { beyond.keys.filter { met.ordinal(of: $0) == nil } }

    /// Adds a step.
    mutating func add(_ step: Step) { open.append(step) }

    /// Takes the step that was added last: what manifests name does not pile up then.
    mutating func newest() -> Step? { open.popLast() }

    /// Takes the step that was added first. A walk that uses this does not use `newest`.
    mutating func oldest() -> Step? {
        guard taken < open.count else { return nil }
        taken += 1
        return open[taken - 1]
    }

    /// Returns whether a manifest that was met at this depth is to be followed: it is new, or
    /// nearer to a root than before. A walk that follows indexes to any depth says 0 of each.
    mutating func enters(_ digest: Digest, depth: Int = 0) -> Bool {
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

    /// How deep in indexes a manifest lies, at least; nil if it has not entered.
    func depth(of digest: Digest) -> Int? { met.ordinal(of: digest).map { Int(depths[$0]) } }
}

extension ManifestTraversal where Step: Sendable {
    /// Takes the steps, the newest first and several at once, until none is open.
    ///
    /// - Parameters:
    ///   - counter: counts the steps under way, and may be shared with other walks.
    ///   - mayStart: whether a step may start beside this number of steps of this walk.
    ///   - read: reads what a step says.
    ///   - take: takes an answer, and adds the steps that follow from it.
    mutating func run<Answer: Sendable>(
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

extension RepositoryFacts {
    /// Visits some manifests and all that they name, the nearest first and each once. Returns those
    /// that lie too deep.
    @discardableResult
    func walk(from roots: some Sequence<Digest>, _ visit: (Digest, ManifestFinding?) -> Void) -> [Digest] {
        var traversal = ManifestTraversal<(digest: Digest, depth: Int)>()
        for root in roots where traversal.enters(root) { traversal.add((root, 0)) }
        while let (digest, depth) = traversal.oldest() {
            visit(digest, manifests[digest])
            for child in manifests[digest]?.manifest?.children ?? []
            where traversal.enters(child.digest, depth: depth + 1) {
                traversal.add((child.digest, depth + 1))
            }
        }
        return traversal.tooDeep
    }
}

// MARK: - References

extension Manifest {
    /// The blobs that a manifest names and that are no manifests: the configuration, layers, and
    /// those among the entries of an index.
    var blobs: [Reference] {
        (config.map { [$0] } ?? []) + layers + manifests.filter { !$0.namesManifest }
    }

    /// The manifests that an index names.
    var children: [Reference] { manifests.filter(\.namesManifest) }

    /// Everything that a manifest names.
    var edges: [Edge] {
        // Where readers may disagree, and where an index names something of an unknown type, it may
        // be a manifest.
        let need: Edge.Need = ambiguities.isEmpty && !isIndex ? .blob : .either
        var edges = blobs.map { Edge($0, .layer, need) }
        if let config { edges[0] = Edge(config, .config, need) }
        edges += children.map { Edge($0, .manifest, .manifest) }
        edges += otherReferences.map { Edge(digest: $0, size: nil, isForeign: false, kind: .other, need: .either) }
        if let subject { edges.append(Edge(subject, .subject, .manifest)) }
        return edges
    }

    /// Something that a manifest names.
    struct Edge: Sendable {
        /// The part of a blob in the manifest that names it.
        enum Kind: Hashable, Sendable {
            /// A manifest that a tag, a revision link or an index names.
            case manifest
            /// An image's configuration.
            case config
            /// A layer, or a blob that an index names.
            case layer
            /// A signature of a schema 1 manifest. A repository's link names it, not the manifest.
            case signature
            /// The manifest to which another one refers (OCI). It need not be there, and is not
            /// needed by the manifest that refers to it.
            case subject
            /// Something that another reader than the registry could take for a reference.
            case other
        }

        /// What a collection has to keep.
        enum Need: Hashable, Sendable {
            /// The blob itself.
            case blob
            /// The blob, and everything that it names as a manifest.
            case manifest
            /// The blob, and everything that it names if it is a manifest.
            case either
        }

        let digest: Digest
        /// Its size in bytes as the manifest claims it; nil if the manifest claims none.
        let size: UInt64?
        /// True for a layer that registries need not hold.
        let isForeign: Bool
        let kind: Kind
        let need: Need
    }
}

extension Manifest.Edge {
    fileprivate init(_ reference: Manifest.Reference, _ kind: Kind, _ need: Need) {
        self.init(
            digest: reference.digest, size: reference.size, isForeign: reference.isForeign, kind: kind, need: need)
    }
}
