public import Registry

/// The companions, such as signatures and attestations, that are removed with their images.
public enum CompanionChoice: Sendable {
    /// All of them.
    case all
    /// All except these.
    case except(Set<ImageReference>)
    /// None: they stay although their images are removed.
    case none

    func allows(_ reference: ImageReference?) -> Bool {
        switch self {
        case .all: true
        case .except(let staying): reference.map { !staying.contains($0) } ?? false
        case .none: false
        }
    }
}

/// Finds the companions that are removed with the images of a removal. Only reads.
struct Companions: Sendable {
    let registry: RegistryReader
    let finder: TargetFinder

    /// Returns the targets, each with the companions of its images: their tags if no tag names the
    /// image any more, and their manifests if the manifest of the image is removed. A companion
    /// that is named itself joins its image, so that both are restored together. Also returns
    /// sentences about the joining companions.
    func joining(
        _ targets: [ChangePlan.Target], _ choice: CompanionChoice
    ) async throws -> (targets: [ChangePlan.Target], notes: [String]) {
        if case .none = choice { return (targets, []) }
        var join = CompanionJoin(targets: targets, paths: registry.paths)
        let whole = Set(targets.map(\.reference).filter { $0.selector == .repository }.map(\.repository))
        let pass = registry.pass()
        for name in targets.map(\.reference.repository).uniqued() where !whole.contains(name) {
            let lost = join.lost(of: name)
            guard !lost.tags.isEmpty || !lost.revisions.isEmpty else { continue }
            let kin = try await kin(of: name, readingRevisions: !lost.revisions.isEmpty, pass)
            var search = CompanionSearch(kin: kin, lost: lost)
            for found in search.run(allowing: { choice.allows(ImageReference(name, $0)) }) {
                var references = found.tag.map { [ImageReference.Selector.tag($0)] } ?? []
                if let revision = found.revision { references.append(.digest(revision)) }
                var added: [ChangePlan.Target] = []
                for selector in references {
                    guard let reference = ImageReference(name, selector) else { continue }
                    do {
                        added.append(try await finder.target(reference))
                    } catch ChangeError.notFound {
                        continue
                    }
                }
                join.add(added, of: found, in: name)
            }
        }
        return (join.result, join.notes)
    }

    /// Returns which companion belongs to which image in a repository.
    private func kin(
        of name: RepositoryName, readingRevisions: Bool, _ pass: RegistryPass
    ) async throws -> CompanionSearch.Kin {
        let revisions = readingRevisions ? try await pass.revisions(of: name) : []
        let facts = try await RepositoryInquiry(name: name, pass: pass, scope: [.tagLinks, .parts]).facts(
            [.tagNames] + revisions.map { .manifest($0) })
        let members = facts.tags.sorted { $0.key < $1.key }.map { tag, link in
            TagFamily.Member(
                tag: tag, digest: link.digest,
                companion: Companion(
                    tag: tag, digest: link.digest, manifest: link.digest.flatMap { facts.manifests[$0]?.manifest }),
                parts: link.digest.map(facts.parts) ?? [])
        }
        let referrers = revisions.compactMap { digest in
            Companion(tag: nil, digest: digest, manifest: facts.manifests[digest]?.manifest).map {
                (digest: digest, subject: $0.subject)
            }
        }
        return CompanionSearch.Kin(
            family: TagFamily(members, asking: referrers.map(\.digest)), referrers: referrers)
    }
}

/// Finds the companions that lose their image when some tags and manifests of a repository are
/// removed. Pure.
struct CompanionSearch {
    /// The companions of a repository and their images.
    struct Kin {
        let family: TagFamily
        /// Manifests that refer to another one, tags or not.
        let referrers: [(digest: Digest, subject: Digest)]
    }

    /// The removed tags and manifests, each with the number of its target.
    struct Lost {
        var tags: [String: Int] = [:]
        var revisions: [Digest: Int] = [:]
    }

    /// A companion that is left without its image.
    struct Found {
        /// The removed tag; nil if only a manifest is removed.
        let tag: String?
        /// The removed manifest; nil if only a tag is removed.
        let revision: Digest?
        let kind: Companion.Kind
        /// The number of the target that the companion joins.
        let target: Int
    }

    let kin: Kin
    var lost: Lost

    /// Finds them, to a fixpoint: a companion takes its own companions with it.
    mutating func run(allowing isAllowed: (ImageReference.Selector) -> Bool) -> [Found] {
        let members = kin.family.members
        var found: [Found] = []
        var met: Set<String> = []
        var isChanging = true
        while isChanging {
            isChanging = false
            for (number, member) in members.enumerated() where !met.contains(member.tag) {
                guard let companion = member.companion, let target = target(of: number, companion) else { continue }
                guard isAllowed(.tag(member.tag)) else { continue }
                met.insert(member.tag)
                isChanging = true
                lost.tags[member.tag] = target
                var revision: Digest?
                if let digest = member.digest, lost.revisions[companion.subject] != nil, lost.revisions[digest] == nil,
                    holdersGo(digest)
                {
                    lost.revisions[digest] = target
                    revision = digest
                }
                found.append(Found(tag: member.tag, revision: revision, kind: companion.kind, target: target))
            }
            for (digest, subject) in kin.referrers where lost.revisions[digest] == nil {
                guard let target = lost.revisions[subject], holdersGo(digest), isAllowed(.digest(digest)) else {
                    continue
                }
                isChanging = true
                lost.revisions[digest] = target
                found.append(Found(tag: nil, revision: digest, kind: .referrer, target: target))
            }
        }
        return found
    }

    /// The number of the target that a companion joins; nil if the companion stays, because a tag
    /// to which it belongs stays.
    private func target(of number: Int, _ companion: Companion) -> Int? {
        let owners = kin.family.owners(of: number).map { kin.family.members[$0].tag }
        guard !owners.isEmpty else { return lost.revisions[companion.subject] }
        let targets = owners.compactMap { lost.tags[$0] }
        guard targets.count == owners.count else { return nil }
        // The companion joins the image, not a companion in between, which joins the image as well.
        let images = kin.family.images(of: number).compactMap { lost.tags[kin.family.members[$0].tag] }
        return images.min() ?? targets.min()
    }

    /// True if no tag that stays needs a manifest.
    private func holdersGo(_ digest: Digest) -> Bool {
        kin.family.holders(of: digest).allSatisfy { lost.tags[kin.family.members[$0].tag] != nil }
    }
}

/// Targets that companions join.
private struct CompanionJoin {
    private var targets: [ChangePlan.Target?]
    private let paths: RegistryPaths
    /// The names of the companions of each target, by its number.
    private var names: [Int: [String]] = [:]

    init(targets: [ChangePlan.Target], paths: RegistryPaths) {
        self.targets = targets
        self.paths = paths
    }

    var result: [ChangePlan.Target] { targets.compactMap(\.self) }

    var notes: [String] {
        names.sorted { $0.key < $1.key }.compactMap { number, names in
            targets[number].map { "with \($0.reference) go its companions: \(names.joined(separator: ", "))" }
        }
    }

    /// The tags and manifests of a repository in the present targets.
    func lost(of name: RepositoryName) -> CompanionSearch.Lost {
        var lost = CompanionSearch.Lost()
        for (number, target) in targets.enumerated() {
            guard let target, target.reference.repository == name else { continue }
            for link in target.links {
                if let tag = paths.currentTag(of: link.path) { lost.tags[tag] = number }
                if case .revision(let digest) = paths.file(at: link.path) { lost.revisions[digest] = number }
            }
        }
        return lost
    }

    /// Adds a companion to its target, and takes it out of any other.
    mutating func add(_ added: [ChangePlan.Target], of found: CompanionSearch.Found, in name: RepositoryName) {
        guard let target = targets[found.target] else { return }
        let paths = paths
        // A manifest includes the tags that name it.
        var own = Set(target.links.map(\.path))
        let links = added.flatMap(\.links).filter { own.insert($0.path).inserted }
        guard !links.isEmpty else { return }
        let joining = Set(links.map(\.path))
        for (number, other) in targets.enumerated() where number != found.target {
            guard let other, other.reference.repository == name,
                other.links.contains(where: { joining.contains($0.path) })
            else { continue }
            let stages = other.stages.map { $0.filter { !joining.contains($0.path) } }.filter { !$0.isEmpty }
            targets[number] =
                stages.isEmpty
                ? nil
                : ChangePlan.Target(
                    reference: other.reference, stages: stages, directories: other.directories,
                    uploadsInProgress: other.uploadsInProgress)
        }
        targets[found.target] = ChangePlan.Target(
            reference: target.reference, stages: paths.staged(target.links + links, by: \.path),
            directories: (target.directories + added.flatMap(\.directories)).uniqued(),
            uploadsInProgress: target.uploadsInProgress)
        let what = found.tag ?? found.revision?.string ?? ""
        names[found.target, default: []].append("\(what) (\(found.kind.noun))")
    }
}
