import Foundation

/// Whether tests run in the long variant of `scripts/test --long`: more rounds, larger content.
enum LongVariants {
    static let areOn = ProcessInfo.processInfo.environment["REGTOP_TEST_LONG"] == "1"
}
