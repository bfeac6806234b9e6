@testable import StorageDriver
import Testing

extension Encounter {
    /// What only the deferred check of docs/safety.md#3-the-steps closes: at how many orders.
    struct Deferred: CustomStringConvertible {
        var unlisted = 0
        var dangling = 0
        /// Two moves of one file: the old driver's has read the identifier before ours took it
        /// away. `fsck` names it.
        var twice = 0
        /// Their removal of a directory took an entry of ours with it.
        var destroyed = 0
        /// Their deletion had removed the content, and not yet the name, when ours began to move
        /// it.
        var bare = 0

        var description: String {
            [
                (unlisted, "unlisted until the deferred check"),
                (dangling, "dangling at the destination until the deferred check"),
                (twice, "in two places, by two moves of one file"),
                (destroyed, "where their removal of the directory took our entry with it"),
                (bare, "where their deletion had begun when ours moved the file"),
            ].filter { $0.0 > 0 }.map { "; \($0.0) \($0.1)" }.joined()
        }
    }

    /// Holds what an encounter left in a store against the promises of docs/safety.md. `when` says
    /// which order it was.
    func check(
        _ failures: Failures, in store: StoreUnderTest, _ deferred: inout Deferred, _ when: String = ""
    ) async throws {
        let what = "\(testDescription) \(when)"
        var census = try await PoolCensus(store.driver().reader)
        if !census.unlisted.isEmpty { deferred.unlisted += 1 }
        if try census.dangling.contains(where: { try $0 != path(Self.file) }) { deferred.dangling += 1 }
        let bare = try await filesMovedBare(store)
        if !bare.isEmpty { deferred.bare += 1 }
        // The delay is over: whatever the old driver had begun has ended.
        for recovery in try await store.driver().recover() {
            #expect(recovery.outcome == .checked, "\(what): \(recovery)")
        }
        census = try await PoolCensus(store.driver().reader)
        // A file that is written is linked and looked at; what their removal of the directory does
        // after that is not waited for.
        let mayBeUnlisted = ours.writes != nil && (theirs.deletes || theirs.moves != nil)
        #expect(census.unlisted.isEmpty || mayBeUnlisted, "\(what): \(census.unlisted)")
        if let error = failures.ours {
            switch error as? StorageError {
            case .changedMeanwhile, .alreadyExists, .notFound, .damaged: break
            default: Issue.record("\(what): ours ended with \(error)")
            }
        }
        let dangling = try census.dangling.filter { try $0 != path(Self.file) && !bare.contains($0) }
        #expect(dangling.isEmpty, "\(what): \(dangling)")
        #expect(try census.contents[path("/z/k")] == Self.tree["/z/k"], "\(what)")
        if !census.twice.isEmpty { deferred.twice += 1 }
        #expect(census.twice.isEmpty || (theirs.moves != nil && ours.moves != nil), "\(what): \(census.twice)")

        // What they wrote is there, unless we replaced or removed that very file, and then we said
        // that we did.
        let contents = Dictionary(uniqueKeysWithValues: census.contents.map { ($0.key.string, $0.value) })
        if let written = theirs.writes, failures.theirs == nil {
            let isAmongOurs = written == Self.file || (ours.wholeDirectory && written.hasPrefix("/r/a/"))
            var places = [written]
            if isAmongOurs, let destination = ours.moves {
                places.append(written == Self.file ? destination : "/t/" + written.suffix(1))
            }
            let isThere = places.contains { contents[$0] == Self.theirContent }
            let isOurs =
                failures.ours == nil
                && ours.writes.map { $0.path == written && contents[written] == $0.content } ?? false
            let isDeleted = isAmongOurs && ours.deletes && failures.ours == nil
            #expect(
                isThere || isOurs || isDeleted,
                "\(what): lost what they wrote; ours \(String(describing: failures.ours))")
        }
        // What we wrote is there, unless they wrote, moved or deleted that very file. Their
        // deletion or move of the last other file of the directory removes the directory after a
        // look at it, with whatever came in between: nothing on our side closes that.
        if let written = ours.writes, failures.ours == nil {
            let empties = (theirs.deletes || theirs.moves != nil) && written.path.hasPrefix("/r/a/")
            let isTheirs = theirs.writes == written.path || empties
            if empties, contents[written.path] == nil, written.path != Self.file { deferred.destroyed += 1 }
            #expect(contents[written.path] == written.content || isTheirs, "\(what): lost what we wrote")
        }
        // The file itself is somewhere, unless it was deleted or overwritten: where it moved to as
        // well, for they set a key without a look.
        let isGone =
            ours.deletes || theirs.deletes || ours.writes?.path == Self.file || theirs.writes == Self.file
            || (failures.ours == nil && ours.moves != nil && theirs.writes == ours.moves)
        let places = [Self.file, ours.moves, theirs.moves].compactMap(\.self)
        #expect(isGone || places.contains { contents[$0] == Self.old }, "\(what): the file is nowhere")
    }

    /// Where files were moved to that had no chunk when that began. They look like the empty files
    /// of the old driver's (docs/layout.md#d3); whether they are, or a registry was about to delete
    /// them and had removed the content before the name, nothing tells.
    private func filesMovedBare(_ store: StoreUnderTest) async throws -> [StoragePath] {
        try await store.driver().journal.entries().flatMap { entry -> [StoragePath] in
            guard theirs.deletes, case .move(let stages, _, _) = entry.intent?.body else { return [] }
            return stages.joined().filter(\.isBare).map(\.destination)
        }
    }
}
