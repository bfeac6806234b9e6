import ObjectStore
import StorageDriver
import Foundation

/// A tree of files that a registry's storage driver could have written, read only: a directory of
/// the file system, or an OCI layout seen as a registry.
///
/// Concurrency: every method blocks and may be called from any thread.
protocol FileTree: Sendable {
    /// The name for people.
    var name: String { get }

    /// The child of a directory; nil if there is none.
    func child(_ name: String, of directory: StoragePath) throws -> FileNode?

    /// The names of the children of a directory; nil if there is no such directory.
    func children(of directory: StoragePath) throws -> [String]?
}

/// A child of a directory in a tree.
enum FileNode: Sendable {
    case directory
    case file(FileContent)
}

/// The content of a file in a tree.
enum FileContent: Sendable {
    /// A file of the file system.
    case stored([String], size: UInt64, modified: Date, in: ConfinedDirectory)
    /// Bytes that were made from an index.
    case text([UInt8], modified: Date)

    var size: UInt64 {
        switch self {
        case .stored(_, let size, _, _): size
        case .text(let bytes, _): UInt64(bytes.count)
        }
    }

    var modified: Date {
        switch self {
        case .stored(_, _, let modified, _), .text(_, let modified): modified
        }
    }

    func bytes(_ range: Range<UInt64>) throws -> [UInt8] {
        switch self {
        case .text(let bytes, _):
            let count = UInt64(bytes.count)
            return Array(bytes[Int(min(range.lowerBound, count))..<Int(min(range.upperBound, count))])
        case .stored(let components, _, _, let directory):
            guard let bytes = try directory.read(components, range) else {
                throw StoreError(
                    .inputOutput, operation: "read",
                    reason: "\(ByteString(components.joined(separator: "/"))) was removed meanwhile")
            }
            return bytes
        }
    }
}
