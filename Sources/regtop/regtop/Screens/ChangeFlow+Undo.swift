import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The changes that are taken back, and done again. The log of the store says which: so this works
/// after a restart as well, for changes of the same account on the same machine.
extension ChangeFlow {
    /// The change that a plan takes back.
    struct Undone {
        let entry: AuditEntry
        /// True if the change was taken back before, and is done again.
        let isAgain: Bool

        /// The line of a question that names the change. The plan has the names.
        var line: Line {
            let noun = isAgain ? "undo" : PlanAction(rawValue: entry.action)?.noun ?? "change"
            return Line("takes back the \(noun) of \(HumanText.second(entry.begun))", .dim)
        }
    }

    /// Commands that take back the last change, and do it again.
    var undoCommands: [Command] {
        [
            Command(
                name: "undo", keys: [.character("u")], hint: "undo", keepsHint: true,
                help:
                    "Undoes your last change of the last \(UndoHistory.days) days, after a question; u again the one before",
                group: .change, isChange: true, isEnabled: { [unowned store] in store.history.undo != nil },
                whenDisabled: "Nothing to undo."
            ) { [unowned store, unowned screen] in
                ChangeFlow(store: store, screen: screen).reverse(again: false)
            },
            Command(
                name: "redo", keys: [.control("r")], hint: "redo",
                help: "Does the change again that was undone last, after a question", group: .change, isChange: true,
                isEnabled: { [unowned store] in store.history.redo != nil }, whenDisabled: "Nothing to do again."
            ) { [unowned store, unowned screen] in
                ChangeFlow(store: store, screen: screen).reverse(again: true)
            },
        ]
    }

    private func reverse(again: Bool) -> Effect {
        guard let who = store.session.admin?.by else { return .none }
        let planner = store.session.planner
        // The log is read again: another program may have changed it since.
        return planning(again ? "planning the change again" : "planning the undo") { _ in
            let history = try await planner.undoHistory(of: who)
            guard let entry = again ? history.redo : history.undo else {
                throw ChangeError.unsuitable(again ? "nothing to do again" : "nothing to undo")
            }
            return (entry, try await planner.undo(of: entry))
        } then: { (entry: AuditEntry, reversal: Reversal) in
            let undone = Undone(entry: entry, isAgain: again)
            return switch reversal {
            case .change(let plan): propose(plan, undone: undone)
            case .restoration(let plan): propose(plan, undone: undone)
            case .copy(let plan): propose(plan, undone: undone)
            }
        }
    }

    /// The sentence after a change that names the way back; empty if there is none.
    func undoHint(_ results: [ChangeResult], _ plan: any ShownPlan, _ undone: Undone?) -> String {
        guard let way = plan.wayBack, results.contains(where: { $0.outcome == .done }) else { return "" }
        if let undone, !undone.isAgain { return " \(store.settings.key("redo")) does it again." }
        guard case .trash = way else { return " \(store.settings.key("undo")) undoes it." }
        return results.contains { $0.trash != nil } ? " \(store.settings.key("undo")) restores it." : ""
    }
}
