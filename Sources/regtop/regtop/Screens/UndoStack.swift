import AdminCore
import Presentation

/// The changes of this session that can be undone, the latest last.
struct UndoStack {
    enum Change: Equatable {
        /// Deletions, by their names in the trash.
        case deletion([TrashID])
        /// A repository or a tag with another name.
        case move(ImageReference, to: ImageReference)
        /// The new name of a copy.
        case copy(ImageReference)
    }

    private var changes: [Change] = []

    /// The change that is undone next; nil if there is none.
    var last: Change? { changes.last }

    /// Takes the results of a change: it can be undone from now on, or it has undone another one.
    mutating func note(_ plan: any ShownPlan, _ results: [ChangeResult]) {
        let isWhole = results.allSatisfy { $0.outcome == .done }
        switch plan {
        case let plan as ChangePlan where plan.action == .move:
            // Nobody knows any more what a replaced tag named.
            guard isWhole, plan.impact.tags.isEmpty, let target = plan.targets.first,
                let destination = target.destination
            else { return }
            if !drop(.move(destination, to: target.reference)) {
                changes.append(.move(target.reference, to: destination))
            }
        case let plan as CopyPlan:
            if isWhole, plan.impact.tags.isEmpty { changes.append(.copy(plan.newName)) }
        case let plan as ChangePlan:
            let isUndo = isWhole && plan.targets.count == 1 && drop(.copy(plan.targets[0].reference))
            if !isUndo { noteTrash(results) }
        default: noteTrash(results)
        }
    }

    private mutating func noteTrash(_ results: [ChangeResult]) {
        let restored = Set(results.filter { $0.outcome == .done }.map(\.target))
        changes = changes.compactMap { change in
            guard case .deletion(let ids) = change else { return change }
            let left = ids.filter { !restored.contains($0.string) }
            return left.isEmpty ? nil : .deletion(left)
        }
        let trash = results.compactMap(\.trash)
        if !trash.isEmpty { changes.append(.deletion(trash)) }
    }

    /// Removes the latest change that equals this one; false if there is none.
    private mutating func drop(_ change: Change) -> Bool {
        guard let index = changes.lastIndex(of: change) else { return false }
        changes.remove(at: index)
        return true
    }
}
