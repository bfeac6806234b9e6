import ObjectStore
package import Foundation

/// The tree for which an intent was written. If all objects of a pool are removed (`rados rm`) and
/// the pool is filled anew, the namespace `regtop` stays: then the journal names content that is
/// gone, at paths that belong to other content.
///
/// A footing holds the versions of the root's object and of the directory below it, `/docker`. In
/// RADOS a new object never has a version that an earlier one had. A registry writes to both
/// objects with its first file, and not again as long as it holds anything.
struct Footing: Codable, Hashable, Sendable {
    /// The version of the object `/`; 0 if there was no tree yet.
    let root: UInt64
    /// The version of the object of the directory below it.
    let top: UInt64
}

extension StorageReader {
    /// The current versions.
    func footing(below top: StoragePath) async throws -> Footing {
        guard let (root, below) = try await trunk(top) else { return Footing(root: 0, top: 0) }
        return Footing(root: root.version, top: below.version)
    }

    /// The objects of the root and of the directory below it; nil where one of the two is not
    /// there.
    private func trunk(_ top: StoragePath) async throws -> (root: ObjectState, top: ObjectState)? {
        let states = try await concurrentMap([.root, top], window: window) { directory in
            try await objects.read(.stat, of: StorageReader.directory(directory))
        }
        guard let root = states[0], let below = states[1] else { return nil }
        return (root, below)
    }

    /// True if everything that an intent names is gone: its tree was removed or made anew, and none
    /// of its content is there. Such an intent is dropped.
    ///
    /// For a move, looks for each identifier at both of its paths, and for its chunk 0. If one is
    /// found, the intent is kept.
    func isGone(_ intent: Intent) async throws -> Bool {
        guard let top = intent.body.top, try await isElsewhere(intent, below: top) else { return false }
        switch intent.body {
        case .mark: return false
        case .directories, .watch: return true
        case .claims(let holding):
            guard try await objects.read(.stat, of: StorageReader.directory(holding)) == nil else { return false }
            return try await entry(holding) == nil
        case .copy(let stages):
            let contents = Set(stages.joined().map(\.content))
            return try await !concurrentMap(contents, window: window) { try await value(at: $0) != nil }.contains(true)
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

    /// True if the intent was written for another tree.
    private func isElsewhere(_ intent: Intent, below top: StoragePath) async throws -> Bool {
        guard let old = intent.head.footing else { return try await isYounger(than: intent, below: top) }
        guard old.root > 0 else { return false }
        let now = try await footing(below: top)
        if now.root > 0 { return now.root != old.root && now.top != old.top }
        // The pool was emptied and not filled again. If only one of the two objects is gone, this
        // is damage for fsck to report.
        return try await objects.read(.stat, of: StorageReader.directory(.root)) == nil
    }

    /// True if the tree is younger than an intent without a footing, which an older version wrote.
    private func isYounger(than intent: Intent, below top: StoragePath) async throws -> Bool {
        let last = max(intent.head.begun, intent.heard ?? intent.head.begun)
        guard let made = try await made(below: top) else { return false }
        return made > last
    }

    /// The date of the tree: the earlier one of the dates of the root and of the directory below
    /// it. nil if one is missing.
    package func made(below top: StoragePath) async throws -> Date? {
        try await trunk(top).map { min($0.root.modified, $0.top.modified) }
    }
}

extension Intent.Body {
    /// The directory below the root that holds everything the intent names; nil if it names
    /// nothing, or if it names a path so near to the root that its own steps may have changed that
    /// directory.
    var top: StoragePath? {
        let directories: [StoragePath] =
            switch self {
            case .mark: []
            case .claims(let holding): [holding]
            case .watch(let watch): [watch.place]
            case .directories(let directories, _): directories
            case .copy(let stages): stages.joined().map(\.path.parent)
            case .move(let stages, _, _): stages.joined().flatMap { [$0.source.parent, $0.destination.parent] }
            }
        guard let first = directories.first?.components.first,
            directories.allSatisfy({ $0.components.count >= 4 && $0.components.first == first })
        else { return nil }
        return .literal(first)
    }
}
