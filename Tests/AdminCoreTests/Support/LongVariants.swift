import Foundation

/// Whether tests run as often, and on as much, as `scripts/test --long` wants it.
enum LongVariants {
    static let areOn = ProcessInfo.processInfo.environment["REGTOP_TEST_LONG"] == "1"
}
