import AdminCore

/// A store that is always equally busy and equally big (in which order pages were filled decides on how many there are), so that headers can be compared.
struct SteadyReader: ObjectReader {
    let base: any ObjectReader

    var load: StoreLoad { StoreLoad(inFlight: 0, limit: 128, latency: 0.0004) }

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        try await base.read(operation, of: object)
    }

    func enumerate(_ scope: NamespaceScope, slices: Int) async throws -> [ObjectCursor] {
        try await base.enumerate(scope, slices: slices)
    }

    func placement(of object: ObjectID) async throws -> Placement? { try await base.placement(of: object) }

    func status() async throws -> StoreStatus {
        var status = try await base.status()
        status.bytesUsed = 12 << 20
        return status
    }
}
