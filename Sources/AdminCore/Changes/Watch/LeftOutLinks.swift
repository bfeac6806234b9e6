import Inspection
import Registry
import StorageDriver
import Foundation

/// Finds the links that pushes to a repository left out while a change took its links away
/// (docs/safety.md#watch). Only reads.
///
/// A registry whose cache remembers that a layer is linked writes no link to it. A registry that
/// has read the identifier of a link before the change writes into that link, even if the link has
/// moved. In both cases the push succeeds with 201, and the image cannot be pulled later.
struct LeftOutLinks: Sendable {
    let registry: RegistryReader
    let name: RepositoryName

    private var paths: RegistryPaths { registry.paths }

    /// Returns the signatures of a manifest that the change took from the repository; nil if it did
    /// not take it. `tagged` is the date of its tag.
    typealias Moved = @Sendable (_ manifest: Digest, _ tagged: Date?) async throws -> [Digest]?

    /// The links that are missing.
    struct Finding: Sendable {
        /// The links to be written, in the order in which they may appear: layers, signatures,
        /// manifests.
        var repairs: [RepairPlan.Target] = []
        /// The tags that appeared late and name a removed manifest.
        var tags: [String] = []
    }

    /// Returns the missing links that the manifests of the repository need and whose blobs exist,
    /// and the links of manifests that `moved` knows and a tag names. If `allManifests` is false,
    /// returns only the latter.
    func find(allManifests: Bool, moved: Moved) async throws -> Finding {
        let pass = registry.pass()
        var facts = try await RepositoryInquiry(name: name, pass: pass, scope: .tagLinks).facts([
            .tagNames, .revisionList,
        ])
        var finding = Finding()
        var late: [Digest: [Digest]] = [:]
        for (tag, link) in facts.tags.sorted(by: { $0.key < $1.key }) {
            guard case .good(let digest) = link.state, try await !isLinked(digest),
                let signatures = try await moved(digest, link.modified)
            else { continue }
            late[digest] = signatures
            finding.tags.append(tag)
        }
        let roots = (allManifests ? facts.listedRevisions ?? [] : []) + late.keys
        if roots.isEmpty { return finding }
        facts = try await RepositoryInquiry(name: name, pass: pass, scope: .reach).facts(
            roots.flatMap { [.revision($0), .manifest($0)] })
        var open = late.keys.sorted()
        while let digest = open.popLast() {
            for child in facts.manifests[digest]?.manifest?.children ?? [] {
                guard late[child.digest] == nil, try await !isLinked(child.digest),
                    let signatures = try await moved(child.digest, nil)
                else { continue }
                late[child.digest] = signatures
                open.append(child.digest)
            }
        }
        let held = facts.revisions.filter { $0.value.isThere }.map(\.key)
        for digest in Set(held).union(late.keys).sorted() { finding.repairs += layers(of: digest, facts) }
        finding.repairs = Array(finding.repairs.uniqued())
        for (digest, signatures) in late.sorted(by: { $0.key < $1.key }) {
            for signature in signatures.sorted() {
                let path = paths.signatureLink(name, signature, of: digest)
                finding.repairs.append(repair(.missingRevision, path, signature, "its signature"))
            }
        }
        // Children first: an index becomes pullable only after its manifests.
        for digest in late.keys.sorted(by: { (isIndex($0, facts) ? 1 : 0, $0) < (isIndex($1, facts) ? 1 : 0, $1) }) {
            let path = paths.revisionLink(name, digest)
            finding.repairs.append(repair(.missingRevision, path, digest, "a tag that was pushed meanwhile"))
        }
        return finding
    }

    private func isIndex(_ digest: Digest, _ facts: RepositoryFacts) -> Bool {
        facts.manifests[digest]?.manifest?.isIndex ?? false
    }

    private func isLinked(_ manifest: Digest) async throws -> Bool {
        try await registry.storage.entry(paths.revisionLink(name, manifest)) != nil
    }

    private func layers(of manifest: Digest, _ facts: RepositoryFacts) -> [RepairPlan.Target] {
        (facts.manifests[manifest]?.manifest?.blobs ?? []).filter { reference in
            // Only the missing link holds the digest under which a blob with another name lies.
            reference.digest.isCanonical && !reference.isForeign
                && (facts.layerLinks[reference.digest] ?? .missing).state == .missing
                && facts.blob(reference.digest).state != .missing
        }.map { repair(.missingLayerLink, paths.layerLink(name, $0.digest), $0.digest, "the manifest \(manifest)") }
    }

    private func repair(
        _ kind: ProblemKind, _ path: StoragePath, _ digest: Digest, _ who: String
    ) -> RepairPlan.Target {
        let repair = Repair.writeLink(path, digest, blob: paths.blob(digest))
        let problem = Problem(
            kind: kind, severity: .error, path: path, object: StorageReader.directory(path.parent),
            detail: "A push left this link out, and \(who) needs it.", repair: repair)
        return RepairPlan.Target(problem: problem, repair: repair, files: [])
    }
}

/// Writes the links that pushes to a repository left out, by repairs that are logged like all
/// others.
struct LinkCompletion: Sendable {
    let context: ChangeContext

    /// Completes the links of a repository. See `LeftOutLinks.find` for the parameters. Returns
    /// sentences, none if no link was left out.
    func complete(
        _ name: RepositoryName, allManifests: Bool, moved: LeftOutLinks.Moved
    ) async throws -> [String] {
        let finding = try await LeftOutLinks(registry: context.registry, name: name).find(
            allManifests: allManifests, moved: moved)
        guard !finding.repairs.isEmpty else { return [] }
        let plan = RepairPlan(
            targets: finding.repairs, impact: Impact(), room: 0, superseded: 0, notes: [],
            grace: context.driver.policy.delay)
        let results = await PlanExecution(context: context).run(plan)
        var notes: [String] = []
        let written = results.count { $0.outcome == .done }
        if written > 0 {
            let links = "\(written) link\(written == 1 ? "" : "s")"
            notes.append(
                finding.tags.isEmpty
                    ? "\(name) has got \(links) that pushes to it had left out"
                    : "\(tags(finding.tags, of: name)) pushed meanwhile and \(finding.tags.count == 1 ? "names" : "name") what had gone: "
                        + "\(name) holds it again as well (\(links) written)")
        }
        if let failed = results.first(where: { $0.outcome == .unknown || $0.outcome == .failed && $0.kind != nil }) {
            notes.append("\(name) lacks links still: \(failed.error ?? failed.target); regtop recover looks again")
        }
        return notes
    }

    private func tags(_ tags: [String], of name: RepositoryName) -> String {
        let shown = tags.prefix(3).map { "\(name):\($0)" }.joined(separator: ", ")
        if tags.count == 1 { return "\(shown) was" }
        return tags.count > 3 ? "\(shown) and \(tags.count - 3) more tags were" : "\(shown) were"
    }
}
