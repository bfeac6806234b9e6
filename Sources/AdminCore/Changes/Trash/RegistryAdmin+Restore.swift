extension RegistryAdmin {
    /// Brings a deletion back (docs/safety.md#restore): under another name if it is to have one; layers first and
    /// tags last, so that what can be named can be served. Gives notes; throws `ChangeError.unsuitable` if a link
    /// stays in the trash, because its place was taken meanwhile or somebody else has claimed it.
    func restore(_ target: RestorePlan.Target, _ counter: ProgressCounter) async throws -> [String] {
        let path = paths.trash.appending(.literal(target.item.id))
        var entries = target.entries
        if let renaming = target.renaming, let destination = target.destination {
            let holding = Holding(path: path, note: try await driver.reader.holding(path)?.note, entries: entries)
            try await driver.holdings.rename(
                holding, from: renaming.from, to: renaming.to, named: destination.description)
            let depth = renaming.from.components.count
            entries = entries.map { entry in
                // What went along keeps its name: it says which image it belongs to.
                guard entry.origin.isBelow(renaming.from) else { return entry }
                return Holding.Entry(
                    origin: renaming.to.appending(.literal(Array(entry.origin.components.dropFirst(depth)))),
                    blob: entry.blob, claim: nil)
            }
        }
        let (finished, reason) = try await finishedUploads(among: entries, in: path)
        entries.removeAll(where: finished.contains)
        let stages = Dictionary(grouping: entries) { paths.stage(of: $0.origin) }
        let outcomes = try await driver.holdings.restore(
            RemovalStage.allCases.reversed().compactMap { stages[$0] }, of: path)
        counter.advance(by: UInt64(entries.count + finished.count))
        for part in target.companions {
            let stages = Dictionary(grouping: part.entries) { paths.stage(of: $0.origin) }
            _ = try await driver.holdings.restore(
                RemovalStage.allCases.reversed().compactMap { stages[$0] },
                of: paths.trash.appending(.literal(part.id)))
            counter.advance(by: UInt64(part.entries.count))
        }
        let (taken, gone) = (outcomes.count { $0 == .taken }, outcomes.count { $0 == .gone })
        var left: [String] = []
        if taken > 0 {
            left.append("\(taken) of \(entries.count) links stay in the trash, as their places were taken meanwhile")
        }
        if gone > 0 { left.append("\(gone) of \(entries.count) links were claimed by somebody else, or are gone") }
        guard left.isEmpty || target.item.kind != .repository && target.item.kind != .tag && gone == 0 else {
            throw ChangeError.unsuitable(left.joined(separator: "; "))
        }
        if target.item.kind == .repository {
            let origin = target.entries.lazy.compactMap { paths.repositoryName(of: $0.origin) }.first
            left += try await completeRestored(entries, from: origin)
        }
        if !finished.isEmpty {
            left.append("\(finished.count) of what was uploaded stay in the trash: \(reason)")
        }
        return left
    }

    /// Uploads whose identifier something else has by now: a registry that had read it before they were deleted has
    /// made a blob of it. Back at their places they would let the registry's own purge delete the blob
    /// (docs/layout.md#d6). Costs a complete scan if there are any uploads; where none can be made, all of them may
    /// be such. Gives them, and why they stay in the trash.
    private func finishedUploads(
        among entries: [Holding.Entry], in path: StoragePath
    ) async throws -> (Set<Holding.Entry>, why: String) {
        let uploads = entries.filter { paths.file(at: $0.origin)?.isUpload ?? false }
        if uploads.isEmpty { return ([], "") }
        do {
            let census = try await driver.reader.references(
                to: Set(uploads.map(\.blob)), now: driver.policy.now)
            let holding = StorageReader.directory(path)
            return (
                Set(uploads.filter { entry in census.isReferred(entry.blob) { $0.object != holding } }),
                "a registry has finished these uploads, and the blobs are their own"
            )
        } catch let error as StoreError where error.kind == .incomplete {
            return (Set(uploads), "whether a registry has finished these uploads cannot be told: \(error)")
        }
    }
}
