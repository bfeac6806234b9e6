import Registry
import StorageDriver

/// The departure of one link from its place, if it still is the plan's: the same identifier and,
/// for a tag's current link, the same digest.
///
/// A registry that moves a tag writes into the same identifier, and no guard shows that. So the
/// link is read once more after it has left, and put back if it has another digest
/// (docs/safety.md#trash-a-file).
struct LinkDeparture: Sendable {
    let driver: StorageDriver
    let paths: RegistryPaths

    private var links: LinkReader { RegistryReader(storage: driver.reader).links }

    enum Outcome: Sendable {
        /// The link has left.
        case left
        /// Another process replaced it: it stays.
        case changed
        /// It has left, and holds another digest than planned: a push overwrote it in place.
        case retagged
    }

    /// Drops a link. Returns false if it stays.
    func drop(_ link: ChangePlan.Link) async throws -> Bool {
        switch try await outcome(of: link, { try await driver.writer.exchange(link.blob, for: nil, at: link.path) }) {
        case .left: return true
        case .changed: return false
        case .retagged:
            _ = try await putBack(link)
            return false
        }
    }

    /// Moves a link to its entry in a holding. Returns false if it stays.
    func hold(_ link: ChangePlan.Link, by move: FileMove) async throws -> Bool {
        switch try await outcome(of: link, { try await driver.mover.leaveSource(move) }) {
        case .left: return true
        case .changed: return false
        case .retagged:
            // If another link is at the place by now, this one stays in the trash: nothing is lost.
            if try await putBack(link) {
                _ = try await driver.writer.exchange(link.blob, for: nil, at: move.destination)
            }
            return false
        }
    }

    /// Replaces a link, which is in a holding by now.
    func replace(_ link: ChangePlan.Link, by blob: BlobIdentifier) async throws -> Outcome {
        try await outcome(of: link) { try await driver.writer.exchange(link.blob, for: blob, at: link.path) }
    }

    /// Moves a link to its destination, where it stays even if it was retagged.
    func move(_ link: ChangePlan.Link) async throws -> Outcome {
        guard let move = link.fileMove(in: paths) else { return .changed }
        return try await outcome(of: link) { try await driver.mover.leaveSource(move) }
    }

    private func outcome(of link: ChangePlan.Link, _ leave: () async throws -> Bool) async throws -> Outcome {
        guard try await leave() else { return .changed }
        return try await isRetagged(link) ? .retagged : .left
    }

    private func isRetagged(_ link: ChangePlan.Link) async throws -> Bool {
        // A push may also have written into a link that the plan could not read.
        guard paths.currentTag(of: link.path) != nil else { return false }
        return try await links.read(link.blob, at: link.path).digest != link.digest
    }

    /// Puts a link back to its place. Returns false if another link is there.
    private func putBack(_ link: ChangePlan.Link) async throws -> Bool {
        guard try await driver.writer.publish([(link.path, link.blob)]).isEmpty else { return false }
        try await driver.writer.linkUp([link.path.parent])
        return true
    }
}

extension ChangePlan.Link {
    /// The move that this link stands for; nil if it is removed. A registry that has read the
    /// identifier of an upload may finish the upload meanwhile: then only the blob may keep the
    /// identifier.
    func fileMove(in paths: RegistryPaths) -> FileMove? {
        destination.map {
            FileMove(
                blob: blob, source: path, destination: $0, replaces: replaces,
                yields: paths.file(at: path)?.isUpload ?? false)
        }
    }
}
