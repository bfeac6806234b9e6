import Foundation

/// Which tree an intent was written for. A pool whose objects were removed and written anew (`rados rm`, and pushes after it) keeps what
/// lies in the namespace `regtop`: the journal then speaks of content that is gone, below paths that other content has by now.
///
/// The versions of the root's object and of the directory below it, `/docker`. RADOS never gives an object that is made anew a version
/// that it had before. A registry writes to both when its first file is written, and not again as long as there is anything in it.
struct Footing: Codable, Hashable, Sendable {
    /// The version of the object `/`; 0 if there was no tree yet.
    let root: UInt64
    /// The version of the object of the directory below it.
    let top: UInt64
}

extension StorageReader {
    /// The versions at this moment.
    func footing(below top: StoragePath) async throws -> Footing {
        guard let (root, below) = try await trunk(top) else { return Footing(root: 0, top: 0) }
        return Footing(root: root.version, top: below.version)
    }

    /// The objects of the root and of the directory below it; nil where one of the two is not there.
    private func trunk(_ top: StoragePath) async throws -> (root: ObjectState, top: ObjectState)? {
        let states = try await concurrentMap([.root, top], window: window) { directory in
            try await objects.read(.stat, of: StorageReader.directory(directory))
        }
        guard let root = states[0], let below = states[1] else { return nil }
        return (root, below)
    }

    /// Whether all that an intent speaks of is gone, so that nothing it could still do would concern what it was written for: its tree
    /// was made anew since, or removed, and none of its content is there. Such an intent is dropped.
    ///
    /// Of a move every identifier is looked for: at both of its places, and its chunk 0. Where one of them is there, nothing is dropped.
    func isGone(_ intent: Intent) async throws -> Bool {
        guard let top = intent.body.top, try await isElsewhere(intent, below: top) else { return false }
        switch intent.body {
        case .mark: return false
        case .directories, .watch: return true
        case .claims(let holding):
            guard try await objects.read(.stat, of: StorageReader.directory(holding)) == nil else { return false }
            return try await entry(holding) == nil
        case .move(let stages, _, _):
            return try await !concurrentMap(stages.joined(), window: window) { try await isAnywhere($0) }.contains(true)
        }
    }

    private func isAnywhere(_ file: FileMove) async throws -> Bool {
        if try await objects.read(.stat, of: file.blob.chunk(0)) != nil { return true }
        for path in [file.source, file.destination] {
            if try await value(at: path) == file.blob.value { return true }
        }
        return false
    }

    /// Whether the tree is another one by now than an intent was written for.
    private func isElsewhere(_ intent: Intent, below top: StoragePath) async throws -> Bool {
        guard let old = intent.head.footing else { return try await isYounger(than: intent, below: top) }
        guard old.root > 0 else { return false }
        let now = try await footing(below: top)
        if now.root > 0 { return now.root != old.root && now.top != old.top }
        // Emptied, and not filled again. Where only one of the two is gone something else has happened, which fsck has to say.
        return try await objects.read(.stat, of: StorageReader.directory(.root)) == nil
    }

    /// The same of an intent that does not say for which tree it was written, as those of older versions: by the dates.
    private func isYounger(than intent: Intent, below top: StoragePath) async throws -> Bool {
        let last = max(intent.head.begun, intent.heard ?? intent.head.begun)
        guard let made = try await made(below: top) else { return false }
        return made > last
    }

    /// Since when the tree has been there: the older one of the dates of the root and of the directory below it. nil if one is missing.
    func made(below top: StoragePath) async throws -> Date? {
        try await trunk(top).map { min($0.root.modified, $0.top.modified) }
    }
}

extension Intent.Body {
    /// The directory below the root in which everything lies that the intent names; nil if it names nothing, or something so near to the
    /// root that its own steps may have changed that directory.
    var top: StoragePath? {
        let directories: [StoragePath] =
            switch self {
            case .mark: []
            case .claims(let holding): [holding]
            case .watch(let watch): [watch.place]
            case .directories(let directories, _): directories
            case .move(let stages, _, _): stages.joined().flatMap { [$0.source.parent, $0.destination.parent] }
            }
        guard let first = directories.first?.components.first,
            directories.allSatisfy({ $0.components.count >= 4 && $0.components.first == first })
        else { return nil }
        return .literal(first)
    }
}
