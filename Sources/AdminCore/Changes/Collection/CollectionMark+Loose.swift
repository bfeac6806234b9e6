import Foundation

// What nothing needs: how much it is, how old, and what a second enumeration finds that needs it after all.

extension CollectionMark {
    /// Reads the size and the age of every blob that nothing needs, and of needed ones whose size is not known.
    mutating func weigh(_ progress: ProgressHandler?) async throws {
        let loose = index.digests.keys.indices.filter {
            !index.marks[$0].contains(.needed) && index.blob(at: $0) != nil
        }
        let counter = ProgressCounter(
            phase: "weighing blobs", total: UInt64(loose.count + unsized.count), handler: progress)
        for wave in waves(loose.count) {
            let slice = loose[wave].compactMap { ordinal in
                index.blob(at: ordinal).map { (ordinal, index.digests.keys[ordinal], $0) }
            }
            let found = try await concurrentMap(slice, window: storage.window) {
                [reader, index] ordinal, digest, blob in
                (ordinal, try await reader.weight(of: blob, digest, through: index.lastChunk(of: blob)))
            }
            for (ordinal, weight) in found {
                if let obstacle = weight.obstacle {
                    unweighed.append("\(paths.blob(index.digests.keys[ordinal])) \(obstacle)")
                }
                guard weight.obstacle == nil else { continue }
                unneededBytes = addingCapped(unneededBytes, weight.bytes)
                guard !weight.isYoung, let blob = index.blob(at: ordinal), !index.isReferredTwice(blob) else {
                    continue
                }
                index.marks[ordinal].insert(.candidate)
                candidates.append(Candidate(ordinal: ordinal, bytes: weight.bytes))
            }
            counter.advance(by: UInt64(slice.count))
        }
        overlong += unsized.filter { index.hasChunk(at: $0, behind: 0) }
        for wave in waves(unsized.count) {
            let sought = unsized[wave].compactMap { index.blob(at: $0) }
            let sizes = try await concurrentMap(sought, window: storage.window) { [storage, reader] blob in
                try await reader.naming {
                    Result<UInt64, StoreError>.failure($0)
                } reading: {
                    .success(try await storage.head(of: blob).sizeOrLength)
                }
            }
            for size in sizes {
                switch size {
                case .success(let bytes): neededBytes = addingCapped(neededBytes, bytes)
                case .failure: break
                }
            }
            counter.advance(by: UInt64(sought.count))
        }
        unsized = []
        for quarantine in index.quarantines {
            for case .blob(let digest) in quarantine.entries.compactMap({ paths.file(at: $0.origin) }) {
                let ordinal = index.ordinal(digest)
                if !index.marks[ordinal].contains(.needed) { index.marks[ordinal].insert(.candidate) }
            }
        }
    }

    /// Bytes that the pool holds of an identifier: the same whether it is noted, taken or freed.
    func heldBytes(of blob: BlobIdentifier) async throws -> UInt64 {
        try await storage.heldBytes(of: blob, through: index.lastChunk(of: blob))
    }

    /// Whoever pushes now has linked what it needs, or will: young links to layers and to what tags named keep what nothing else does. One
    /// more enumeration, and reads of links to candidates only. Chunks that nothing refers to are met on the way, and those behind the
    /// ends of files.
    mutating func lookAgain(_ ends: [BlobIdentifier: FileEnd], _ progress: ProgressHandler?) async throws {
        let hasCandidates = index.marks.contains { $0.contains(.candidate) }
        guard index.hasOrphans || hasCandidates || !ends.isEmpty else { return }
        let scan = try await PoolScan(
            storage.objects, .namespace(""), phase: "looking for young links", progress: progress)
        let found = SecondLook()
        // Registry 2.1.0 linked manifests among the layers: what nothing needs may be one, whether or not it is young.
        let manifests = Memo<Digest, MarkReader.Among> { [index, reader] digest in
            guard let ordinal = index.digests.ordinal(of: digest) else { return .somethingElse }
            let (placed, held) = (index.blob(at: ordinal), index.heldBlob(at: ordinal))
            guard placed != nil || held != nil else { return .somethingElse }
            return try await reader.manifestAmongLayers(digest, placed, held)
        }
        try await scan.forEachPage { [index, reader, storage] page in
            let met = try await concurrentMap(page, window: scan.window) { object -> SecondLook.Finding? in
                if let (blob, number) = BlobIdentifier.parse(chunkName: object.name) {
                    let isSurplus = ends[blob].map { number > 0 && UInt64(number) >= $0.chunks } ?? false
                    guard isSurplus || index.isOrphan(blob),
                        let chunk = try await storage.objects.read(.stat, of: object)
                    else { return nil }
                    let stray = SecondLook.Stray(bytes: chunk.size, isYoung: reader.isYoung(chunk.modified))
                    return isSurplus ? .surplus(blob, stray) : .orphan(blob, stray)
                }
                return try await reader.lateLink(in: object, index, manifests: manifests)
            }
            await found.add(met.compactMap(\.self))
        }
        for digest in await found.layers { need(digest) }
        for digest in await found.manifests { needManifest(digest) }
        for (link, why) in await found.unreadable { pin(link, "\(link) leads to a blob that cannot be read: \(why)") }
        orphans = await found.orphans.filter { !$0.value.isYoung }.map { ($0.key, $0.value.bytes) }
        surplus = await found.surplus.filter { !$0.value.isYoung }.compactMap { blob, stray in
            ends[blob].map { SurplusChunks(path: $0.path, blob: blob, bytes: stray.bytes) }
        }
    }

    /// What remains when everything needed is known.
    mutating func settle() {
        candidates.removeAll { index.marks[$0.ordinal].contains(.needed) }
        candidates.sort { index.digests.keys[$0.ordinal] < index.digests.keys[$1.ordinal] }
        if options.untagged {
            untagged = revisions.filter { !index.isNeeded($0.digest) }.compactMap {
                $0.link.map { index.revisions[$0] }
            }
        }
        if let list = options.inUse { notes.append(list.report(linesInUse)) }
        if missing > 0 {
            notes.append(
                "\(missing) of the manifests that something names are not there; what they named is not known any more")
        }
        for (repository, reasons) in pins.sorted(by: { $0.key < $1.key }) {
            guard let name = paths.repositoryName(of: repository.appending(.literal("_layers"))) else { continue }
            let more = reasons.count > 1 ? " (and \(reasons.count - 1) more like it)" : ""
            notes.append("everything that \(name) links to is kept: \(reasons.min() ?? "")\(more)")
        }
        if let first = unweighed.min() {
            let more = unweighed.count > 1 ? " (and \(unweighed.count - 1) more like it)" : ""
            notes.append("\(first)\(more): it stays where it is; see regtop fsck")
        }
    }
}
