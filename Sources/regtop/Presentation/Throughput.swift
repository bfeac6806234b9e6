/// How fast bytes come.
nonisolated enum Throughput {
    /// `85.2 MiB/s`; nil before anything can be said.
    static func text(_ bytes: UInt64, in elapsed: Duration) -> String? {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        guard seconds > 0.001, bytes > 0 else { return nil }
        return HumanText.bytes(UInt64(Double(bytes) / seconds)) + "/s"
    }
}
