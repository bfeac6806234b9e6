import Foundation

/// The findings of the second enumeration of a mark.
actor SecondLook {
    enum Finding: Sendable {
        case layer(Digest)
        case manifest(Digest)
        /// A link to a blob that may be a manifest and cannot be read, with the reason.
        case unreadable(StoragePath, String)
        /// A chunk that nothing refers to.
        case orphan(BlobIdentifier, Stray)
        /// A chunk behind the end of its file.
        case surplus(BlobIdentifier, Stray)
    }

    /// Chunks of one identifier that are no part of anything.
    struct Stray: Sendable {
        var bytes: UInt64 = 0
        /// True if one of them was written within the grace window.
        var isYoung = false

        mutating func add(_ other: Stray) {
            bytes = addingCapped(bytes, other.bytes)
            isYoung = isYoung || other.isYoung
        }
    }

    private(set) var layers: Set<Digest> = []
    private(set) var manifests: Set<Digest> = []
    private(set) var unreadable: [(link: StoragePath, why: String)] = []
    private(set) var orphans: [BlobIdentifier: Stray] = [:]
    private(set) var surplus: [BlobIdentifier: Stray] = [:]

    func add(_ findings: [Finding]) {
        for finding in findings {
            switch finding {
            case .layer(let digest): layers.insert(digest)
            case .manifest(let digest): manifests.insert(digest)
            case .unreadable(let link, let why): unreadable.append((link, why))
            case .orphan(let blob, let stray): orphans[blob, default: Stray()].add(stray)
            case .surplus(let blob, let stray): surplus[blob, default: Stray()].add(stray)
            }
        }
    }
}
