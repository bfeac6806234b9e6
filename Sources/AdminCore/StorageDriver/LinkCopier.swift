package import ObjectStore
package import Foundation

/// A link that a copy writes: a new file, which holds the same digest as another link.
package struct LinkCopy: Hashable, Sendable {
    /// A link that is replaced.
    package struct Replaced: Hashable, Sendable {
        /// The identifier that its key holds.
        package let blob: BlobIdentifier
        /// Its text; nil if it cannot be read. A registry writes a link in place, under the same
        /// identifier, so the identifier alone does not show that a tag was pushed again.
        package let text: String?

        package init(blob: BlobIdentifier, text: String?) {
            self.blob = blob
            self.text = text
        }
    }

    /// The holding that gets a link which is replaced.
    package struct Deposit: Hashable, Sendable {
        /// The directory of the holding.
        package let holding: StoragePath
        /// The description of the holding.
        package let note: Holding.Note

        package init(holding: StoragePath, note: Holding.Note) {
            self.holding = holding
            self.note = note
        }

        /// The place of a reference in the holding.
        func entry(of origin: StoragePath) -> StoragePath {
            holding.appending(.literal(Holding.key(origin).string ?? ""))
        }
    }

    /// The path of the link.
    package let path: StoragePath
    /// The text of the link: a digest.
    package let text: String
    /// The file that the digest names.
    package let content: StoragePath
    /// The link that is replaced; nil if there must be none.
    package let replaced: Replaced?
    /// The holding that gets the link that is replaced; nil for none.
    package var deposit: Deposit?
    /// True for a link of a tag. Such links are removed again if the copy fails: clients see a tag
    /// by each of them.
    package let isName: Bool
    /// The time of the link; nil for the time of its writing.
    package let modified: Date?

    package init(
        path: StoragePath, text: String, content: StoragePath, replaced: Replaced? = nil, deposit: Deposit? = nil,
        isName: Bool = false, modified: Date? = nil
    ) {
        self.modified = modified
        self.deposit = deposit
        self.isName = isName
        self.path = path
        self.text = text
        self.content = content
        self.replaced = replaced
    }

    /// True if the path says the text, as of links to layers, signatures and manifests. A current
    /// link of a tag may hold any digest.
    var isNamedByItsText: Bool {
        path.parent.components.suffix(2).joined(separator: ":") == text
    }
}

/// Writes the links of a copy (docs/safety.md#copy-a-repository-or-a-tag). Only the last stage
/// makes the others visible to clients: it holds the current links of tags.
///
/// A copy adds links and never removes those that clients may have found already, so it is not
/// taken back: after a crash the next program completes it. Every step may be repeated, also by
/// several processes at once.
package struct LinkCopier: Sendable {
    let journal: Journal
    var makeIdentifier: @Sendable (StoragePath) -> BlobIdentifier = { _ in .random() }

    private var writer: StorageWriter { journal.writer }
    private var reader: StorageReader { writer.reader }
    private var holdings: Holdings { Holdings(journal: journal) }

    /// A copy that failed. Links of the stages before the failure stay.
    package struct Stopped: Error {
        /// The number of links that this copy has written, and that stay.
        package let written: Int
        /// The reason.
        package let error: any Error
    }

    /// A link that this copier has written.
    private struct Written: Sendable {
        let link: LinkCopy
        let blob: BlobIdentifier
    }

    /// The end of a copy.
    package struct Outcome: Sendable {
        /// The links of the last stage that another process has written meanwhile, with another
        /// text: they stay.
        package let taken: [StoragePath]
        /// The links whose old files are in the holdings of their deposits now.
        package let kept: Set<StoragePath>
    }

    /// Copies links, stage by stage. The journal holds the copy until it has ended.
    ///
    /// - Throws: `Stopped` after the copy has begun; errors of writing the journal before.
    package func copy(_ stages: [[LinkCopy]], _ what: String, _ counter: ProgressCounter) async throws -> Outcome {
        let intent = try await journal.begin(.copy(stages), what)
        do {
            let taken = try await write(stages, counter)
            let kept = try await closeDeposits(stages)
            try await intent.end()
            return Outcome(taken: taken, kept: kept)
        } catch {
            // A separate task ends the intent even if the caller was cancelled.
            await Task {
                do {
                    if case StorageError.outcomeUnknown = (error as? Stopped)?.error ?? error {
                        await intent.release()
                    } else {
                        try await tidyUp(stages)
                        try await intent.end()
                    }
                } catch {
                    await intent.release()
                }
            }.value
            throw error
        }
    }

    /// Completes an interrupted copy as far as possible. Returns sentences about the rest; throws
    /// errors of the store that the next run may not meet.
    func finish(_ stages: [[LinkCopy]]) async throws -> [String] {
        do {
            let taken = try await write(stages, ProgressCounter(phase: "writing links", total: nil, handler: nil))
            _ = try await closeDeposits(stages)
            return taken.map { "\($0) was written by another client meanwhile, and stays" }
        } catch let stopped as Stopped {
            switch stopped.error {
            case StorageError.outcomeUnknown: throw stopped.error
            // A full pool must not forbid the changes that make space.
            case let error as StoreError where error.kind != .full: throw error
            case is CancellationError: throw stopped.error
            default:
                try await tidyUp(stages)
                return ["the copy stays without its tags: \(stopped.error)"]
            }
        }
    }

    /// Writes the time into the holdings of the links that were replaced. A link that is at its
    /// place leaves its holding: otherwise two paths would have one identifier. Another text at the
    /// place does not tell whether it was replaced, since a push may have written into either link.
    /// Returns the paths of the links that are in their holdings.
    private func closeDeposits(_ stages: [[LinkCopy]]) async throws -> Set<StoragePath> {
        var kept: Set<StoragePath> = []
        for link in stages.joined() {
            guard let deposit = link.deposit, let old = link.replaced else { continue }
            if try await reader.entry(link.path)?.kind == .file(old.blob) { try await withdraw(link) }
            try await holdings.close(deposit)
            if try await reader.value(at: deposit.entry(of: link.path)) != nil { kept.insert(link.path) }
        }
        return kept
    }

    /// Ends a failed copy: closes its deposits, lists the directories of the links that are there,
    /// and removes the others if they are empty.
    private func tidyUp(_ stages: [[LinkCopy]]) async throws {
        _ = try await closeDeposits(stages)
        let there = try await concurrentMap(stages.joined(), window: reader.window) { link in
            (link.path.parent, try await reader.value(at: link.path) != nil)
        }
        try await writer.linkUp(Set(there.filter(\.1).map(\.0)))
        try await DirectoryPruner(journal: journal).prune(there.filter { !$0.1 }.map(\.0))
    }

    private func write(_ stages: [[LinkCopy]], _ counter: ProgressCounter) async throws -> [StoragePath] {
        var count = 0
        var names: [[Written]] = []
        var own: Set<BlobIdentifier> = []
        do {
            var taken: [StoragePath] = []
            for (index, links) in stages.enumerated() {
                let (written, lost) = try await write(links)
                count += written.count
                names.append(written.filter(\.link.isName))
                own.formUnion(written.map(\.blob))
                taken = lost
                let isLast = index == stages.count - 1
                // The proof comes after the links: from now on a collection sees them, and a
                // removal beside this copy has to complete the tags.
                let lacking = try await lacking(
                    in: isLast ? Array(stages.joined()) : links, except: Set(lost), own: own)
                if let first = lacking.min() {
                    let useless = Set(lacking)
                    // Clients may have found the other links already, and rely on them.
                    count -= try await takeBack(
                        written.filter { !$0.link.isName && useless.contains($0.link.content) })
                    throw StorageError.notFound(first)
                }
                if !isLast, let first = lost.min() { throw StorageError.alreadyExists(first) }
                counter.advance(by: UInt64(links.count))
            }
            return taken.sorted()
        } catch {
            if case StorageError.outcomeUnknown = error { throw Stopped(written: count, error: error) }
            // A separate task removes them even if the caller was cancelled.
            let gone = await Task { [names] in
                var gone = 0
                for written in names.reversed() where !written.isEmpty { gone += (try? await takeBack(written)) ?? 0 }
                return gone
            }.value
            throw Stopped(written: count - gone, error: error)
        }
    }

    // MARK: - One stage

    /// Writes the links that are missing, and replaces those that are to be replaced. Returns the
    /// new links, and the paths that hold something else.
    private func write(_ links: [LinkCopy]) async throws -> (written: [Written], taken: [StoragePath]) {
        let places = try await concurrentMap(links, window: reader.window) { ($0, try await place($0)) }
        var written = try await publish(places.filter { $0.1 == .free }.map(\.0))
        var taken = places.filter { $0.1 == .taken }.map(\.0.path)
        let new = Set(written.map(\.link.path))
        for (link, _) in places.filter({ $0.1 == .free && !new.contains($0.0.path) }) {
            // Another process was first. If its link has the same text, it serves as well.
            if try await place(link) != .there { taken.append(link.path) }
        }
        try await writer.linkUp(Set(links.map(\.path.parent)))
        let exchanged = try await writer.each(places.filter { $0.1 == .old }.map(\.0)) { ($0, try await replace($0)) }
        written += exchanged.compactMap(\.1)
        for (link, new) in exchanged where new == nil {
            if try await place(link) != .there { taken.append(link.path) }
        }
        return (written, taken)
    }

    /// The present content of a link's path.
    private enum Place {
        /// Nothing.
        case free
        /// A link with the same text.
        case there
        /// The link that is to be replaced.
        case old
        /// Something else.
        case taken
    }

    private func place(_ link: LinkCopy) async throws -> Place {
        switch try await reader.entry(link.path)?.kind {
        case nil: return .free
        case .directory, .invalid: return .taken
        case .file(let blob):
            let text = try await text(of: blob, at: link.path)
            if text == link.text { return .there }
            if link.replaced == LinkCopy.Replaced(blob: blob, text: text) { return .old }
            return try await complete(link, blob) ? .there : .taken
        }
    }

    /// Writes the text and the size of a link that a registry is just writing. The registry writes
    /// the key, then the text, then the size; if it has stopped, the link would stay without them.
    /// If it goes on, it writes the same bytes, since the path says the text. False if the path
    /// does not say it, or if the link holds something else.
    private func complete(_ link: LinkCopy, _ blob: BlobIdentifier) async throws -> Bool {
        let (object, text) = (blob.chunk(0), Array(link.text.utf8))
        guard link.isNamedByItsText, try await reader.objects.read(.stat, of: blob.chunk(1)) == nil else {
            return false
        }
        let look = ReadOperation(xattrs: true, data: 0..<UInt64(text.count) + 1)
        let size = TotalSize.encode(UInt64(text.count))
        for _ in 0..<StorageWriter.attempts {
            let state = try await reader.objects.read(look, of: object)
            if state?.data == text, state?.xattrs[TotalSize.xattr] == size { return true }
            // A size without the text is no state of a link that is being written.
            guard state?.xattrs[TotalSize.xattr] == nil, state?.data.isEmpty != false || state?.data == text else {
                return false
            }
            let isDone = try await writer.perform(
                WriteOperation(
                    guards: [state.map { .version($0.version) } ?? .doesNotExist],
                    [.write(text, at: 0), .setXattr(name: TotalSize.xattr, value: size)]),
                on: object, for: link.path
            ) { [reader] in
                let now = try await reader.objects.read(look, of: object)
                if now?.data == text, now?.xattrs[TotalSize.xattr] == size { return true }
                return now?.version == state?.version ? false : nil
            }
            if isDone { return true }
        }
        throw StorageWriter.contention(object)
    }

    /// The text of a link; nil if it cannot be read.
    private func text(of blob: BlobIdentifier, at path: StoragePath) async throws -> String? {
        do {
            return String(validating: try await reader.content(of: blob, at: path, limit: 1024), as: UTF8.self)
        } catch is StorageError {
            return nil
        }
    }

    /// Writes the content of new links, and then their references. Returns those whose paths were
    /// free.
    private func publish(_ links: [LinkCopy]) async throws -> [Written] {
        let files = try await writer.each(links) { Written(link: $0, blob: try await content(of: $0)) }
        let taken = try await writer.publish(files.map { ($0.link.path, $0.blob) })
        for file in files where taken.contains(file.link.path) {
            await writer.free(file.blob, chunks: 1, of: file.link.path)
        }
        return files.filter { !taken.contains($0.link.path) }
    }

    /// Writes the content of a link under a new identifier, which no path names yet.
    private func content(of link: LinkCopy) async throws -> BlobIdentifier {
        let blob = makeIdentifier(link.path)
        let file = FileWriter(
            blob, journal: journal, path: link.path, base: nil, isListed: true, modified: link.modified)
        do {
            try await file.write(Array(link.text.utf8))
            try await file.complete()
        } catch {
            await file.cancel()
            throw error
        }
        return blob
    }

    /// Replaces a link. Returns nil if another process has written to it meanwhile: then it stays.
    private func replace(_ link: LinkCopy) async throws -> Written? {
        guard let old = link.replaced else { return nil }
        let blob = try await content(of: link)
        if let deposit = link.deposit { try await holdings.keep(old.blob, of: link.path, in: deposit) }
        guard try await writer.exchange(old.blob, for: blob, at: link.path) else {
            await writer.free(blob, chunks: 1, of: link.path)
            try await withdraw(link)
            return nil
        }
        // A push may have written into the old link just before it was replaced.
        if try await text(of: old.blob, at: link.path) == old.text {
            // Another process that takes the same copy back may have removed it just now.
            if let deposit = link.deposit { try await holdings.keep(old.blob, of: link.path, in: deposit) }
            return Written(link: link, blob: blob)
        }
        if try await writer.exchange(blob, for: old.blob, at: link.path) { try await withdraw(link) }
        return nil
    }

    /// Removes a link that was not replaced after all from its holding. Another process that
    /// completes the same copy keeps it in the same holding.
    private func withdraw(_ link: LinkCopy) async throws {
        guard let deposit = link.deposit, let old = link.replaced, try await !isReplaced(link) else { return }
        try await holdings.withdraw(old.blob, of: link.path, from: deposit)
        if try await isReplaced(link) { try await holdings.keep(old.blob, of: link.path, in: deposit) }
    }

    /// True if another file with the text of the copy is at the place. The text alone does not
    /// tell, since a push of the same digest may have written it into the old link.
    private func isReplaced(_ link: LinkCopy) async throws -> Bool {
        guard case .file(let blob)? = try await reader.entry(link.path)?.kind, blob != link.replaced?.blob else {
            return false
        }
        return try await text(of: blob, at: link.path) == link.text
    }

    /// The links that are not there, and the missing contents of those that are.
    ///
    /// - Parameter own: the files that this copier has written. A registry that looked for a link
    ///   before it was there writes a key of its own over it, and the text later.
    private func lacking(
        in links: [LinkCopy], except taken: Set<StoragePath>, own: Set<BlobIdentifier>
    ) async throws -> [StoragePath] {
        try await concurrentMap(links.filter { !taken.contains($0.path) }, window: reader.window) { link in
            guard let entry = try await reader.entry(link.path) else { return link.path }
            let isOwn = if case .file(let blob) = entry.kind { own.contains(blob) } else { false }
            if link.isNamedByItsText, !isOwn, try await place(link) != .there { return link.path }
            guard case .file? = try await reader.entry(link.content)?.kind else { return link.content }
            return nil
        }.compactMap(\.self)
    }

    /// Removes links of this copier again, but for those into which a push has written meanwhile.
    /// Returns the number of those that are gone.
    private func takeBack(_ written: [Written]) async throws -> Int {
        let gone = try await writer.each(written) { file in
            let (path, old) = (file.link.path, file.link.replaced?.blob)
            guard try await writer.exchange(file.blob, for: old, at: path) else { return false }
            // A registry writes a link in place, so the identifier does not tell whether it did.
            if try await text(of: file.blob, at: path) == file.link.text {
                try await withdraw(file.link)
                return true
            }
            if let old {
                _ = try await writer.exchange(old, for: file.blob, at: path)
            } else {
                _ = try await writer.publish([(path, file.blob)])
                try await writer.linkUp([path.parent])
            }
            return false
        }
        try await DirectoryPruner(journal: journal).prune(written.map(\.link.path.parent))
        return gone.count(where: \.self)
    }
}
