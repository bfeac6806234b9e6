package import AdminCore
import SafeText
import Foundation

/// The journal of pending changes as text and JSON.
package enum JournalText {
    /// The most changes of a group that `plain` names.
    private static let most = 20

    /// The pending changes, grouped by the work that is left: a line about the group, and a line
    /// for each change.
    package static func plain(_ pending: [PendingChange]) -> String {
        if pending.isEmpty { return "nothing is pending\n" }
        return groups(pending).map { changes in
            let lines = changes.prefix(most).map { change in
                let begun = change.begun.map { ", begun \(TimeText.rfc3339($0))" } ?? ""
                let detail = change.state.ownDetail.map { " (\($0))" } ?? ""
                return "  \(VisibleText.of(change.what + begun + detail))\n"
            }
            let more = changes.count - most
            let state = changes[0].state
            return "\(HumanText.count(changes.count)) \(state.word): \(state.meaning)\n" + lines.joined()
                + (more > 0 ? "  and \(HumanText.count(more)) more; -f json lists all\n" : "")
        }.joined()
    }

    /// The changes by state, those that need attention first.
    private static func groups(_ pending: [PendingChange]) -> [[PendingChange]] {
        PendingChange.State.words.compactMap { word in
            let changes = pending.filter { $0.state.word == word }
            return changes.isEmpty ? nil : changes
        }
    }

    /// One line for each result of a recovery.
    package static func plain(_ results: [Recovery]) -> String {
        results.map { "\($0.outcome.rawValue)  \(VisibleText.of($0.change.what))\n" }.joined()
    }

    /// The pending changes with the results of the recovery.
    package static func json(_ pending: [PendingChange], applied: Bool, _ results: [Recovery]) -> JSONValue {
        [
            "targets": .array(pending.map(\.json)), "applied": .bool(applied),
            "results": .array(
                results.map {
                    [
                        "target": .string($0.change.id), "outcome": .string($0.outcome.rawValue),
                        "error": .text($0.error), "notes": .array($0.notes.map { .string($0) }),
                    ]
                }),
        ]
    }

    /// An alert for `status` and the console's header; nil if no change needs attention.
    package static func alert(_ pending: [PendingChange]) -> String? {
        let unreadable = pending.count { $0.isUnreadable }
        if unreadable > 0 { return "\(HumanText.count(unreadable, "unreadable intent")) in the journal" }
        let interrupted = pending.count { $0.state == .interrupted }
        return interrupted > 0 ? HumanText.count(interrupted, "interrupted change") : nil
    }

    /// A reminder for `status` and the console's header; nil if no change waits for a flush.
    package static func reminder(_ pending: [PendingChange]) -> String? {
        let count = pending.count { $0.state == .watching }
        return count > 0 ? "flush the registries' caches (\(HumanText.count(count, "change")))" : nil
    }

    /// The number of changes in each state, in one line.
    package static func summary(_ pending: [PendingChange]) -> String {
        if pending.isEmpty { return "nothing is pending" }
        var parts: [String] = []
        for word in PendingChange.State.words {
            let count = pending.count { $0.state.word == word }
            if count > 0 { parts.append("\(HumanText.count(count)) \(word)") }
        }
        let text = parts.joined(separator: ", ")
        return pending.contains(where: { $0.state.isActionable }) ? text + ": see `regtop recover --dry-run`" : text
    }
}

extension PendingChange {
    package var isUnreadable: Bool {
        if case .unreadable = state { true } else { false }
    }

    var json: JSONValue {
        var due: Date?
        if case .waiting(let moment) = state { due = moment }
        var owner: ChangeOwner?
        if case .inProgress(let someone) = state { owner = someone }
        return [
            "id": .string(id), "what": .string(what), "state": .string(state.word), "begun": .time(begun),
            "due": .time(due), "owner": .text(owner), "detail": .text(state.detail),
        ]
    }
}

extension PendingChange.State {
    /// The words of all states, the most urgent first.
    package static let words = ["unreadable", "interrupted", "in-progress", "due", "gone", "watching", "waiting"]

    /// The state in one word.
    package var word: String {
        switch self {
        case .interrupted: "interrupted"
        case .inProgress: "in-progress"
        case .waiting: "waiting"
        case .watching: "watching"
        case .due: "due"
        case .gone: "gone"
        case .unreadable: "unreadable"
        }
    }

    /// Details of the state; nil if there are none.
    var detail: String? {
        switch self {
        case .waiting, .watching, .gone: ownDetail ?? meaning
        case .inProgress, .unreadable: ownDetail
        case .interrupted, .due: nil
        }
    }

    /// The part of the details that differs from change to change.
    package var ownDetail: String? {
        switch self {
        case .inProgress(let owner): "by \(owner)"
        case .waiting(let moment): "regtop checks it again after \(TimeText.rfc3339(moment))"
        case .unreadable(let why): why
        case .watching, .gone, .interrupted, .due: nil
        }
    }

    /// The work that is left for changes in this state, in a clause.
    package var meaning: String {
        switch self {
        case .interrupted: "`regtop recover` undoes it, or finishes it if only cleaning up is left"
        case .inProgress: "a running regtop works on it"
        case .waiting: "done; regtop checks the result once more, after the time of the longest push"
        case .watching:
            "registries may leave out links until `regtop recover --cache-flushed` or `regtop recover --no-cache`"
        case .due: "done; `regtop recover` checks the result once more"
        case .gone: "its targets no longer exist, because the pool was emptied; `regtop recover` drops it"
        case .unreadable: "nothing can be changed until a newer regtop, or a person, has dealt with it"
        }
    }

    /// True if `regtop recover` has work to do.
    package var isActionable: Bool {
        self == .interrupted || self == .due || self == .gone || self == .watching
    }
}
