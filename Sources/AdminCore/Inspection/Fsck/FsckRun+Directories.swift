/// The directories: the objects that are there against the keys that name them.
extension FsckRun {
    /// What a comparison suspects of a directory.
    private enum Suspicion: Sendable {
        /// It is there, holds something, and its parent does not list it; or it is gone, its parent does not list it either, and there are
        /// others below it. To be listed again: these.
        case unlisted([StoragePath])
        /// Its parent lists it, its object is gone; these are below it all the same.
        case missing([StoragePath])
        case empty
    }

    func lookAtDirectories() async throws {
        let directories = inventory.directories
        var suspects: [(path: StoragePath, suspicion: Suspicion)] = []
        for number in 1..<max(1, Number(directories.count)) {
            guard let (suspicion, modified) = suspicion(of: number) else { continue }
            let path = directories.path(number)
            switch suspicion {
            case .empty where isExcused(path) || isOfLostTag(number): continue
            case .missing(let below) where below.isEmpty && isOfLostTag(number): continue
            default: break
            }
            if options.isYoung(modified) {
                log.inFlight()
            } else {
                suspects.append((path, suspicion))
            }
        }
        try await confirm(suspects, "directories") { [storage] suspect in
            switch suspect.suspicion {
            case .unlisted(let below): try await FsckRun.unlisted(suspect.path, below, storage)
            case .missing(let below): try await FsckRun.missing(suspect.path, below, storage)
            case .empty: try await FsckRun.empty(suspect.path, storage)
            }
        }
        try await confirm(inventory.largeOmaps, "large directories") { [directories] large in
            let path = directories.path(large.directory)
            return Problem(
                kind: .largeOmap, severity: .info, path: path, object: StorageReader.directory(path),
                detail:
                    "The directory has \(large.keys) entries in one object: listing it is slow, and so is every OSD that "
                    + "recovers or scrubs it. Nothing is wrong with what it lists.")
        }
    }

    /// Directories that are empty by right: a holding between its first and its last entry, and what belongs to a repository that is
    /// named as a whole.
    private func isExcused(_ path: StoragePath) -> Bool {
        paths.holdings.contains { path.isBelow($0) || path == $0 } || facts.isOfEmptyRepository(path)
    }

    // MARK: - Tags that have lost their link

    /// Whether a directory is that of a tag which says no manifest and has nothing hidden that may say it: the tag is what is damaged. `tag`
    /// is the directory of one.
    func isLostTag(_ tag: Number) -> Bool {
        let directories = inventory.directories
        let facts = directories.facts(tag)
        guard facts.contains(.isListed), directories.facts(directories.parent(tag)).contains(.isThere),
            facts.contains(.isThere) || nearest(below: tag).isEmpty
        else { return false }
        guard let current = directories.find("current", in: tag) else { return true }
        guard inventory.file("link", in: current) == nil else { return false }
        // With keys of its own and no listing it is an unlisted directory; with others below it, what is to be listed are these.
        let own = directories.facts(current)
        if own.contains([.isThere, .hasKeys]) { return own.contains(.isListed) }
        return nearest(below: current).isEmpty
    }

    /// Whether a directory is that of a lost tag, or of its current link: the tag is named, and not the directory as well.
    private func isOfLostTag(_ number: Number) -> Bool {
        let directories = inventory.directories
        func isTag(_ number: Number) -> Bool {
            let tags = directories.parent(number)
            guard directories.name(tags) == "tags", directories.name(directories.parent(tags)) == "_manifests" else {
                return false
            }
            return paths.repositoryName(of: directories.path(number)) != nil
        }
        if isTag(number) { return isLostTag(number) }
        let tag = directories.parent(number)
        return directories.name(number) == "current" && isTag(tag) && isLostTag(tag)
    }

    private func suspicion(of number: Number) -> (Suspicion, modified: UInt32)? {
        let directories = inventory.directories
        let facts = directories.facts(number)
        let parent = directories.parent(number)
        let parentIsThere = parent == 0 || directories.facts(parent).contains(.isThere)
        if facts.contains(.isThere) {
            guard facts.contains(.hasKeys) else {
                // Where it holds something that it does not list, that is said of what is not listed.
                return nearest(below: number).isEmpty ? (.empty, directories.modified(number)) : nil
            }
            // Below a directory whose object is gone nothing can be listed: that is said of it.
            guard !facts.contains(.isListed), parentIsThere else { return nil }
            return (.unlisted([directories.path(number)]), directories.modified(number))
        }
        guard parentIsThere else { return nil }
        let below = nearest(below: number)
        let newest = below.map { directories.modified($0) }.max() ?? directories.modified(parent)
        if facts.contains(.isListed) { return (.missing(below.map { directories.path($0) }), newest) }
        return below.isEmpty ? nil : (.unlisted(below.map { directories.path($0) }), newest)
    }

    /// The directories nearest below one without an object that have one, and something in it.
    private func nearest(below number: Number) -> [Number] {
        let directories = inventory.directories
        var found: [Number] = []
        var open = directories.children(number)
        while let next = open.popLast() {
            let facts = directories.facts(next)
            if facts.contains(.isThere) {
                if facts.contains(.hasKeys) { found.append(next) }
            } else {
                open += directories.children(next)
            }
        }
        return found.sorted()
    }

    // MARK: - Once more

    private static func unlisted(
        _ path: StoragePath, _ below: [StoragePath], _ storage: StorageReader
    ) async throws -> Problem? {
        let entry = try await storage.entry(path)
        if case .directory = entry?.kind { return nil }
        guard try await holdsSomething(below, storage) else { return nil }
        var detail =
            "The directory holds something, and its parent does not list it: what is in it can be read by its exact path, and no "
            + "listing shows it."
        if below != [path] {
            detail =
                "The directory's object is gone, and so is the key that named it, while \(below.count) directories below it hold something: "
                + "no listing shows them."
        }
        var repair: Repair? = .relink(below)
        if entry != nil {
            repair = nil
            detail += " A file of the same name is in the way, so it cannot be listed: move or delete one of them."
        }
        return Problem(
            kind: .unlistedDirectory, severity: .error, path: path, object: StorageReader.directory(path),
            detail: detail, repair: repair)
    }

    private static func missing(
        _ path: StoragePath, _ below: [StoragePath], _ storage: StorageReader
    ) async throws -> Problem? {
        guard case .directory = try await storage.entry(path)?.kind else { return nil }
        let object = StorageReader.directory(path)
        guard try await storage.objects.read(.stat, of: object) == nil else { return nil }
        if try await holdsSomething(below, storage) {
            return Problem(
                kind: .missingDirectory, severity: .error, path: path, object: object,
                detail:
                    "The directory is listed and its object is gone, while \(below.count) directories below it hold something: no "
                    + "listing shows them. Files that were named in the object itself are lost.",
                repair: .relink(below))
        }
        return Problem(
            kind: .missingDirectory, severity: .info, path: path, object: object,
            detail:
                "The directory is listed and has no object: it looks empty, and the registry answers with an error where it looks "
                + "into it.",
            repair: .prune(path))
    }

    private static func holdsSomething(_ directories: [StoragePath], _ storage: StorageReader) async throws -> Bool {
        for directory in directories {
            let state = try await storage.objects.read(
                ReadOperation(omap: .page(after: nil, limit: 1)), of: StorageReader.directory(directory))
            if state?.omap.isEmpty == false { return true }
        }
        return false
    }

    private static func empty(_ path: StoragePath, _ storage: StorageReader) async throws -> Problem? {
        let object = StorageReader.directory(path)
        let state = try await storage.objects.read(ReadOperation(omap: .page(after: nil, limit: 1)), of: object)
        guard let state, state.omap.isEmpty, state.size == 0 else { return nil }
        return Problem(
            kind: .emptyDirectory, severity: .waste, path: path, object: object,
            detail:
                "Nothing is in the directory: an object that nobody needs, and a name that listings show for nothing.",
            repair: .prune(path))
    }
}
