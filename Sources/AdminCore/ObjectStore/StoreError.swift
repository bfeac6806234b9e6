import Foundation

/// Why an operation on a store did not do what was asked: what failed, on what, and why, as values.
///
/// "The object does not exist" is not an error of a read: it is the answer nil, and it is given only on a proven
/// ENOENT. Everything else throws.
public struct StoreError: Error, Hashable, Sendable {
    /// What kind of failure it was; what a caller may switch over.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The cluster cannot be reached, or did not answer in time while connecting.
        case unreachable
        /// No ceph.conf, no keyring, no such file: nothing to connect with.
        case notConfigured
        /// The cluster refused the key, or the client may not do this (EACCES, EPERM).
        case permissionDenied
        /// No such pool, or the pool was deleted meanwhile.
        case noSuchPool
        /// Nothing answered within the operation timeout (ETIMEDOUT).
        case timedOut
        /// The caller cancelled the task (ECANCELED).
        case cancelled
        /// No space left on the cluster, or the pool's quota is used up (ENOSPC, EDQUOT).
        case full
        /// The cluster has blocklisted this client, or the handle was shut down (ESHUTDOWN).
        case blocklisted
        /// An input or output error (EIO), or a damaged SQLite file.
        case inputOutput
        /// What was asked is not possible in this store: a name too long, an erasure-coded pool, a guard with an
        /// empty value.
        case invalid
        /// The store cannot list all of its objects: the pool has to do with a cache tier (`CacheTiering`).
        case incomplete
        /// The store's content changed again and again while it was being read.
        case busy
        /// Anything else; `errno` says what.
        case other
    }

    /// What kind of failure it was.
    public let kind: Kind

    /// What was being done, in words that fit "… failed": "read", "list objects", "connect".
    public let operation: String

    /// On which object, where there was one.
    public let object: ObjectID?

    /// The system's error number, positive; 0 if there was none.
    public let errno: Int32

    /// A sentence for people: the reason, without the operation and the object.
    public let reason: String

    /// An error of the given kind; see the properties.
    public init(_ kind: Kind, operation: String, object: ObjectID? = nil, errno: Int32 = 0, reason: String) {
        self.kind = kind
        self.operation = operation
        self.object = object
        self.errno = errno
        self.reason = reason
    }
}

extension StoreError {
    /// The error of every call to a store after `close()`.
    static func closed(_ operation: String, _ object: ObjectID? = nil) -> StoreError {
        StoreError(.blocklisted, operation: operation, object: object, reason: "the store was closed")
    }

    /// The error of a call whose task was cancelled before the store began with it.
    static func cancelled(_ operation: String, _ object: ObjectID? = nil) -> StoreError {
        StoreError(.cancelled, operation: operation, object: object, reason: "it was cancelled")
    }

    /// The system's text for an errno.
    static func systemText(_ number: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, strerror_r(number, start, buffer.count) == 0 else {
                return "unknown error \(number)"
            }
            return String(cString: start)
        }
    }
}

extension StoreError: CustomStringConvertible {
    /// One sentence: what failed, on what, why.
    public var description: String {
        let what = object.map { "\(operation) of \($0)" } ?? operation
        return errno == 0 ? "\(what) failed: \(reason)" : "\(what) failed: \(reason) (errno \(errno))"
    }
}
