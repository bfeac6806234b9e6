import Inspection
public import ObjectStore
public import Registry
import StorageDriver

/// The tags of two registries, compared.
public struct TransferComparison: Hashable, Sendable {
    /// A tag that does not agree.
    public struct Difference: Hashable, Sendable {
        /// The kind of a difference.
        public enum Kind: String, Hashable, Sendable {
            /// The target lacks the tag.
            case missing
            /// The tag names another manifest at the target.
            case differs
            /// The target has the tag, and the source has not.
            case extra
            /// The target has the tag, and not everything that its image needs.
            case damaged
        }

        /// The kind.
        public let kind: Kind
        /// The repository.
        public let repository: RepositoryName
        /// The tag.
        public let tag: String
        /// The manifest at the source; nil if there is none.
        public let source: Digest?
        /// The manifest at the target; nil if there is none.
        public let target: Digest?
        /// More about it, in a sentence; nil if there is nothing to say.
        public let detail: String?
    }

    /// The number of tags that agree.
    public internal(set) var same = 0
    /// The differences, by repository and tag.
    public internal(set) var differences: [Difference] = []

    /// True if all tags agree.
    public var isSame: Bool { differences.isEmpty }

    /// Compares two registries. Only reads.
    ///
    /// - Parameters:
    ///   - source: The one.
    ///   - target: The other. Its images are checked as `regtop tags` checks them.
    ///   - isDeep: True to read all blobs of the target and compare their digests.
    ///   - progress: Called with the progress; nil for none.
    /// - Throws: errors of the stores.
    public static func of(
        _ source: RegistryReader, _ target: RegistryReader, isDeep: Bool = false, progress: ProgressHandler? = nil
    ) async throws -> TransferComparison {
        async let left = source.repositoryNames()
        async let right = target.repositoryNames()
        let (here, there) = try await (Set(left), Set(right))
        let names = here.union(there).sorted()
        let counter = ProgressCounter(phase: "comparing repositories", total: UInt64(names.count), handler: progress)
        let parts = try await concurrentMap(names, window: 16) { name in
            defer { counter.advance() }
            async let ours = here.contains(name) ? source.tagDigests(of: name) : [:]
            // One pass for each repository: a pass of the whole would remember every manifest.
            async let theirs = there.contains(name) ? target.pass().tags(of: name) : []
            return try await compare(name, ours, theirs)
        }
        var result = TransferComparison()
        for part in parts {
            result.same += part.same
            result.differences += part.differences
        }
        if isDeep { try await result.verify(target, names, progress) }
        return result
    }

    private static func compare(
        _ name: RepositoryName, _ source: [String: Digest], _ target: [TagSummary]
    ) -> TransferComparison {
        var result = TransferComparison()
        let there = Dictionary(target.map { ($0.tag, $0) }) { first, _ in first }
        for tag in Set(source.keys).union(there.keys).sorted() {
            let (mine, other) = (source[tag], there[tag])
            let kind: Difference.Kind? =
                switch (mine, other?.digest) {
                case (_?, nil): .missing
                case (nil, _): .extra
                case (let mine?, let theirs?) where mine != theirs: .differs
                default: other?.state == .ok ? nil : .damaged
                }
            guard let kind else {
                result.same += 1
                continue
            }
            result.differences.append(
                Difference(
                    kind: kind, repository: name, tag: tag, source: mine, target: other?.digest,
                    detail: kind == .damaged ? other?.problems.first : nil))
        }
        return result
    }

    /// Reads the blobs of the target.
    private mutating func verify(
        _ target: RegistryReader, _ names: [RepositoryName], _ progress: ProgressHandler?
    ) async throws {
        let there = try await Set(target.repositoryNames())
        let references = names.filter(there.contains).compactMap { ImageReference($0) }
        let verification = try await Verifier(registry: target).verify(references, progress: progress)
        guard verification.isComplete else { throw CancellationError() }
        for finding in verification.findings {
            guard let name = finding.repository else { continue }
            differences.append(
                Difference(
                    kind: .damaged, repository: name, tag: finding.tag ?? "", source: nil, target: finding.digest,
                    detail: finding.problem))
        }
    }
}
