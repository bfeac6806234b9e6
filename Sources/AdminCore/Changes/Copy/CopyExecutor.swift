import ObjectStore
import Registry
import StorageDriver

/// Writes the links of a copy (docs/safety.md#copy-a-repository-or-a-tag).
struct CopyExecutor: Sendable {
    let context: ChangeContext
    let counter: ProgressCounter

    /// Copies; a link that is replaced goes to the trash, under `id`. Throws `ChangeError.changed`
    /// if tags were pushed to the destination meanwhile and stay; `ChangeError.halfCopied` if links
    /// stay and the tags do not.
    func copy(_ plan: CopyPlan, replacedTo id: TrashID?) async throws -> PlanStep.Ending {
        let deposit = id.map { id in
            LinkCopy.Deposit(
                holding: context.paths.holding(of: id),
                note: Holding.Note(
                    name: plan.newName.description, kind: TrashItem.Kind.tag.rawValue, by: context.by.description,
                    begun: context.driver.policy.now))
        }
        let stages = plan.stages.map { links in
            links.map { link in
                var link = link
                if link.replaced != nil { link.deposit = deposit }
                return link
            }
        }
        do {
            let outcome = try await context.driver.copier.copy(
                stages, "copy \(plan.source) to \(plan.newName)", counter)
            if let first = outcome.taken.first { throw ChangeError.changed(first, count: outcome.taken.count) }
            return PlanStep.Ending(notes: [], trash: outcome.kept.isEmpty ? nil : id)
        } catch let stopped as LinkCopier.Stopped {
            if case StorageError.outcomeUnknown = stopped.error { throw stopped.error }
            guard stopped.written > 0 else { throw stopped.error }
            throw ChangeError.halfCopied(
                plan.newName, links: stopped.written, "\(stopped.error)", stopped.error as? StoreError)
        }
    }
}
