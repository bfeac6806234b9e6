import AdminCore

/// What becomes of deletions, and of unfinished uploads.
extension ChangeFlow {
    func restore(_ ids: [String], hidden: HiddenMarks = HiddenMarks()) -> Effect {
        let planner = store.session.planner
        return plan("planning to restore \(HumanText.count(ids.count, "deletion"))", hidden: hidden) { _ in
            try await planner.restoration(of: ids)
        }
    }

    /// Asks for the new name first, beginning with the old one.
    func restoreAs(_ item: TrashItem) -> Effect {
        let planner = store.session.planner
        return .prompt(
            Prompt(
                label: "restore as: ", text: item.name,
                complete: { [store] in Prompt.completed($0, (store.repositories ?? []).map(\.string)) }
            ) { text in
                guard let name = ImageReference(String(text.trimmingPrefix { $0 == " " })) else {
                    return .say(.failure("\"\(text)\" is no name; write repository or repository:tag."))
                }
                return plan("planning to restore \(item.name)") { _ in
                    try await planner.restoration(of: [item.id], as: name)
                }
            })
    }

    /// Drops deletions for good, by id; all of them if `ids` is nil.
    func empty(_ ids: [String]?, hidden: HiddenMarks = HiddenMarks()) -> Effect {
        let planner = store.session.planner
        return plan("planning to empty the trash", hidden: hidden) { progress in
            try await planner.emptying(ids: ids, progress: progress)
        }
    }

    func purge(_ uploads: [UploadSummary], hidden: HiddenMarks = HiddenMarks()) -> Effect {
        let planner = store.session.planner
        let ids = Set(uploads.map(\.id))
        let names = Set(uploads.map(\.repository)).sorted()
        return plan("planning to remove \(HumanText.count(uploads.count, "upload"))", hidden: hidden) { progress in
            try await planner.purging(olderThan: 0, of: names, ids: ids, progress: progress)
        }
    }

    /// Brings back what the last deletion of this console took to the trash.
    var undoCommand: Command {
        Command(
            name: "undo", keys: [.character("u")], help: "Brings back what was deleted last, after a question",
            group: .change, isChange: true, isEnabled: { [unowned store] in !store.lastDeletion.isEmpty }
        ) { [unowned store, unowned screen] in
            ChangeFlow(store: store, screen: screen).restore(store.lastDeletion.map(\.string))
        }
    }
}
