public import ObjectStore
import Registry

extension ChangePlan: Plan {
    /// The references, as they were named.
    public var targetNames: [String] { targets.map(\.reference.description) }

    /// The references with their destinations, the manifests of a replaced tag, the deletion that
    /// returns, and a remark if the trash is skipped.
    public var logNames: [String] {
        targets.map { target in
            let destination = target.destination.map { " to \($0)" } ?? ""
            let replaced = target.replaced?.logText ?? ""
            let returning = target.returning.map { ", and \($0.item.name) from the trash" } ?? ""
            let remark = skipsTrash ? ", skipping the trash" : ""
            return "\(target.reference)\(destination)\(replaced)\(returning)\(remark)"
        }
    }

    /// The trash; the move back of a move.
    public var wayBack: WayBack? {
        if action == .remove { return skipsTrash ? nil : .trash }
        guard let target = targets.first, let destination = target.destination,
            let name = NamedContent(target).name(target.reference)
        else { return nil }
        return .move(
            from: destination.description, to: target.reference.description, naming: name.naming,
            replacing: target.returning?.digest?.string)
    }

    /// A step for each target.
    public func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
        let links = targets.reduce(0) { $0 + $1.links.count + ($1.returning?.entries.count ?? 0) }
        let counter = ProgressCounter(
            phase: action == .move ? "moving links" : "removing links", total: UInt64(links), handler: progress)
        if action == .move {
            let executor = MoveExecutor(context: context, handling: handling, counter: counter)
            return zip(targets, context.trashIDs(count: targets.count)).map { target, id in
                let trash = target.replacedStages.isEmpty ? nil : id
                return PlanStep(target.reference.description, trash: trash) {
                    try await executor.move(target, replacedTo: id)
                }
            }
        }
        let executor = RemovalExecutor(context: context, handling: handling, counter: counter)
        return zip(targets, context.trashIDs(count: targets.count)).map { target, id in
            // Without links the trash has nothing to keep: only empty directories are removed.
            if skipsTrash || target.links.isEmpty {
                PlanStep(target.reference.description) { try await executor.drop(target) }
            } else {
                PlanStep(target.reference.description, trash: id) { try await executor.trash(target, as: id) }
            }
        }
    }
}
