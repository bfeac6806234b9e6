import Foundation

/// A moment of the sample's history, in UTC, as the text that manifests and upload files hold and as a date.
struct SampleDate: Hashable, Sendable {
    /// RFC 3339, to the second.
    let text: String
    /// The same moment.
    let date: Date

    /// `year`-`month`-`day` of the proleptic Gregorian calendar, at `hour`:`minute`:`second`.
    init(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0) {
        func padded(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        text =
            "\(padded(year, 4))-\(padded(month))-\(padded(day))T\(padded(hour)):\(padded(minute)):\(padded(second))Z"
        // Years that begin in March have their leap day at the end, so the days before a month follow one formula.
        let marchYear = month > 2 ? year : year - 1
        let monthsSinceMarch = (month + 9) % 12
        let days =
            marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400
            + (monthsSinceMarch * 153 + 2) / 5 + day - 1
        let daysBefore1970 = 719_468
        date = Date(
            timeIntervalSince1970: Double((((days - daysBefore1970) * 24 + hour) * 60 + minute) * 60 + second))
    }
}
