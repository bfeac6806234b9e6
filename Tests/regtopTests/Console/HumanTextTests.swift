import Foundation
import Testing

@testable import SafeText

@Suite struct HumanTextTests {
    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_575, "1.0 MiB"), (4_194_304, "4.0 MiB"),
            (10_485_760, "10.0 MiB"), (UInt64.max, "16.0 EiB"),
        ] as [(UInt64, String)])
    func bytes(_ count: UInt64, _ text: String) {
        #expect(HumanText.bytes(count) == text)
    }

    @Test func counts() {
        #expect(HumanText.count(0) == "0")
        #expect(HumanText.count(999) == "999")
        #expect(HumanText.count(4_194_304) == "4,194,304")
        #expect(HumanText.count(-1234) == "-1,234")
        #expect(HumanText.count(1, "tag") == "1 tag")
        #expect(HumanText.count(1204, "tag") == "1,204 tags")
    }

    @Test func dates() {
        let date = Date(timeIntervalSince1970: 1_446_472_992)
        #expect(HumanText.day(date) == "2015-11-02")
        #expect(HumanText.second(date) == "2015-11-02 14:03:12Z" && HumanText.minute(date) == "2015-11-02 14:03Z")
    }

    @Test(arguments: [
        (0, "0 s"), (59, "59 s"), (60, "1 min"), (90, "1 min 30 s"), (601, "10 min"), (3600, "1 h"),
        (4800, "1 h 20 min"),
        (86400 * 4, "4 d"), (86400 * 729, "729 d"), (86400 * 730, "2 y"), (86400 * 3987, "10 y"), (-5, "0 s"),
    ])
    func durations(_ seconds: Int, _ text: String) {
        #expect(HumanText.duration(.seconds(seconds)) == text)
    }
}
