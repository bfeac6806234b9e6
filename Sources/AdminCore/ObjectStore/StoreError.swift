import Foundation

/// The failure of an operation on a store.
///
/// A missing object is no error of a read, which returns nil, but only on a proven ENOENT.
public struct StoreError: Error, Hashable, Sendable {
    /// A kind of failure.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The cluster cannot be reached, or did not answer in time while connecting.
        case unreachable
        /// There is no ceph.conf, no keyring, or no such file.
        case notConfigured
        /// The cluster refused the key or the operation (EACCES, EPERM).
        case permissionDenied
        /// There is no such pool, or it was deleted.
        case noSuchPool
        /// There was no answer within the operation timeout (ETIMEDOUT).
        case timedOut
        /// The task was cancelled (ECANCELED).
        case cancelled
        /// The cluster or the disk has no space left, or the quota is used up (ENOSPC, EDQUOT).
        case full
        /// The cluster has blocklisted this client, or the store was closed (ESHUTDOWN).
        case blocklisted
        /// An input or output error (EIO), or a damaged SQLite file.
        case inputOutput
        /// The store does not support the operation: a name is too long, the pool is erasure-coded,
        /// a guard has an empty value.
        case invalid
        /// The store cannot list all of its objects (`CacheTiering`).
        case incomplete
        /// The content changed again and again while it was read.
        case busy
        /// Another error; see `errno`.
        case other
    }

    /// The kind of the failure.
    public let kind: Kind

    /// The operation, in words that fit "… failed": "read", "list objects", "connect".
    public let operation: String

    /// The object, if any.
    public let object: ObjectID?

    /// The system's error number; 0 if there is none.
    public let errno: Int32

    /// The reason, as a sentence without the operation and the object.
    public let reason: String

    /// An error; see the properties.
    public init(_ kind: Kind, operation: String, object: ObjectID? = nil, errno: Int32 = 0, reason: String) {
        self.kind = kind
        self.operation = operation
        self.object = object
        self.errno = errno
        self.reason = reason
    }
}

extension StoreError.Kind {
    /// The kind of a failure of a local file.
    package static func ofFile(_ errno: Int32) -> StoreError.Kind {
        switch errno {
        case ENOSPC, EDQUOT: .full
        case EACCES, EPERM, EROFS: .permissionDenied
        case EIO: .inputOutput
        default: .other
        }
    }
}

extension StoreError {
    /// The error of every call to a store after `close()`.
    package static func closed(_ operation: String, _ object: ObjectID? = nil) -> StoreError {
        StoreError(.blocklisted, operation: operation, object: object, reason: "the store was closed")
    }

    /// The error of a call whose task was cancelled before the store began with it.
    package static func cancelled(_ operation: String, _ object: ObjectID? = nil) -> StoreError {
        StoreError(.cancelled, operation: operation, object: object, reason: "it was cancelled")
    }

    /// The system's text for an errno.
    package static func systemText(_ number: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, strerror_r(number, start, buffer.count) == 0 else {
                return "unknown error \(number)"
            }
            return String(cString: start)
        }
    }
}

extension StoreError: CustomStringConvertible {
    /// One sentence with the operation, the object and the reason.
    public var description: String {
        let what = object.map { "\(operation) of \($0)" } ?? operation
        return errno == 0 ? "\(what) failed: \(reason)" : "\(what) failed: \(reason) (errno \(errno))"
    }
}
