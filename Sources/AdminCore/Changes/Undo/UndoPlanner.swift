import ObjectStore
import Registry
import StorageDriver

/// The plan that takes a change back.
public enum Reversal: Sendable {
    /// A move back, or a deletion.
    case change(ChangePlan)
    /// A restoration from the trash.
    case restoration(RestorePlan)
    /// A tag that gets its old manifest again.
    case copy(CopyPlan)
    /// A removal of unfinished uploads.
    case uploads(UploadsPlan)
}

/// Plans the way back from a change in the log. Only reads. Refuses if the pool has changed
/// meanwhile: it never replaces anything that the change did not leave there.
struct UndoPlanner: Sendable {
    let planner: ChangePlanner

    private var registry: RegistryReader { planner.registry }

    func plan(for entry: AuditEntry) async throws -> Reversal {
        guard let way = entry.wayBack else { throw ChangeError.unsuitable("this change cannot be undone") }
        guard way.fits(entry.action) else {
            throw ChangeError.unsuitable("the log contradicts itself about this change, so it is not undone")
        }
        let count = entry.outcomes.values.reduce(UInt64(0)) { addingCapped($0, UInt64(max(0, $1))) }
        guard count <= UInt64(entry.results.count) else {
            throw ChangeError.unsuitable(
                "this change has \(count) targets, and the log names only \(entry.results.count) of them, so it is not undone: the trash "
                    + "(T in the console, `regtop trash restore`) has what was deleted")
        }
        switch way {
        case .trash:
            let there = Set(try await TrashReader(registry: registry).ids())
            let ids = entry.results.compactMap(\.trash).filter(there.contains)
            guard !ids.isEmpty else {
                throw ChangeError.unsuitable("nothing of this change is in the trash any more")
            }
            return .restoration(try await planner.restoration(of: ids))
        case .move(let from, let to, let naming, let replacing):
            if let rest = try await rest(reference(from), reference(to), naming, entry) { return .restoration(rest) }
            return .change(try await move(reference(from), to: reference(to), naming, replacing, entry))
        case .removal(let names):
            return .change(try await removal(of: names, entry))
        case .purge(let names): return .uploads(try await purge(names))
        case .retag(let name, let new, let old):
            let tag = try reference(name)
            let plan = try await planner.copy(
                from: try reference("\(tag.repository)@\(old)"), to: tag, force: true)
            guard plan.replaced?.digest.string == new else { throw changed(tag) }
            return .copy(plan)
        }
    }

    /// Plans what is left of an undo that was interrupted after the tag had its old name again: the
    /// tag that it had replaced is restored. nil if the tag does not have its old name.
    private func rest(
        _ source: ImageReference, _ destination: ImageReference, _ naming: String, _ entry: AuditEntry
    ) async throws -> RestorePlan? {
        guard let id = entry.results.first?.trash, case .tag(let new) = source.selector,
            case .tag(let old) = destination.selector,
            let left = registry.paths.currentLink(source.repository, tag: new),
            let back = registry.paths.currentLink(destination.repository, tag: old),
            try await registry.links.read(at: left).state == .missing,
            try await registry.links.read(at: back).digest?.string == naming,
            try await TrashReader(registry: registry).holding(id) != nil
        else { return nil }
        return try await planner.restoration(of: [id])
    }

    private func move(
        _ source: ImageReference, to destination: ImageReference, _ naming: String, _ replacing: String?,
        _ entry: AuditEntry
    ) async throws -> ChangePlan {
        let id = entry.results.first?.trash
        let plan = try await MovePlanner(registry: registry, policy: planner.policy).plan(
            from: source, to: destination, force: replacing != nil, handling: RepositoryHandling(),
            returning: replacing == nil ? id : nil)
        for target in plan.targets {
            let content = NamedContent(target)
            var hasSame = content.name(source)?.naming == naming
            if !hasSame { hasSame = try await content.without(remains(of: entry)).name(source)?.naming == naming }
            guard hasSame else { throw changed(source) }
            guard target.replacedManifest?.string == replacing else { throw changed(destination) }
        }
        return plan
    }

    /// The manifests that copies after a change have linked, without those that they found there:
    /// the undo of such a copy removes its tag, and leaves the manifest without a tag.
    private func remains(of entry: AuditEntry) async throws -> Set<String> {
        let later = try await AuditLogReader(storage: registry.storage).since(entry.begun, now: planner.policy.now)
        return Set(later.filter { $0.id > entry.id }.flatMap(\.manifests))
    }

    /// Plans the deletion of names. Companions that the change has not brought stay.
    private func removal(of names: [WayBack.Name], _ entry: AuditEntry) async throws -> ChangePlan {
        let references = try names.map { try reference($0.reference) }
        let expected = try expected(names)
        var plan = try await planner.removal(of: references)
        let strangers = plan.targets.filter { $0.reference.selector != .repository }.flatMap { target in
            let name = target.reference.repository
            return NamedContent(target).tags.compactMap { tag, manifest -> ImageReference? in
                let isExpected = expected["\(name):\(tag)"] == manifest
                return isExpected ? nil : ImageReference(name, .tag(tag)).flatMap { references.contains($0) ? nil : $0 }
            }
        }
        if !strangers.isEmpty {
            plan = try await planner.removal(of: references, companions: .except(Set(strangers)))
        }
        try await require(plan, expected, entry)
        return plan
    }

    /// The manifests of tags, and the fingerprints of others, by their references.
    private func expected(_ names: [WayBack.Name]) throws -> [String: String] {
        var expected: [String: String] = [:]
        for name in names {
            let repository = try reference(name.reference).repository
            for (tag, manifest) in name.companions { expected["\(repository):\(tag)"] = manifest }
        }
        for name in names { expected[name.reference] = name.naming }
        return expected
    }

    /// Throws unless the plan of a deletion takes exactly what the names had. The plan is compared,
    /// not the pool: the plan is what is executed.
    private func require(_ plan: ChangePlan, _ expected: [String: String], _ entry: AuditEntry) async throws {
        for target in plan.targets {
            let (reference, content) = (target.reference, NamedContent(target))
            guard case .tag = reference.selector else {
                let fingerprint = expected[reference.description]
                if content.fingerprint == fingerprint { continue }
                guard try await content.without(remains(of: entry)).fingerprint == fingerprint else {
                    throw changed(reference)
                }
                continue
            }
            let isSame = content.tags.allSatisfy { expected["\(reference.repository):\($0.key)"] == $0.value }
            guard isSame, content.name(reference) != nil else { throw changed(reference) }
        }
    }

    /// Plans to remove restored uploads again. Throws unless they have the files that were
    /// restored.
    private func purge(_ names: [WayBack.Name]) async throws -> UploadsPlan {
        let expected = Dictionary(names.map { ($0.reference, $0.naming) }) { first, _ in first }
        let places = try expected.keys.map { name in
            guard let place = UploadSummary.place(of: name) else {
                throw ChangeError.unsuitable("\(ByteString(name)) is not the name of an upload")
            }
            return place
        }
        let plan = try await planner.purging(
            olderThan: 0, of: Array(Set(places.map(\.repository))).sorted(), ids: Set(places.map(\.id)))
        let found = Dictionary(
            plan.targets.map { target in
                let files = (target.links + target.pairs).map { (path: $0.path, blob: $0.blob) }
                return (target.name, NamedContent.fingerprint(ofUpload: files))
            }
        ) { first, _ in first }
        for name in expected.keys.sorted() where found[name] != expected[name] { throw changed(name) }
        guard found.count == expected.count else { throw changed("another upload") }
        return plan
    }

    private func changed(_ name: some CustomStringConvertible) -> ChangeError {
        .unsuitable("\(name) has changed since, so this is not undone")
    }

    private func reference(_ text: String) throws -> ImageReference {
        guard let reference = ImageReference(text) else { throw ChangeError.unsuitable("\(text) is not a name") }
        return reference
    }
}

extension ChangePlanner {
    /// Plans the way back from a change in the log. Whatever other clients have changed since
    /// stays: then there is no plan.
    /// - Throws: `ChangeError.unsuitable`, `.notFound`, `.destinationExists` or `.nameTaken` where
    ///   names, tags or the trash have changed since.
    public func undo(of entry: AuditEntry) async throws -> Reversal {
        try await UndoPlanner(planner: self).plan(for: entry)
    }
}
