import Testing

@testable import Registry

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("0", 0), ("0s", 0), ("0h", 0), ("90s", 90), ("5m", 300), ("5min", 300), ("24h", 86_400), ("7d", 604_800),
            ("2W", 1_209_600), ("1y", 31_536_000), ("100Y", 3_153_600_000), ("0.5s", 0.5), ("1.5H", 5400),
        ] as [(String, Double)])
    func durations(_ text: String, _ seconds: Double) {
        #expect(Quantity.seconds(text) == seconds)
    }

    /// A number without a unit is refused: some people read it as seconds, others as days.
    @Test(arguments: ["", "s", "15", "0.5", "-5", "-1s", "5 s", "5x", "101y", "1e400", "..s", "1.2.3s", "\u{0661}s"])
    func invalidDurationsAreRefused(_ text: String) {
        #expect(Quantity.seconds(text) == nil)
    }

    @Test(
        arguments: [
            ("4194304", 4_194_304), ("4M", 4 << 20), ("4MiB", 4 << 20), ("500mb", 500 << 20), ("1G", 1 << 30),
            ("1.5G", 3 << 29), ("0", 0), ("7B", 7), ("2t", 2 << 40),
        ] as [(String, UInt64)])
    func sizes(_ text: String, _ bytes: UInt64) {
        #expect(Quantity.bytes(text) == bytes)
    }

    @Test(arguments: ["", "M", "-1", "4 M", "4X", "99999999999999999999", "99999999999T", "1.2.3G", "1e3"])
    func invalidSizesAreRefused(_ text: String) {
        #expect(Quantity.bytes(text) == nil)
    }

    @Test func printedQuantitiesParseToTheSameValue() {
        for (seconds, text) in [
            (0, "0s"), (59.9, "59s"), (60, "1m"), (5400, "90m"), (7200, "2h"), (259_200, "3d"), (604_800, "7d"),
        ] {
            #expect(Quantity.text(seconds: seconds) == text)
            #expect(Quantity.seconds(text) == seconds.rounded(.down))
        }
        for bytes in [0, 1, 1023, 1 << 10, 3 << 20, 5 << 40, .max] as [UInt64] {
            #expect(Quantity.bytes(Quantity.text(bytes: bytes)) == bytes)
        }
    }
}
