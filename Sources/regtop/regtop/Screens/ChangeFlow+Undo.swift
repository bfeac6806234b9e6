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
                group: .change, isChange: true,
                isEnabled: { [unowned store] in store.history.map { $0.undo != nil } ?? true },
                whenDisabled: "Nothing to undo."
            ) { [unowned store, unowned screen] in
                ChangeFlow(store: store, screen: screen).reverse(again: false)
            },
            Command(
                name: "redo", keys: [.control("r")], hint: "redo",
                help: "Does the change again that was undone last, after a question", group: .change, isChange: true,
                isEnabled: { [unowned store] in store.history.map { $0.redo != nil } ?? true },
                whenDisabled: "Nothing to do again."
            ) { [unowned store, unowned screen] in
                ChangeFlow(store: store, screen: screen).reverse(again: true)
            },
        ]
    }

    private func reverse(again: Bool) -> Effect {
        guard let who = store.session.admin?.by else { return .none }
        let (planner, refused) = (store.session.planner, store.refused)
        // The log is read again: another program may have changed it since.
        return planning(again ? "planning the change again" : "planning the undo") { _ in
            let history = try await planner.undoHistory(of: who)
            let open = again ? [history.redo].compactMap(\.self) : history.undoable.filter { !refused.contains($0.id) }
            guard let entry = open.first else { return .nothing }
            do {
                return .planned(entry, try await planner.undo(of: entry))
            } catch let error as ChangeError {
                return .refused(entry, error, hasOlder: !again && open.count > 1)
            }
        } then: { (answer: Answer) in
            switch answer {
            case .nothing:
                let sentence =
                    again ? "Nothing to do again." : refused.isEmpty ? "Nothing to undo." : "Nothing else to undo."
                // The next undo tries the latest change again.
                store.refused = []
                return .say(.info(sentence))
            case .refused(let entry, let error, let hasOlder):
                if !again { store.refused.insert(entry.id) }
                let hint = hasOlder ? "; \(store.settings.key("undo")) undoes the change before it" : ""
                return .say(.failure(ErrorSentence.of(error) + hint))
            case .planned(let entry, let reversal):
                let undone = Undone(entry: entry, isAgain: again)
                return switch reversal {
                case .change(let plan): propose(plan, undone: undone)
                case .restoration(let plan): propose(plan, undone: undone)
                case .copy(let plan): propose(plan, undone: undone)
                case .uploads(let plan): propose(plan, undone: undone)
                }
            }
        }
    }

    /// The answer to the wish to take a change back.
    private nonisolated enum Answer: Sendable {
        case nothing
        case refused(AuditEntry, ChangeError, hasOlder: Bool)
        case planned(AuditEntry, Reversal)
    }

    /// The sentence after a change that names the way back; empty if there is none.
    func undoHint(_ results: [ChangeResult], _ plan: any ShownPlan, _ undone: Undone?) -> String {
        guard let way = plan.wayBack, results.count <= UndoHistory.mostTargets else { return "" }
        let isDone = results.allSatisfy { $0.outcome == .done }
        if let undone, !undone.isAgain {
            return isDone ? " Your change is undone; \(store.settings.key("redo")) does it again." : ""
        }
        guard case .trash = way else { return isDone ? " \(store.settings.key("undo")) undoes it." : "" }
        return results.contains { $0.trash != nil } ? " \(store.settings.key("undo")) restores it." : ""
    }
}
