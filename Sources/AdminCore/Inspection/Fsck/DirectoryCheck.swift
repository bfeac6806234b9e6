import ObjectStore
import Registry
import StorageDriver

/// Compares the directory objects with the keys that list them.
struct DirectoryCheck: Sendable {
    typealias Number = DirectoryIndex.Number

    /// The suspected damage of a directory.
    private enum Suspicion: Sendable {
        /// Directories with entries that no listing shows: the directory itself, or the nearest
        /// ones below it if it is gone and not listed.
        case unlisted([StoragePath])
        /// The directory is listed and its object is gone; these directories below it have entries.
        case missing([StoragePath])
        case empty
    }

    let run: FsckRun

    private var directories: DirectoryIndex { run.directories }
    private var storage: StorageReader { run.storage }

    func check() async throws {
        var suspects: [(path: StoragePath, suspicion: Suspicion)] = []
        for number in 1..<max(1, Number(directories.count)) {
            guard let (suspicion, modified) = suspicion(of: number) else { continue }
            let path = directories.path(number)
            switch suspicion {
            case .empty where isExcused(path) || isOfLostTag(path): continue
            case .missing(let below) where below.isEmpty && isOfLostTag(path): continue
            default: break
            }
            if run.options.isYoung(modified) {
                run.log.inFlight()
            } else {
                suspects.append((path, suspicion))
            }
        }
        try await run.confirm(suspects, "directories") { path, suspicion in
            switch suspicion {
            case .unlisted(let below): try await unlisted(path, below)
            case .missing(let below): try await missing(path, below)
            case .empty: try await empty(path)
            }
        }
        try await run.confirm(run.inventory.largeOmaps, "large directories") { large in
            let path = directories.path(large.directory)
            return Problem(
                kind: .largeOmap, severity: .info, path: path, object: StorageReader.directory(path),
                detail:
                    "The directory has \(large.keys) entries in one object: listings of it are slow, and so are recovery and scrubbing "
                    + "on its OSDs. Its entries are sound.")
        }
    }

    /// Returns whether a directory may be empty: a holding between its first and its last entry, or
    /// a part of a repository that is reported as empty.
    private func isExcused(_ path: StoragePath) -> Bool {
        run.paths.holdings.contains { path.isBelow($0) || path == $0 } || run.facts.isOfEmptyRepository(path)
    }

    private func suspicion(of number: Number) -> (Suspicion, modified: UInt32)? {
        let facts = directories.facts(number)
        let parent = directories.parent(number)
        let parentIsThere = parent == 0 || directories.facts(parent).contains(.isThere)
        if facts.contains(.isThere) {
            guard facts.contains(.hasKeys) else {
                // Unlisted directories below it are reported instead.
                return nearest(below: number).isEmpty ? (.empty, directories.modified(number)) : nil
            }
            // If the object of the parent is gone, the parent is reported instead.
            guard !facts.contains(.isListed), parentIsThere else { return nil }
            return (.unlisted([directories.path(number)]), directories.modified(number))
        }
        guard parentIsThere else { return nil }
        let below = nearest(below: number)
        let newest = below.map { directories.modified($0) }.max() ?? directories.modified(parent)
        if facts.contains(.isListed) { return (.missing(below.map { directories.path($0) }), newest) }
        return below.isEmpty ? nil : (.unlisted(below.map { directories.path($0) }), newest)
    }

    /// Returns the nearest directories with entries below a directory without an object.
    private func nearest(below number: Number) -> [Number] {
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

    // MARK: - Lost tags

    /// Returns whether the directory of a tag has lost its current link, and no unlisted directory
    /// may have it. The tag is the problem then, not its directory.
    func isLostTag(_ tag: Number) -> Bool {
        let facts = directories.facts(tag)
        guard facts.contains(.isListed), directories.facts(directories.parent(tag)).contains(.isThere),
            facts.contains(.isThere) || nearest(below: tag).isEmpty
        else { return false }
        guard let current = directories.find("current", in: tag) else { return true }
        guard run.inventory.file("link", in: current) == nil else { return false }
        // Unlisted directories, this one or some below it, are reported instead.
        let own = directories.facts(current)
        if own.contains([.isThere, .hasKeys]) { return own.contains(.isListed) }
        return nearest(below: current).isEmpty
    }

    /// Returns whether a directory is that of a lost tag, or of its current link.
    private func isOfLostTag(_ path: StoragePath) -> Bool {
        guard let tag = run.paths.tag(of: path), let name = run.paths.repositoryName(of: path),
            let directory = run.paths.tag(name, tag),
            path == directory || path == run.paths.currentLink(name, tag: tag)?.parent
        else { return false }
        return directories.find(directory).map(isLostTag) ?? false
    }

    // MARK: - Confirmation

    private func unlisted(_ path: StoragePath, _ below: [StoragePath]) async throws -> Problem? {
        let entry = try await storage.entry(path)
        if case .directory = entry?.kind { return nil }
        guard try await haveEntries(below) else { return nil }
        var detail =
            "The directory has entries, but its parent does not list it: its content can be read by its exact path, and no listing "
            + "shows it."
        if below != [path] {
            detail =
                "The object of the directory and its key in the parent are gone, while \(below.count) directories below it have entries: "
                + "no listing shows them."
        }
        var repair: Repair? = .relink(below)
        if entry != nil {
            repair = nil
            detail += " It cannot be listed beside a file of the same name: move or delete one of them."
        }
        return Problem(
            kind: .unlistedDirectory, severity: .error, path: path, object: StorageReader.directory(path),
            detail: detail, repair: repair)
    }

    private func missing(_ path: StoragePath, _ below: [StoragePath]) async throws -> Problem? {
        guard case .directory = try await storage.entry(path)?.kind else { return nil }
        let object = StorageReader.directory(path)
        guard try await storage.objects.read(.stat, of: object) == nil else { return nil }
        if try await haveEntries(below) {
            return Problem(
                kind: .missingDirectory, severity: .error, path: path, object: object,
                detail:
                    "The directory is listed, but its object is gone, while \(below.count) directories below it have entries: no listing "
                    + "shows them. Files in the directory itself are lost.",
                repair: .relink(below))
        }
        return Problem(
            kind: .missingDirectory, severity: .info, path: path, object: object,
            detail:
                "The directory is listed, but has no object: it looks empty, and the registry fails with an error when it lists it.",
            repair: .prune(path))
    }

    private func haveEntries(_ paths: [StoragePath]) async throws -> Bool {
        for path in paths {
            let state = try await storage.objects.read(
                ReadOperation(omap: .page(after: nil, limit: 1)), of: StorageReader.directory(path))
            if state?.omap.isEmpty == false { return true }
        }
        return false
    }

    private func empty(_ path: StoragePath) async throws -> Problem? {
        let object = StorageReader.directory(path)
        let state = try await storage.objects.read(ReadOperation(omap: .page(after: nil, limit: 1)), of: object)
        guard let state, state.omap.isEmpty, state.size == 0 else { return nil }
        return Problem(
            kind: .emptyDirectory, severity: .waste, path: path, object: object,
            detail: "The directory is empty: its object is of no use, and listings still show its name.",
            repair: .prune(path))
    }
}

/// Reports the keys and the objects that the driver's rules do not allow.
struct StrayCheck: Sendable {
    let run: FsckRun

    func check() async throws {
        // A directory named `..` has a key and an object. The key is reported.
        let keys = Set(
            run.inventory.strays.compactMap { stray in
                stray.entry.map { stray.object.name.bytes + (stray.object.name == "/" ? [] : [0x2f]) + $0.key.bytes }
            })
        let strays = run.inventory.strays.filter { $0.entry != nil || !keys.contains($0.object.name.bytes) }
        try await run.confirm(strays, "objects of others") { stray in
            if let entry = stray.entry { try await badName(stray, entry) } else { try await foreign(stray) }
        }
    }

    private func foreign(_ stray: InventoryStray) async throws -> Problem? {
        guard try await run.storage.objects.read(.stat, of: stray.object) != nil else { return nil }
        let breaksRule = stray.object.namespace.isEmpty && stray.object.name.bytes.first == UInt8(ascii: "/")
        return Problem(
            kind: .foreignObject, severity: .info, object: stray.object,
            detail: "The object does not belong to the registry: \(stray.reason). Regtop does not touch it"
                + (breaksRule ? ", nor the chunks that it may refer to." : "."))
    }

    private func badName(_ stray: InventoryStray, _ entry: OmapEntry) async throws -> Problem? {
        let present = try await run.storage.objects.read(
            ReadOperation(omap: .keys([entry.key])), of: stray.object)
        guard present?.omap.first?.value == entry.value else { return nil }
        return Problem(
            kind: .badName, severity: .error,
            path: stray.object.name.string.flatMap { try? StoragePath($0) }, object: stray.object,
            detail:
                "The directory has an entry \(ByteString(bytes: entry.key.bytes.prefix(200))) that regtop does not follow: \(stray.reason). "
                + "An old registry may follow it when it deletes the directory, and delete far more.",
            repair: .removeKey(stray.object, key: entry.key, value: entry.value))
    }
}
