import ObjectStore
import Foundation

/// Everything that some manifests of a repository reach: its size, and the faults that prevent
/// serving it. Computed from facts; reads nothing.
package struct Closure {
    /// Bytes of every distinct blob, manifests included, as the pool has them, whatever manifests
    /// claim; 0 for missing blobs.
    package private(set) var sizes: [Digest: UInt64] = [:]
    /// The faults, a sentence each.
    private(set) var problems = Problems()
    /// Blobs with bytes of no use, a sentence each.
    private(set) var notes = Problems()
    /// The state of everything together.
    private(set) var state = TagSummary.State.ok

    private let facts: RepositoryFacts

    /// The closure of `roots`; the facts must have been gathered with the scope `.reach`.
    package init(of roots: some Sequence<Digest>, in facts: RepositoryFacts) {
        self.facts = facts
        for digest in facts.walk(from: roots, { visit($0, $1) }) {
            add("The manifest \(digest) is nested in indexes more deeply than regtop follows.")
        }
    }

    /// The sum of the sizes in bytes, at most `UInt64.max`.
    package var size: UInt64 { sizes.values.reduce(0, addingCapped) }

    private mutating func visit(_ digest: Digest, _ finding: ManifestFinding?) {
        sizes[digest] = finding?.blob.size ?? 0
        let revision = facts.revisions[digest]
        if let fault = (revision?.link ?? .missing).fault(expecting: digest) {
            add("The link to the manifest \(digest) \(fault).")
        }
        for (signature, link) in revision?.signatures.sorted(by: { $0.key < $1.key }) ?? [] {
            let blob = facts.blob(signature)
            sizes[signature] = blob.size ?? 0
            if let fault = link.fault(expecting: signature) {
                add("The link to the signature \(signature) \(fault).")
            } else {
                add("The signature \(signature)", blob.state, blob.reason)
            }
        }
        guard let finding, let manifest = finding.manifest else {
            add("The manifest \(digest) \(finding?.reason ?? BlobFinding.missing.reason).")
            return
        }
        add("The manifest \(digest)", finding.blob.state, finding.blob.reason)
        for reference in manifest.blobs { take(reference, isConfig: reference == manifest.config) }
    }

    private mutating func take(_ reference: Manifest.Reference, isConfig: Bool) {
        let digest = facts.canonical(reference.digest)
        guard sizes[digest] == nil else { return }
        sizes[digest] = facts.blob(digest).size ?? 0
        let (state, reason) = facts.verdict(on: reference)
        add("The \(isConfig ? "configuration" : "layer") \(reference.digest)", state, reason)
    }

    private mutating func add(_ problem: String) {
        problems.add(problem)
        state = .damaged
    }

    /// Adds the state of a blob, with the reason for it.
    private mutating func add(_ name: String, _ blob: ImageDetail.BlobState, _ reason: String) {
        switch blob {
        case .ok, .elsewhere: break
        case .waste:
            notes.add("\(name) \(reason).")
            state = max(state, .waste)
        case .suspect:
            problems.add("\(name) \(reason).")
            state = max(state, .suspect)
        case .missing, .unlinked, .damaged: add("\(name) \(reason).")
        }
    }
}

/// Sentences about faults: each once, at most `limit` of them.
struct Problems {
    /// The number of sentences that are kept.
    static let limit = 50

    private var kept: [String] = []
    private var left = 0

    var isEmpty: Bool { kept.isEmpty }

    /// The sentences; the last one has the number of omitted ones.
    var sentences: [String] { left == 0 ? kept : kept + ["\(left) more problems are not listed."] }

    mutating func add(_ sentence: String) {
        guard !kept.contains(sentence) else { return }
        if kept.count < Problems.limit { kept.append(sentence) } else { left += 1 }
    }
}

extension RepositoryFacts {
    /// Everything that the manifests of the repository reach, those that only a tag names included:
    /// they are kept, too, though they cannot be served.
    package var closure: Closure {
        let held = heldRevisions
        let tagged = Set(tags.values.compactMap(\.digest)).subtracting(held)
        return Closure(of: held + tagged.sorted(), in: self)
    }
}
