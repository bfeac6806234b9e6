#if RADOS
/// What librados is held to, from the options and from what it bears.
struct RadosBounds: Sendable {
    /// The most data bytes in flight at once: 64 MiB. Beyond 100 MiB librados would block the submitting thread.
    static let bytesInFlight = 64 << 20

    /// The most operations in flight at once, 1…512. Beyond 1024 librados would block the submitting thread.
    let inFlight: Int

    /// How long connecting and opening a pool may take.
    let connect: Duration

    /// How long one operation may go unanswered, in steps of a second; nil for ever.
    let operation: Duration?

    /// How long the monitors may take: never for ever, since a dead mgr behind them would keep a header empty.
    let command: Duration

    init(_ options: RadosOptions) {
        inFlight = min(max(options.inFlight, 1), 512)
        connect = .seconds(max(options.connectTimeout, 0.001))
        operation = options.operationTimeout.map { .seconds(max($0, 0.001)) }
        command = operation ?? connect
    }
}

extension Duration {
    /// The duration as a number of seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    /// Whole seconds, rounded up, at least one: what librados' timeouts take.
    var wholeSeconds: Int64 {
        max(1, components.seconds + (components.attoseconds > 0 ? 1 : 0))
    }
}
#endif
