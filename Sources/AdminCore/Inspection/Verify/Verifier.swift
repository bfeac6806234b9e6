/// Checks that images are whole: every blob present, linked, as long as it should be, and of the content that its digest says. Only reads.
///
/// Concurrency: a value. Blobs are hashed side by side, each read ahead by a few chunks, so that at most `chunkWindow` chunks are in memory,
/// however large the blobs are. A verifier remembers what was wrong with which blob: what several verifications share is read by the first
/// of them only. To read it again, make a new one.
public struct Verifier: Sendable {
    /// How many chunks are under way at once, at most.
    public static let chunkWindow = 32

    /// The registry.
    public let registry: RegistryReader
    private let hashing: Hashing

    /// A verifier of this registry.
    public init(registry: RegistryReader) {
        self.registry = registry
        hashing = Hashing(registry: registry)
    }

    /// Checks one blob, whoever needs it. A blob that is not there is a finding. If the task is cancelled, the answer says that it is not
    /// complete. Throws errors of the store. `progress` counts bytes.
    public func verify(blob digest: Digest, progress: ProgressHandler? = nil) async throws -> Verification {
        var result = Verification()
        let before = hashing.sums
        do {
            let size = try await registry.blob(digest).size ?? 0
            try await hashing.check([digest: size], names: [:], isAll: true, progress)
        } catch  where Task.isCancelled {
            result.isComplete = false
        }
        result.count(from: before, to: hashing.sums)
        if let fault = hashing.fault(of: digest) {
            result.findings = [
                Verification.Finding(
                    repository: nil, tag: nil, digest: digest, state: fault.state,
                    problem: "The blob \(digest) \(fault.reason).")
            ]
        }
        return result
    }

    /// How many references are thought through at once.
    private static let batch = 64

    /// Checks what the references name, each distinct blob once. Throws `StorageError.notFound` for what is not there, and errors of the store.
    /// If the task is cancelled, what was found by then is the answer, and says that it is not complete. `progress` counts bytes.
    ///
    /// Memory: what the manifests of some references say, and a digest for each blob.
    public func verify(_ references: [ImageReference], progress: ProgressHandler? = nil) async throws -> Verification {
        let pass = registry.pass()
        let before = hashing.sums
        var result = Verification()
        let batches = stride(from: 0, to: references.count, by: Verifier.batch).map {
            references[$0..<min($0 + Verifier.batch, references.count)]
        }
        do {
            for batch in batches {
                let (images, links) = try await images(batch, batches.count > 1 ? registry.pass() : pass)
                result.findings += links
                result.manifests += images.reduce(0) { $0 + $1.roots.count }
                try await check(images, isAll: batches.count == 1, &result, progress)
            }
        } catch  where Task.isCancelled {
            result.isComplete = false
        }
        result.count(from: before, to: hashing.sums)
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
        try await hashing.check(sizes, names: names, isAll: isAll, progress)
        for (image, closure) in closures {
            for digest in closure.sizes.keys {
                guard let fault = hashing.fault(of: digest) else { continue }
                if fault.state == .missing, image.facts.isForeign(digest) { continue }
                result.findings.append(
                    Verification.Finding(
                        repository: image.name, tag: image.tag, digest: digest, state: fault.state,
                        problem: "The blob \(digest) \(fault.reason)."))
            }
        }
    }

    private typealias Image = (name: RepositoryName, tag: String?, facts: RepositoryFacts, roots: [Digest])

    /// What the references name, read as far as the manifests go; and the links that lead nowhere.
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
        let inquiry = RepositoryInquiry(name: name, pass: pass, scope: [.tagLinks, .reach])
        switch reference.selector {
        case .repository:
            // Throws where there is no such repository.
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
            // Throws where the repository has no such manifest.
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

    /// The link of a tag; nil if nothing is wrong with it.
    fileprivate init?(tag: String, link: LinkFinding, of name: RepositoryName) {
        guard let fault = link.fault() else { return nil }
        self.init(
            repository: name, tag: tag, digest: nil, state: link.state == .missing ? .missing : .damaged,
            problem: "The link of the tag \(tag) \(fault).")
    }
}

extension RepositoryFacts {
    /// By the digest below which a blob lies: the other ones by which manifests name it.
    fileprivate var aliases: [Digest: Set<Digest>] {
        layerLinks.keys.filter { !$0.isCanonical }.reduce(into: [:]) { $0[canonical($1), default: []].insert($1) }
    }

    /// Whether a blob is a layer that registries need not hold, wherever it is named.
    fileprivate func isForeign(_ digest: Digest) -> Bool {
        let references = manifests.values.compactMap(\.manifest).flatMap(\.blobs)
            .filter { canonical($0.digest) == digest }
        return !references.isEmpty && references.allSatisfy(\.isForeign)
    }

    /// What cannot be served or read of a closure though the blobs may be whole: links, manifests that are none.
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
