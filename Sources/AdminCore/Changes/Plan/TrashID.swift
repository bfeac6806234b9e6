import Foundation

/// The id of one deletion in the trash, as in `20261124-234501-3f2a`: its time, and four digits or
/// more that tell it from others of that second. Ids sort by time, and can be typed.
public struct TrashID: Hashable, Sendable {
    /// The text, a valid component of a path.
    public let string: String

    init(_ string: String) { self.string = string }

    /// Returns so many ids of one moment, no two alike, ascending.
    static func make(count: Int, at moment: Date) -> [TrashID] {
        let time = moment.formatted(
            Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().time(includingFractionalSeconds: false)
                .dateSeparator(.omitted).timeSeparator(.omitted)
        ).replacing("T", with: "-").replacing("Z", with: "")
        // As many digits as all of them need, the first not 0: so text sorts as numbers do.
        let least = count < 0x8000 ? 0x1000 : 0x1000_0000
        let first = Int.random(in: least...(least * 16 - 1 - count))
        return (0..<count).map { TrashID("\(time)-\(String(first + $0, radix: 16))") }
    }
}

extension TrashID: CustomStringConvertible {
    /// The text.
    public var description: String { string }
}
