import Registry
import StorageDriver
import Foundation

/// The changes that one operator can undo, and do again, by the log and the trash of a pool.
///
/// An undo is a change of its own, whose entry in the log names the undone entry. So the undo of an
/// undo does the change again.
public struct UndoHistory: Sendable {
    /// The changes that can be undone, the latest first.
    public let undoable: [AuditEntry]
    /// The undone change that is done again next, by the entry of its undo; nil if there is none.
    public let redo: AuditEntry?

    /// The change that is undone next; nil if there is none.
    public var undo: AuditEntry? { undoable.first }

    /// The number of days over which changes can be undone.
    public static let days = 7
    /// The most targets of a change that can be undone: the log names no more of them.
    public static let mostTargets = AuditLog.longestList

    /// A history.
    ///
    /// - Parameters:
    ///   - entries: The changes in the log, the latest first.
    ///   - trash: The ids of all deletions in the trash.
    ///   - who: The operator: other changes are left out.
    init(_ entries: [AuditEntry], trash: Set<String>, of who: Operator) {
        let own = entries.filter { $0.user == who.user && $0.host == who.host }
        let gone = Set(entries.filter(\.isDone).compactMap(\.undoes))
        let known = Dictionary(own.map { ($0.id, $0) }) { first, _ in first }
        let open = own.filter { !gone.contains($0.id) && $0.canBeReversed(trash) }
        undoable = open.filter { !$0.isUndo(known) }
        let last = own.first { $0.undoes == nil && $0.wayBack != nil }
        redo = open.first { $0.isUndo(known) && $0.id > (last?.id ?? "") }
    }
}

extension AuditEntry {
    fileprivate var isDone: Bool {
        outcomes.count == 1 && outcomes[ChangeResult.Outcome.done.rawValue] != nil
    }

    /// True if this change has taken another one back; false if it has done it again, or is a
    /// change of its own.
    fileprivate func isUndo(_ known: [String: AuditEntry]) -> Bool {
        var (entry, isUndo) = (self, false)
        while let undone = entry.undoes {
            isUndo.toggle()
            guard let earlier = known[undone], earlier.id < entry.id else { break }
            entry = earlier
        }
        return isUndo
    }

    /// True if something is left to be taken back.
    fileprivate func canBeReversed(_ trash: Set<String>) -> Bool {
        switch wayBack {
        case nil: false
        case .trash: results.contains { $0.trash.map(trash.contains) ?? false }
        case .move, .removal, .purge, .retag: isDone
        }
    }
}

extension ChangePlanner {
    /// Reads the changes of the last days that an operator can undo: the log of these days and the
    /// listing of the trash.
    public func undoHistory(of who: Operator) async throws -> UndoHistory {
        let now = policy.now
        let log = AuditLogReader(storage: registry.storage)
        var entries = try await log.since(now.addingTimeInterval(-Double(UndoHistory.days) * 86_400), now: now)
        // The trash of a pool that was emptied is gone, and so are the names.
        _ = try await log.removeEarlier(from: &entries, registry.paths)
        return UndoHistory(entries, trash: Set(try await TrashReader(registry: registry).ids()), of: who)
    }
}
