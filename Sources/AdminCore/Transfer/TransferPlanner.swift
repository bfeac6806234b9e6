import Changes
import ObjectStore
import Registry
import StorageDriver
import Algorithms
import Foundation

/// Plans a transfer: reads the links, the manifests and the ends of every blob, and copies nothing.
struct TransferPlanner: Sendable {
    let source: RegistryReader
    let kind: TransferKind
    /// Converts images of schema 1; nil to leave them out where the target has no place for them.
    let conversion: SchemaOneConversion?

    /// The number of repositories whose facts are in memory at once.
    private static let batch = 64

    /// Returns the plan for some references, in any order; for all repositories if nil.
    ///
    /// - Throws: `ChangeError.notFound` for a tag or a manifest that is not there,
    ///   `StorageError.notFound` for a repository; errors of the store.
    func plan(for references: [ImageReference]?, progress: ProgressHandler?) async throws -> TransferPlan {
        let chosen: [(name: RepositoryName, parts: [ImageReference.Selector])]
        if let references {
            chosen = Dictionary(grouping: references, by: \.repository)
                .map { ($0.key, $0.value.map(\.selector)) }.sorted { $0.name < $1.name }
        } else {
            chosen = try await source.repositoryNames().map { ($0, [.repository]) }
        }
        let counter = ProgressCounter(phase: "reading repositories", total: UInt64(chosen.count), handler: progress)
        var plan = TransferPlan()
        for batch in chosen.chunks(ofCount: TransferPlanner.batch) {
            // A pass remembers every manifest, so a new one is begun now and then.
            let pass = source.pass()
            let found = try await concurrentMap(batch, window: 16) { name, parts in
                defer { counter.advance() }
                return try await repository(name, parts, pass)
            }
            for finding in found { plan.add(finding) }
        }
        return plan
    }

    /// The part of a plan that concerns one repository.
    struct Finding: Sendable {
        var repository: TransferPlan.Repository
        var images: [Digest: TransferPlan.Image] = [:]
        var blobs: [Digest: UInt64] = [:]
        var files: [Digest: BlobIdentifier] = [:]
        var leftOut: [TransferPlan.LeftOut] = []
        var conversions: [TransferPlan.Conversion] = []
        var made: [Digest: [UInt8]] = [:]
    }

    private func repository(
        _ name: RepositoryName, _ parts: [ImageReference.Selector], _ pass: RegistryPass
    ) async throws -> Finding {
        let isWhole = parts.contains(.repository)
        var finding = Finding(
            repository: TransferPlan.Repository(
                name: name, tags: [], revisions: [], untagged: [], layers: [], signatures: [:], isWhole: isWhole))
        // Throws if the repository does not exist.
        _ = try await pass.tagNames(of: name)
        if let objection = kind.objection(to: name) {
            finding.leftOut = [TransferPlan.LeftOut(target: name.string, reason: "\(name) \(objection).")]
            return finding
        }
        let inquiry = RepositoryInquiry(name: name, pass: pass, scope: [.tagLinks, .reach, .untagged])
        let facts = try await inquiry.facts([.tagNames, .revisionList, .layerList])
        let choice = try choose(parts, isWhole, name, facts)
        var examiner = ImageExaminer(name: name, kind: kind, facts: facts)
        let converted = try await convert(choice, facts)
        for tag in choice.tags {
            guard let digest = facts.tags[tag]?.digest else {
                finding.leftOut.append(
                    .init(target: "\(name):\(tag)", reason: facts.fault(ofTag: tag) ?? "It is gone."))
                continue
            }
            if let objection = kind.objection(to: tag) {
                finding.leftOut.append(.init(target: "\(name):\(tag)", reason: "\(tag) \(objection)."))
            } else if let image = converted[digest] {
                finding.take(image, of: digest, as: "\(name):\(tag)", tag: tag, facts)
            } else if let fault = examiner.fault(of: digest) {
                finding.leftOut.append(.init(target: "\(name):\(tag)", reason: fault))
            } else {
                finding.repository.tags.append(
                    .init(name: tag, digest: digest, modified: facts.tags[tag]?.modified, history: []))
            }
        }
        let tagged = Set(facts.tags.values.compactMap(\.digest))
        for digest in choice.digests where !tagged.contains(digest) || !isWhole {
            if let image = converted[digest] {
                finding.take(image, of: digest, as: "\(name)@\(digest)", tag: nil, facts)
            } else if let fault = examiner.fault(of: digest) {
                finding.leftOut.append(.init(target: "\(name)@\(digest)", reason: fault))
            }
        }
        let sound = (choice.digests + finding.repository.tags.map(\.digest)).filter {
            examiner.fault(of: $0) == nil
        }
        examiner.fill(&finding, from: sound)
        finding.repository.tags = try await withHistory(finding.repository)
        return finding
    }

    /// Converts the chosen manifests of schema 1, if the target has no place for them.
    private func convert(
        _ choice: (tags: [String], digests: [Digest]), _ facts: RepositoryFacts
    ) async throws -> [Digest: Result<SchemaOneConversion.Image, SchemaOneConversion.Obstacle>] {
        guard let conversion, kind == .oci else { return [:] }
        let chosen = Set(choice.digests).union(choice.tags.compactMap { facts.tags[$0]?.digest })
        let old = chosen.filter { facts.manifests[$0]?.manifest?.isSchema1 == true }
        let images = try await concurrentMap(old, window: 4) { digest in
            do {
                return (digest, Result<_, SchemaOneConversion.Obstacle>.success(try await conversion.convert(digest)))
            } catch let obstacle as SchemaOneConversion.Obstacle {
                return (digest, .failure(obstacle))
            } catch let error as StorageError {
                return (digest, .failure(SchemaOneConversion.Obstacle(text: "cannot be read: \(error)")))
            }
        }
        return Dictionary(images) { first, _ in first }
    }

    /// The tags and the other manifests of a repository that are chosen, with their companions.
    private func choose(
        _ parts: [ImageReference.Selector], _ isWhole: Bool, _ name: RepositoryName, _ facts: RepositoryFacts
    ) throws -> (tags: [String], digests: [Digest]) {
        let held = facts.heldRevisions
        let names = facts.tagNames ?? []
        if isWhole { return (names, held) }
        var tags: Set<String> = []
        var digests: Set<Digest> = []
        for part in parts {
            switch part {
            case .repository: break
            case .tag(let tag):
                guard names.contains(tag) else { throw TransferPlanner.notFound(name, part) }
                tags.insert(tag)
            case .digest(let digest):
                guard held.contains(digest) || facts.tags.values.contains(where: { $0.digest == digest }) else {
                    throw TransferPlanner.notFound(name, part)
                }
                digests.insert(digest)
            }
        }
        // Companions follow their image, and companions of companions follow those.
        var reached = digests.union(tags.compactMap { facts.tags[$0]?.digest })
        while true {
            for root in reached { reached.formUnion(facts.parts(of: root)) }
            let before = tags.count + digests.count
            for tag in names where !tags.contains(tag) {
                let digest = facts.tags[tag]?.digest
                let manifest = digest.flatMap { facts.manifests[$0]?.manifest }
                guard let companion = Companion(tag: tag, digest: digest, manifest: manifest) else { continue }
                if reached.contains(companion.subject) { tags.insert(tag) }
            }
            for digest in held where !digests.contains(digest) {
                guard let subject = facts.manifests[digest]?.manifest?.subject?.digest else { continue }
                if reached.contains(subject) { digests.insert(digest) }
            }
            guard tags.count + digests.count > before else { return (names.filter(tags.contains), digests.sorted()) }
            reached.formUnion(digests.union(tags.compactMap { facts.tags[$0]?.digest }))
        }
    }

    private static func notFound(_ name: RepositoryName, _ part: ImageReference.Selector) -> any Error {
        ImageReference(name, part).map { ChangeError.notFound($0) } ?? ChangeError.unsuitable("\(name) has no such tag")
    }

    /// The tags with those of their former manifests that are copied as well.
    private func withHistory(_ repository: TransferPlan.Repository) async throws -> [TransferPlan.Tag] {
        let copied = Set(repository.revisions.map(\.digest))
        return try await concurrentMap(repository.tags, window: 64) { tag in
            var former: [Digest] = []
            if kind != .oci, let index = source.paths.index(repository.name, tag: tag.name) {
                former = try await source.digests(below: index) ?? []
                former.removeAll { !copied.contains($0) || $0 == tag.digest }
            }
            return TransferPlan.Tag(
                name: tag.name, digest: tag.digest, modified: tag.modified, history: former + [tag.digest])
        }
    }
}

extension TransferPlan {
    fileprivate mutating func add(_ finding: TransferPlanner.Finding) {
        leftOut += finding.leftOut
        images.merge(finding.images) { first, _ in first }
        blobs.merge(finding.blobs) { first, _ in first }
        files.merge(finding.files) { first, _ in first }
        conversions += finding.conversions
        made.merge(finding.made) { first, _ in first }
        for size in finding.blobs.values { links = (links.count + 1, links.bytes + size) }
        let repository = finding.repository
        // Converted images are no revisions of the source.
        let isEmpty = repository.revisions.isEmpty && repository.tags.isEmpty && repository.untagged.isEmpty
        if !isEmpty || repository.isWhole { repositories.append(repository) }
    }
}

extension TransferPlanner.Finding {
    /// Adds a blob of the source.
    fileprivate mutating func add(_ digest: Digest, _ blob: BlobFinding?) {
        blobs[digest] = blob?.size ?? 0
        files[digest] = blob?.file
    }

    /// Adds an image that was converted, or the reason why it was not.
    fileprivate mutating func take(
        _ result: Result<SchemaOneConversion.Image, SchemaOneConversion.Obstacle>, of old: Digest, as target: String,
        tag: String?, _ facts: RepositoryFacts
    ) {
        let image: SchemaOneConversion.Image
        switch result {
        case .failure(let obstacle):
            return leftOut.append(.init(target: target, reason: "The manifest \(old) \(obstacle.text)."))
        case .success(let converted): image = converted
        }
        let new = image.manifest.digest
        for made in [image.manifest, image.configuration] {
            self.made[made.digest] = made.bytes
            blobs[made.digest] = UInt64(made.bytes.count)
        }
        for layer in image.layers { add(layer, facts.blob(layer)) }
        images[new] = .init(
            mediaType: SchemaOneConversion.manifestType, artifactType: nil,
            blobs: [image.configuration.digest] + image.layers, children: [])
        conversions.append(.init(target: target, old: old, new: new))
        if let tag {
            repository.tags.append(.init(name: tag, digest: new, modified: facts.tags[tag]?.modified, history: []))
        } else {
            repository.untagged.append(new)
        }
    }
}

/// Decides which manifests of a repository can be copied, and collects their parts.
private struct ImageExaminer {
    let name: RepositoryName
    let kind: TransferKind
    let facts: RepositoryFacts
    private var faults: [Digest: String?] = [:]

    init(name: RepositoryName, kind: TransferKind, facts: RepositoryFacts) {
        self.name = name
        self.kind = kind
        self.facts = facts
    }

    /// The reason why a manifest cannot be copied with everything that it names, in a sentence; nil
    /// if it can.
    mutating func fault(of root: Digest) -> String? {
        if let known = faults[root] { return known }
        var found: String?
        let tooDeep = facts.walk(from: [root]) { digest, finding in
            if found == nil { found = fault(of: digest, finding) }
        }
        if found == nil, let first = tooDeep.first { found = "The manifest \(first) is nested too deeply." }
        faults[root] = .some(found)
        return found
    }

    private func fault(of digest: Digest, _ finding: ManifestFinding?) -> String? {
        guard let finding, let manifest = finding.manifest else {
            return "The manifest \(digest) \(finding?.reason ?? "is missing")."
        }
        if finding.blob.state != .ok { return "The manifest \(digest) \(finding.blob.reason)." }
        if let objection = kind.objection(to: manifest) { return "The manifest \(digest) \(objection)." }
        for reference in manifest.blobs {
            let verdict = facts.verdict(on: reference)
            if [.missing, .suspect, .damaged].contains(verdict.state) {
                return "The blob \(reference.digest) \(verdict.reason)."
            }
        }
        return nil
    }

    /// Adds sound manifests, and everything that they name, to a plan.
    func fill(_ finding: inout TransferPlanner.Finding, from roots: [Digest]) {
        var revisions: [Digest: TransferPlan.Link] = [:]
        var layers: [Digest: TransferPlan.Link] = [:]
        var children: Set<Digest> = []
        facts.walk(from: roots) { digest, found in
            guard let manifest = found?.manifest else { return }
            revisions[digest] = .init(
                digest: digest, content: digest, modified: facts.revisions[digest]?.link.modified)
            finding.add(digest, found?.blob)
            children.formUnion(manifest.children.map(\.digest))
            var named: [Digest] = []
            for reference in manifest.blobs {
                // A foreign layer may be elsewhere.
                guard facts.verdict(on: reference).state != .elsewhere else { continue }
                let content = facts.canonical(reference.digest)
                named.append(content)
                finding.add(content, facts.blob(reference.digest))
                layers[reference.digest] = .init(
                    digest: reference.digest, content: content, modified: facts.layerLinks[reference.digest]?.modified)
            }
            finding.images[digest] = .init(
                mediaType: manifest.mediaType, artifactType: manifest.artifactType,
                blobs: named, children: manifest.children.map(\.digest))
            addSignatures(of: digest, to: &finding)
        }
        finding.repository.revisions = revisions.values.sorted { $0.digest < $1.digest }
        finding.repository.layers = layers.values.sorted { $0.digest < $1.digest }
        let tagged = Set(finding.repository.tags.map(\.digest))
        finding.repository.untagged += roots.filter { !tagged.contains($0) && !children.contains($0) }
    }

    private func addSignatures(of digest: Digest, to finding: inout TransferPlanner.Finding) {
        for (signature, link) in facts.revisions[digest]?.signatures.sorted(by: { $0.key < $1.key }) ?? [] {
            let blob = facts.blob(signature)
            guard blob.state == .ok, signature.isCanonical else {
                finding.leftOut.append(
                    .init(target: "\(name)@\(digest)", reason: "The signature \(signature) \(blob.reason)."))
                continue
            }
            finding.add(signature, blob)
            finding.repository.signatures[digest, default: []].append(
                .init(digest: signature, content: signature, modified: link.modified))
        }
    }
}
