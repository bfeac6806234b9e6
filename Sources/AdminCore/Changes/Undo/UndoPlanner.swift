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
            return .change(try await move(reference(from), to: reference(to), naming, replacing, entry))
        case .removal(let names):
            let plan = try await planner.removal(of: names.map { try reference($0.reference) })
            try require(plan, names)
            return .change(plan)
        case .retag(let name, let new, let old):
            let tag = try reference(name)
            let plan = try await planner.copy(
                from: try reference("\(tag.repository)@\(old)"), to: tag, force: true)
            guard plan.replaced?.digest.string == new else { throw changed(tag) }
            return .copy(plan)
        }
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
            guard NamedContent(target).name(source)?.naming == naming else { throw changed(source) }
            guard target.replacedManifest?.string == replacing else { throw changed(destination) }
        }
        return plan
    }

    /// Throws unless the plan of a deletion takes exactly what the names had. The plan is compared,
    /// not the pool: the plan is what is executed.
    private func require(_ plan: ChangePlan, _ names: [WayBack.Name]) throws {
        var expected: [String: String] = [:]
        for name in names {
            let repository = try reference(name.reference).repository
            for (tag, manifest) in name.companions { expected["\(repository):\(tag)"] = manifest }
        }
        for name in names { expected[name.reference] = name.naming }
        for target in plan.targets {
            let (reference, content) = (target.reference, NamedContent(target))
            guard case .tag = reference.selector else {
                guard content.fingerprint == expected[reference.description] else { throw changed(reference) }
                continue
            }
            let isSame = content.tags.allSatisfy { expected["\(reference.repository):\($0.key)"] == $0.value }
            guard isSame, content.name(reference) != nil else { throw changed(reference) }
        }
    }

    private func changed(_ reference: ImageReference) -> ChangeError {
        .unsuitable("\(reference) has changed since, so this is not undone")
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
