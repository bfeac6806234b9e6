/// Takes the bytes of a dump.
public protocol DumpSink: Sendable {
    /// Takes the next bytes; returns when there is room for more. Throws `StoreError`.
    func write(_ bytes: [UInt8]) async throws
}

/// Gives the bytes of a dump.
public protocol DumpSource: Sendable {
    /// The next bytes, at most about a MiB; none at the end. Throws `StoreError`.
    func read() async throws -> [UInt8]
}
