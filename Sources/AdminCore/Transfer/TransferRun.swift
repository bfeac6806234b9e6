import ObjectStore
import Registry
import StorageDriver
import Foundation
import Synchronization

/// The engine of a transfer: blobs, then links to blobs, then links to manifests, then tags. A
/// reader of the target sees only whole images at any moment.
struct TransferRun: Sendable {
    let source: RegistryReader
    let plan: TransferPlan
    let sink: any TransferSink
    let options: Transfer.Options

    /// The bytes of blobs in memory at once. A blob counts with the pieces that its reader reads
    /// ahead. While it receives, librados holds as much again.
    private static let memory: UInt64 = 24 << 20
    /// The number of blobs that are copied at once, if they are small.
    private static let window = 48
    /// The size up to which a blob is held in memory before it goes into a stream, in bytes.
    private static let heldInMemory: UInt64 = 4 << 20

    /// The result of copying one blob.
    fileprivate enum Copy: Sendable {
        case present
        case copied(UInt64)
        /// The blob was not published: the end of a sentence.
        case refused(String)
    }

    /// One of the two works on a blob.
    private enum Step: Sendable {
        case write(Digest, UInt64)
        case publish(Digest)

        var digest: Digest {
            switch self {
            case .write(let digest, _), .publish(let digest): digest
            }
        }
    }

    /// Drafts that are complete and proven, and not yet published.
    private final class OpenDrafts: Sendable {
        private let drafts = Mutex<[Digest: (draft: any BlobDraft, size: UInt64)]>([:])

        func add(_ draft: any BlobDraft, of digest: Digest, size: UInt64) {
            drafts.withLock { $0[digest] = (draft, size) }
        }

        func publish(_ digest: Digest) async throws -> Copy? {
            guard let (draft, size) = drafts.withLock({ $0.removeValue(forKey: digest) }) else { return nil }
            try await draft.publish()
            return .copied(size)
        }

        /// Discards all of them: the transfer has failed.
        func discard() async {
            let left = drafts.withLock { drafts in
                defer { drafts = [:] }
                return drafts.values.map(\.draft)
            }
            for draft in left { await draft.discard() }
        }
    }

    func run(progress: ProgressHandler?) async throws -> TransferReport {
        var report = TransferReport()
        let counter = ProgressCounter(phase: "copying", unit: .bytes, total: plan.bytes, handler: progress)
        try await copy(plan.blobs.sorted { $0.key < $1.key }, counter, &report)
        try await sink.settle()
        let repositories = whole(plan.repositories, &report)
        // A collection at the target may have taken blobs meanwhile, since nothing named them yet.
        try await copyAgain(repositories, counter, &report)
        let links = ProgressCounter(phase: "linking", total: UInt64(repositories.count), handler: progress)
        for repository in repositories {
            try Task.checkCancellation()
            try await sink.linkBlobs(of: repository)
        }
        try await sink.settle()
        for repository in repositories {
            try Task.checkCancellation()
            try await sink.linkManifests(of: repository)
            links.advance()
        }
        try await sink.settle()
        for repository in repositories {
            try Task.checkCancellation()
            let left = try await sink.tag(repository, plan)
            report.leftOut += left
            report.tags += repository.tags.count - left.count
        }
        try await sink.settle()
        try await copyAgain(repositories, counter, &report)
        if !plan.removals.isEmpty {
            try await sink.remove(plan.removals)
            report.removed = plan.removals
            try await sink.settle()
        }
        return report
    }

    // MARK: - Blobs

    private func copy(
        _ blobs: [(key: Digest, value: UInt64)], _ counter: ProgressCounter, _ report: inout TransferReport
    ) async throws {
        if sink.isStream { return try await stream(blobs, counter, &report) }
        var open = blobs[...]
        var (inMemory, complete): (UInt64, [Digest]) = (0, [])
        var copied = report
        let drafts = OpenDrafts()
        do {
            // A blob that is only being flushed takes no memory, so that others are read meanwhile.
            try await concurrentWork(window: TransferRun.window) { underWay -> Step? in
                if let digest = complete.popLast() { return .publish(digest) }
                guard let (digest, size) = open.first else { return nil }
                guard underWay == 0 || inMemory + memory(of: size) <= TransferRun.memory else { return nil }
                inMemory += memory(of: size)
                open = open.dropFirst()
                return .write(digest, size)
            } perform: { (step: Step) -> (Step, Copy?) in
                switch step {
                case .write(let digest, let size): (step, try await write(digest, size, counter, into: drafts))
                case .publish(let digest): (step, try await drafts.publish(digest))
                }
            } take: { (step: Step, result: Copy?) in
                if case .write(let digest, let size) = step {
                    inMemory -= memory(of: size)
                    if result == nil { complete.append(digest) }
                }
                if let result { copied.take(step.digest, result) }
            }
        } catch {
            await drafts.discard()
            throw error
        }
        report = copied
    }

    /// The bytes that a blob of this size has in memory at once.
    private func memory(of size: UInt64) -> UInt64 {
        min(UInt64(FilePieces.readAhead) * source.storage.chunkSize, size)
    }

    /// Writes a blob into a draft. Returns nil if the draft is complete and proven, else what was
    /// done instead.
    private func write(
        _ digest: Digest, _ size: UInt64, _ counter: ProgressCounter, into drafts: OpenDrafts
    ) async throws -> Copy? {
        if try await sink.holds(digest, size: size, hashing: options.verifiesExisting) {
            counter.advance(by: size)
            return .present
        }
        let content: BlobContent
        switch try await open(digest, size) {
        case .failure(let reason): return .refused(reason.text)
        case .success(let opened): content = opened
        }
        let draft = try await sink.draft(digest, size: content.size, modified: content.modified)
        do {
            if let reason = try await pass(content, of: digest, counter, to: draft) {
                await draft.discard()
                return .refused(reason)
            }
        } catch {
            await draft.discard()
            throw error
        }
        drafts.add(draft, of: digest, size: content.size)
        return nil
    }

    /// A stream takes nothing back, so each blob is proven before its first byte: small ones in
    /// memory, large ones by reading them twice. The blobs come in the order of their digests, so
    /// that equal plans give equal archives.
    private func stream(
        _ blobs: [(key: Digest, value: UInt64)], _ counter: ProgressCounter, _ report: inout TransferReport
    ) async throws {
        let ahead = 8
        var (next, written) = (0, 0)
        var waiting: [Int: Result<(BlobContent, [UInt8]?), Refusal>] = [:]
        var result = report
        try await concurrentWork(window: ahead) { _ in
            guard next < blobs.count, next < written + ahead else { return nil }
            defer { next += 1 }
            return next
        } perform: { (index: Int) in
            (index, try await proven(blobs[index].key, blobs[index].value, counter))
        } take: { (index: Int, proven: Result<(BlobContent, [UInt8]?), Refusal>) in
            waiting[index] = proven
            while let proven = waiting.removeValue(forKey: written) {
                let digest = blobs[written].key
                result.take(digest, try await append(proven, digest, counter))
                written += 1
            }
        }
        report = result
    }

    /// Appends a proven blob to a stream.
    private func append(
        _ proven: Result<(BlobContent, [UInt8]?), Refusal>, _ digest: Digest, _ counter: ProgressCounter
    ) async throws -> Copy {
        let (content, bytes): (BlobContent, [UInt8]?)
        switch proven {
        case .failure(let reason): return .refused(reason.text)
        case .success(let found): (content, bytes) = found
        }
        let draft = try await sink.draft(digest, size: content.size, modified: content.modified)
        if let bytes {
            try await draft.write(bytes)
        } else if let reason = try await pass(content, of: digest, counter, to: draft) {
            throw StoreError(
                .inputOutput, operation: "write the archive",
                reason: "the blob \(digest) \(reason), though it was whole a moment before: begin again")
        }
        try await draft.publish()
        return .copied(content.size)
    }

    private func proven(
        _ digest: Digest, _ size: UInt64, _ counter: ProgressCounter
    ) async throws -> Result<(BlobContent, [UInt8]?), Refusal> {
        switch try await open(digest, size) {
        case .failure(let reason): return .failure(reason)
        case .success(let content):
            let isSmall = content.size <= TransferRun.heldInMemory
            let memory = isSmall ? MemoryDraft() : nil
            if let reason = try await pass(content, of: digest, isSmall ? counter : nil, to: memory) {
                return .failure(Refusal(text: reason))
            }
            return .success((content, memory?.bytes))
        }
    }

    // MARK: - One blob

    /// A blob of the source that was opened.
    private struct BlobContent: Sendable {
        /// The bytes of the source; nil for a document that a conversion made.
        let pieces: FilePieces?
        /// The bytes of such a document.
        var made: [UInt8]?
        let size: UInt64
        let modified: Date?
    }

    /// The reason why a blob is not copied, as the end of a sentence.
    private struct Refusal: Error {
        let text: String

        /// The refusal for an error of reading one blob.
        ///
        /// - Throws: the error itself, if it concerns the whole source.
        init(_ error: any Error) throws {
            switch error {
            case StorageError.notFound: text = "is gone"
            case let error as StorageError: text = "cannot be read: \(error)"
            case let error as StoreError where error.kind == .inputOutput: text = "cannot be read: \(error)"
            default: throw error
            }
        }

        init(text: String) { self.text = text }
    }

    private func open(_ digest: Digest, _ size: UInt64) async throws -> Result<BlobContent, Refusal> {
        if let made = plan.made[digest] {
            return .success(BlobContent(pieces: nil, made: made, size: UInt64(made.count), modified: nil))
        }
        let path = source.paths.blob(digest)
        do {
            let known = plan.files[digest]
            var blob: BlobIdentifier
            if let known { blob = known } else { blob = try await source.storage.blob(path) }
            var (head, first) = try await source.storage.opening(of: blob, expecting: size)
            if known != nil, head.state != .sound {
                // The file may have been replaced since the plan.
                blob = try await source.storage.blob(path)
                (head, first) = try await source.storage.opening(of: blob, expecting: size)
            }
            guard head.state == .sound else { return .failure(Refusal(text: BlobFinding(head, of: digest).reason)) }
            let pieces = source.storage.pieces(of: blob, head: head, first: first, from: 0, at: path)
            return .success(BlobContent(pieces: pieces, size: head.sizeOrLength, modified: head.modified))
        } catch {
            return .failure(try Refusal(error))
        }
    }

    /// Passes the bytes of a blob to a draft and hashes them on the way. Returns the reason why the
    /// draft must not be published; nil if the bytes have the digest.
    private func pass(
        _ content: BlobContent, of digest: Digest, _ counter: ProgressCounter?, to draft: (any BlobDraft)?
    ) async throws -> String? {
        guard var hash = ContentHash(like: digest) else { return "has a digest of an unknown algorithm" }
        var pieces = content.pieces?.makeAsyncIterator()
        var made = content.made
        while true {
            try Task.checkCancellation()
            let piece: [UInt8]
            do {
                if let document = made.take() {
                    piece = document
                } else if let next = try await pieces?.next() {
                    piece = next
                } else {
                    break
                }
            } catch {
                return try Refusal(error).text
            }
            hash.update(piece)
            try await draft?.write(piece)
            counter?.advance(by: UInt64(piece.count))
        }
        let found = hash.digest()
        return found == digest ? nil : "does not have its digest; its bytes have \(found)"
    }

    /// Copies the blobs of these repositories that the target has lost.
    private func copyAgain(
        _ repositories: [TransferPlan.Repository], _ counter: ProgressCounter, _ report: inout TransferReport
    ) async throws {
        guard !sink.isStream else { return }
        let needed = Set(
            repositories.flatMap { ($0.layers + $0.revisions + $0.signatures.values.joined()).map(\.content) })
        let lost = try await concurrentMap(needed, window: 64) { digest -> (key: Digest, value: UInt64)? in
            guard let size = plan.blobs[digest] else { return nil }
            return try await sink.holds(digest, size: size, hashing: false) ? nil : (digest, size)
        }.compactMap(\.self)
        guard !lost.isEmpty else { return }
        try await copy(lost.sorted { $0.key < $1.key }, counter, &report)
        try await sink.settle()
        for (digest, _) in lost {
            if let reason = report.refused[digest] {
                throw StoreError(
                    .inputOutput, operation: "copy", reason: "the target has lost the blob \(digest), which \(reason)")
            }
        }
    }

    // MARK: - Images without refused blobs

    /// The repositories without the images that need a refused blob.
    private func whole(
        _ repositories: [TransferPlan.Repository], _ report: inout TransferReport
    ) -> [TransferPlan.Repository] {
        guard !report.refused.isEmpty else { return repositories }
        var faults: [Digest: Digest?] = [:]
        return repositories.map { repository in
            var part = repository
            part.tags = repository.tags.filter { tag in
                guard let fault = fault(of: tag.digest, report.refused, &faults) else { return true }
                report.leftOut.append(
                    .init(
                        target: "\(repository.name):\(tag.name)",
                        reason: "The blob \(fault) \(report.refused[fault] ?? "is missing")."))
                return false
            }
            part.untagged = repository.untagged.filter { digest in
                guard let fault = fault(of: digest, report.refused, &faults) else { return true }
                report.leftOut.append(
                    .init(
                        target: "\(repository.name)@\(digest)",
                        reason: "The blob \(fault) \(report.refused[fault] ?? "is missing")."))
                return false
            }
            part.revisions = repository.revisions.filter { fault(of: $0.digest, report.refused, &faults) == nil }
            part.layers = repository.layers.filter { report.refused[$0.content] == nil }
            part.signatures = repository.signatures.mapValues { $0.filter { report.refused[$0.content] == nil } }
            let kept = Set(part.revisions.map(\.digest))
            part.signatures = part.signatures.filter { kept.contains($0.key) }
            part.tags = part.tags.map { tag in
                .init(
                    name: tag.name, digest: tag.digest, modified: tag.modified,
                    history: tag.history.filter(kept.contains))
            }
            return part
        }
    }

    /// A refused blob that a manifest needs; nil if there is none.
    private func fault(
        of digest: Digest, _ refused: [Digest: String], _ known: inout [Digest: Digest?]
    ) -> Digest? {
        if let fault = known[digest] { return fault }
        // A manifest that names itself, which only a damaged one can, ends here.
        known[digest] = .some(nil)
        var found: Digest?
        if refused[digest] != nil {
            found = digest
        } else if let image = plan.images[digest] {
            found = image.blobs.first { refused[$0] != nil }
            for child in image.children where found == nil { found = fault(of: child, refused, &known) }
        }
        known[digest] = .some(found)
        return found
    }

    /// A blob in memory.
    private final class MemoryDraft: BlobDraft, @unchecked Sendable {
        // One task writes, and hands the bytes on at its end.
        private(set) var bytes: [UInt8] = []

        func write(_ piece: [UInt8]) async throws { bytes += piece }
        func publish() async throws {}
        func discard() async {}
    }
}

extension TransferReport {
    fileprivate mutating func take(_ digest: Digest, _ copy: TransferRun.Copy) {
        switch copy {
        case .present: present += 1
        case .copied(let size):
            copied += 1
            bytes += size
        case .refused(let reason): refused[digest] = reason
        }
    }
}
