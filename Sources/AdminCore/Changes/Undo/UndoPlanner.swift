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
        switch entry.wayBack {
        case nil: throw ChangeError.unsuitable("this change cannot be undone")
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
            for name in names { try await require(reference(name.reference), name.naming) }
            return .change(try await planner.removal(of: names.map { try reference($0.reference) }))
        case .retag(let name, let new, let old):
            let tag = try reference(name)
            try await require(tag, new)
            let source = try reference("\(tag.repository)@\(old)")
            return .copy(try await planner.copy(from: source, to: tag, force: true))
        }
    }

    private func move(
        _ source: ImageReference, to destination: ImageReference, _ naming: String?, _ replacing: String?,
        _ entry: AuditEntry
    ) async throws -> ChangePlan {
        try await require(source, naming)
        if let replacing { try await require(destination, replacing) }
        let id = entry.results.first?.trash
        return try await MovePlanner(registry: registry, policy: planner.policy).plan(
            from: source, to: destination, force: replacing != nil, handling: RepositoryHandling(),
            returning: replacing == nil ? id : nil)
    }

    private func reference(_ text: String) throws -> ImageReference {
        guard let reference = ImageReference(text) else { throw ChangeError.unsuitable("\(text) is not a name") }
        return reference
    }

    /// Throws unless a tag names a manifest.
    private func require(_ reference: ImageReference, _ manifest: String?) async throws {
        guard let manifest, case .tag(let tag) = reference.selector,
            let link = registry.paths.currentLink(reference.repository, tag: tag)
        else { return }
        let found = try await registry.links.read(at: link)
        if found.state == .missing { throw ChangeError.unsuitable("\(reference) is not there any more") }
        guard found.digest?.string == manifest else {
            let now = found.digest?.string ?? "a manifest that cannot be read"
            throw ChangeError.unsuitable("\(reference) was changed since: it names \(now), and not \(manifest)")
        }
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
