/// "Something has changed", without saying what. Any number of pings before the next look are one.
nonisolated struct Ping: Sendable {
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Any thread.
    func send() {
        continuation.yield()
    }
}
