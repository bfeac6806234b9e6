public import ObjectStore
public import Registry
import Algorithms

/// The result of a verification.
public struct Verification: Hashable, Sendable {
    /// A fault.
    public struct Finding: Hashable, Sendable {
        /// The repository; nil for a blob that was verified by itself.
        public let repository: RepositoryName?
        /// The tag with the fault, or the tag that leads to the fault; nil for a manifest without
        /// one.
        public let tag: String?
        /// The blob; nil for a link without a digest.
        public let digest: Digest?
        /// The state of the blob or the link.
        public let state: ImageDetail.BlobState
        /// The fault, as a sentence.
        public let problem: String
    }

    /// The number of checked manifests.
    public internal(set) var manifests = 0
    /// The number of distinct blobs read, manifests included; without those that the same verifier
    /// had read before.
    public internal(set) var blobs = 0
    /// The number of bytes hashed.
    public internal(set) var bytes: UInt64 = 0
    /// The faults, sorted by repository.
    public internal(set) var findings: [Finding] = []
    /// False if the task was cancelled before everything was checked.
    public internal(set) var isComplete = true

    /// True if no fault was found.
    public var isSound: Bool { findings.isEmpty }
}

/// Verifies images: every blob is present, is linked, and has its size and its digest. Reads only.
///
/// Concurrency: a value. Blobs are hashed in parallel with some chunks read ahead; at most
/// `chunkWindow` chunks are in memory, whatever the sizes of the blobs. A verifier hashes each blob
/// once, also over several verifications; a new verifier reads it again.
public struct Verifier: Sendable {
    /// The maximum number of chunks in flight.
    public static let chunkWindow = 32

    /// The registry.
    public let registry: RegistryReader
    private let hasher: BlobHasher

    /// Creates a verifier of a registry.
    public init(registry: RegistryReader) {
        self.registry = registry
        hasher = BlobHasher(registry: registry)
    }

    /// Verifies one blob. A missing blob is a finding. If the task is cancelled, returns an
    /// incomplete result instead of throwing.
    ///
    /// - Parameters:
    ///   - digest: the blob.
    ///   - progress: receives the bytes hashed.
    /// - Throws: errors of the store.
    public func verify(blob digest: Digest, progress: ProgressHandler? = nil) async throws -> Verification {
        var result = Verification()
        let before = hasher.sums
        do {
            let size = try await registry.blob(digest).size ?? 0
            try await hasher.check([digest: size], names: [:], isAll: true, progress)
        } catch  where Task.isCancelled {
            result.isComplete = false
        }
        result.count(from: before, to: hasher.sums)
        if let fault = hasher.fault(of: digest) {
            result.findings = [
                Verification.Finding(
                    repository: nil, tag: nil, digest: digest, state: fault.state,
                    problem: "The blob \(digest) \(fault.reason).")
            ]
        }
        return result
    }

    /// The number of references whose facts are in memory at once.
    private static let batch = 64

    /// Verifies the images that references name, each distinct blob once. If the task is cancelled,
    /// returns an incomplete result instead of throwing.
    ///
    /// Memory: the facts about the manifests of a few references, and a digest for each blob.
    ///
    /// - Parameters:
    ///   - references: repositories, tags or manifests.
    ///   - progress: receives the bytes hashed.
    /// - Throws: `StorageError.notFound` if a reference does not exist, and errors of the store.
    public func verify(_ references: [ImageReference], progress: ProgressHandler? = nil) async throws -> Verification {
        let before = hasher.sums
        var result = Verification()
        let batches = references.chunks(ofCount: Verifier.batch)
        do {
            for batch in batches {
                let (images, links) = try await images(batch, registry.pass())
                result.findings += links
                result.manifests += images.reduce(0) { $0 + $1.roots.count }
                try await check(images, isAll: batches.count == 1, &result, progress)
            }
        } catch  where Task.isCancelled {
            result.isComplete = false
        }
        result.count(from: before, to: hasher.sums)
        result.findings = Array(Set(result.findings)).sorted { $0.order < $1.order }
        return result
    }

    private func check(
        _ images: [Image], isAll: Bool, _ result: inout Verification, _ progress: ProgressHandler?
    ) async throws {
        let closures = images.map { ($0, Closure(of: $0.roots, in: $0.facts)) }
        for (image, closure) in closures {
            result.findings += image.facts.linkFindings(of: closure, name: image.name, tag: image.tag)
        }
        let sizes = closures.reduce(into: [:]) { sizes, closure in
            sizes.merge(closure.1.sizes) { first, _ in first }
        }
        let names = images.map(\.facts.aliases).reduce(into: [:]) { names, aliases in
            names.merge(aliases) { $0.union($1) }
        }
        try await hasher.check(sizes, names: names, isAll: isAll, progress)
        for (image, closure) in closures {
            for digest in closure.sizes.keys {
                guard let fault = hasher.fault(of: digest) else { continue }
                if fault.state == .missing, image.facts.isForeign(digest) { continue }
                result.findings.append(
                    Verification.Finding(
                        repository: image.name, tag: image.tag, digest: digest, state: fault.state,
                        problem: "The blob \(digest) \(fault.reason)."))
            }
        }
    }

    private typealias Image = (name: RepositoryName, tag: String?, facts: RepositoryFacts, roots: [Digest])

    /// Returns the images that the references name, with the facts about their manifests, and the
    /// findings about broken links of tags.
    private func images(
        _ references: ArraySlice<ImageReference>, _ pass: RegistryPass
    ) async throws -> ([Image], [Verification.Finding]) {
        let found = try await concurrentMap(references, window: 32) { reference in
            try await image(reference, pass)
        }
        return (found.flatMap(\.0), found.flatMap(\.1))
    }

    private func image(
        _ reference: ImageReference, _ pass: RegistryPass
    ) async throws -> ([Image], [Verification.Finding]) {
        let name = reference.repository
        let inquiry = RepositoryInquiry(name: name, pass: pass, scope: [.tagLinks, .reach, .untagged])
        switch reference.selector {
        case .repository:
            // Throws if the repository does not exist.
            _ = try await pass.tagNames(of: name)
            let facts = try await inquiry.facts([.tagNames, .revisionList])
            let tagged = facts.tags.values.compactMap(\.digest)
            let broken = facts.tags.compactMap { Verification.Finding(tag: $0, link: $1, of: name) }
            let roots = Set(tagged).union(facts.heldRevisions).sorted()
            return ([(name, nil, facts, roots)], broken)
        case .tag(let tag):
            let facts = try await inquiry.facts([.tag(tag)])
            try await pass.requireTag(tag, of: name, in: facts)
            guard let digest = facts.tags[tag]?.digest else {
                return (
                    [], [Verification.Finding(tag: tag, link: facts.tags[tag] ?? .missing, of: name)].compactMap(\.self)
                )
            }
            return ([(name, tag, facts, [digest])], [])
        case .digest(let digest):
            // Throws if the repository has no such manifest.
            _ = try await pass.image(reference)
            return ([(name, nil, try await inquiry.facts([.revision(digest), .manifest(digest)]), [digest])], [])
        }
    }
}

extension Verification {
    fileprivate mutating func count(from before: (blobs: Int, bytes: UInt64), to after: (blobs: Int, bytes: UInt64)) {
        blobs = after.blobs - before.blobs
        bytes = after.bytes - before.bytes
    }
}

extension Verification.Finding {
    fileprivate var order: (String, String, String) { (repository?.string ?? "", tag ?? "", problem) }

    /// Creates the finding about the link of a tag; nil if the link is sound.
    fileprivate init?(tag: String, link: LinkFinding, of name: RepositoryName) {
        guard let fault = link.fault() else { return nil }
        self.init(
            repository: name, tag: tag, digest: nil, state: link.state == .missing ? .missing : .damaged,
            problem: "The link of the tag \(tag) \(fault).")
    }
}

extension RepositoryFacts {
    /// The other digests by which manifests name a blob, by the digest in the blob's path.
    fileprivate var aliases: [Digest: Set<Digest>] {
        layerLinks.keys.filter { !$0.isCanonical }.reduce(into: [:]) { $0[canonical($1), default: []].insert($1) }
    }

    /// Returns whether every manifest that names a blob calls it a foreign layer, which registries
    /// need not have.
    fileprivate func isForeign(_ digest: Digest) -> Bool {
        let references = manifests.values.compactMap(\.manifest).flatMap(\.blobs)
            .filter { canonical($0.digest) == digest }
        return !references.isEmpty && references.allSatisfy(\.isForeign)
    }

    /// Returns the faults of a closure that no hash shows: of links, and of invalid manifests.
    fileprivate func linkFindings(
        of closure: Closure, name: RepositoryName, tag: String?
    ) -> [Verification.Finding] {
        var found: [Verification.Finding] = []
        func add(_ digest: Digest, _ state: ImageDetail.BlobState, _ problem: String) {
            found.append(.init(repository: name, tag: tag, digest: digest, state: state, problem: problem))
        }
        for digest in closure.sizes.keys {
            guard let finding = manifests[digest] else { continue }
            if let fault = (revisions[digest]?.link ?? .missing).fault(expecting: digest) {
                add(digest, .unlinked, "The link to the manifest \(digest) \(fault).")
            }
            for (signature, link) in revisions[digest]?.signatures ?? [:] {
                if let fault = link.fault(expecting: signature) {
                    add(signature, .unlinked, "The link to the signature \(signature) \(fault).")
                }
            }
            guard let manifest = finding.manifest else {
                if finding.blob.state == .ok { add(digest, .damaged, "The manifest \(digest) \(finding.reason).") }
                continue
            }
            for reference in manifest.blobs {
                let verdict = verdict(on: reference)
                if verdict.state == .unlinked {
                    add(reference.digest, .unlinked, "The blob \(reference.digest) \(verdict.reason).")
                }
            }
        }
        return found
    }
}
