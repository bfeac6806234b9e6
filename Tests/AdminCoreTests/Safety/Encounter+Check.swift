@testable import StorageDriver
import Testing

extension Encounter {
    /// The numbers of orders, by what they left behind. The deferred check of
    /// docs/safety.md#3-the-steps mends the first two.
    struct Deferred: CustomStringConvertible {
        var unlisted = 0
        var dangling = 0
        /// Both sides moved one file: the old driver read the identifier before our move removed
        /// the reference. `fsck` reports such a file.
        var twice = 0
        /// The old driver's removal of a directory also removed our entry.
        var destroyed = 0
        /// The old driver's deletion had removed the content, but not yet the name, when our move
        /// began.
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

    /// Checks the store after an encounter against the promises of docs/safety.md. `when` names the
    /// order.
    func check(
        _ failures: Failures, in store: StoreUnderTest, _ deferred: inout Deferred, _ when: String = ""
    ) async throws {
        let what = "\(testDescription) \(when)"
        var census = try await PoolCensus(store.driver().reader)
        if !census.unlisted.isEmpty { deferred.unlisted += 1 }
        if try census.dangling.contains(where: { try $0 != path(Self.file) }) { deferred.dangling += 1 }
        let bare = try await filesMovedBare(store)
        if !bare.isEmpty { deferred.bare += 1 }
        // The delay is over: every operation of the old driver has ended.
        for recovery in try await store.driver().recover() {
            #expect(recovery.outcome == .checked, "\(what): \(recovery)")
        }
        census = try await PoolCensus(store.driver().reader)
        // Our write links its file and checks the links. It does not wait for a later removal of
        // the directory by the old driver.
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

        // The file that the old driver wrote is there, unless our operation replaced or removed
        // that file and reported success.
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
        // The file that we wrote is there, unless the old driver wrote, moved or deleted it. After
        // the old driver deletes or moves the last other file of the directory, it checks the
        // directory and then removes it, together with any entry that was added in between. Our
        // side cannot prevent that.
        if let written = ours.writes, failures.ours == nil {
            let empties = (theirs.deletes || theirs.moves != nil) && written.path.hasPrefix("/r/a/")
            let isTheirs = theirs.writes == written.path || empties
            if empties, contents[written.path] == nil, written.path != Self.file { deferred.destroyed += 1 }
            #expect(contents[written.path] == written.content || isTheirs, "\(what): lost what we wrote")
        }
        // The file itself is somewhere, unless one side deleted or overwrote it. The old driver
        // sets a key without a check, so it can also overwrite the file at our destination.
        let isGone =
            ours.deletes || theirs.deletes || ours.writes?.path == Self.file || theirs.writes == Self.file
            || (failures.ours == nil && ours.moves != nil && theirs.writes == ours.moves)
        let places = [Self.file, ours.moves, theirs.moves].compactMap(\.self)
        #expect(isGone || places.contains { contents[$0] == Self.old }, "\(what): the file is nowhere")
    }

    /// Returns the destinations of moves whose file had no chunk when the move began. Such a file
    /// looks like an empty file of the old driver (docs/layout.md#d3). But a registry that deletes
    /// a file also removes the content before the name: regtop cannot tell the two cases apart.
    private func filesMovedBare(_ store: StoreUnderTest) async throws -> [StoragePath] {
        try await store.driver().journal.entries().flatMap { entry -> [StoragePath] in
            guard theirs.deletes, case .move(let stages, _, _) = entry.intent?.body else { return [] }
            return stages.joined().filter(\.isBare).map(\.destination)
        }
    }
}
