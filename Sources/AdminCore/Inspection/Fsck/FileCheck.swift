import Amounts
import ObjectStore
import Registry
import StorageDriver

/// Compares the references to files with the chunks that are there.
struct FileCheck: Sendable {
    let run: FsckRun

    private var storage: StorageReader { run.storage }
    private var paths: RegistryPaths { run.paths }

    func check() async throws {
        try await run.confirm(run.facts.doubles, "double references") { try await double($0) }
        let faults = FaultCheck(registry: run.registry) { run.facts.isOfEmptyRepository($0) }
        try await run.confirm(run.facts.faults, "files") { try await faults.problem(of: $0) }
        try await run.confirm(run.facts.orphans, "orphans") { try await orphan($0) }
    }

    // MARK: - References

    private func double(_ suspect: FsckFacts.Double) async throws -> Problem? {
        let present = try await concurrentMap(suspect.paths, window: storage.window) { path in
            try await storage.value(at: path) == suspect.blob.value ? path : nil
        }.compactMap(\.self).sorted()
        guard present.count > 1, let first = present.first else { return nil }
        let kept = present.first { paths.file(at: $0)?.isBlob == true }
        let uploads = present.filter { paths.file(at: $0)?.isUpload == true }
        if let kept, uploads.count == 1, let upload = uploads.first, present.count == 2 {
            return Problem(
                kind: .doubleReference, severity: .error, path: upload, blob: suspect.blob,
                object: StorageReader.directory(upload.parent),
                detail:
                    "A finished upload still names the chunks of the blob \(kept). The blob can be pulled until the registry purges old "
                    + "uploads, which deletes the blob as well.",
                repair: .dropUploadKey(upload, suspect.blob, kept: kept))
        }
        return Problem(
            kind: .doubleReference, severity: .error, path: first, blob: suspect.blob,
            object: StorageReader.directory(first.parent),
            detail:
                "Several paths name the same chunks: \(present.map(\.string).joined(separator: " and ")). Deleting one of them deletes "
                + "the content of all.")
    }

    private func orphan(_ orphan: FsckFacts.Orphan) async throws -> Problem? {
        // A collection, or a client that gave up, may have removed the chunks meanwhile.
        guard try await storage.objects.read(.stat, of: orphan.blob.chunk(orphan.first)) != nil else { return nil }
        let chunks = orphan.chunks == 1 ? "this chunk" : "these \(AmountText.count(orphan.chunks)) chunks"
        return Problem(
            kind: .orphanBlob, severity: .waste, blob: orphan.blob, object: orphan.blob.chunk(orphan.first),
            detail: "Nothing refers to \(chunks) of \(AmountText.bytes(orphan.bytes)). A collection frees the space.")
    }
}
