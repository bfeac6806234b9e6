import Synchronization

/// The number of bytes that are read together with the head of a file whose size is not known: as
/// many as the last file had. Links and manifests are small, and a registry has thousands of them:
/// a first read of a whole chunk would reserve memory and operations in flight without need. Who
/// reads larger files usually reads several.
final class SizeExpectation: Sendable {
    private static let least: UInt64 = 64 << 10

    private let last = Atomic(SizeExpectation.least)

    /// The number of bytes to ask for; the caller limits it to a chunk.
    var bytes: UInt64 { last.load(ordering: .relaxed) }

    /// Notes the size of a file.
    func note(_ size: UInt64) {
        var bytes = SizeExpectation.least
        while bytes < size, bytes < 64 << 20 { bytes *= 2 }
        if bytes != self.bytes { last.store(bytes, ordering: .relaxed) }
    }
}
