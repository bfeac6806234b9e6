/// Durations as an operator writes them: `15`, `90s`, `5m`, `24h`, `7d`, `1y`, also `0.5s`; plain numbers are seconds.
nonisolated enum DurationText {
    /// The seconds that the text says, above 0 (or 0 where that means something) and at most a hundred years; nil if it says none.
    static func parse(_ text: String, allowingZero: Bool = false) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), let factor = factor(text.dropFirst(digits.count)) else { return nil }
        let seconds = number * factor
        return (seconds > 0 || allowingZero && seconds == 0) && seconds <= 100 * 365 * 86_400 ? seconds : nil
    }

    /// In the largest unit of which it is so many, such as `7d`; a part of a second is left out.
    static func short(_ seconds: Double) -> String {
        let whole = Int(seconds)
        let unit = [("d", 86_400), ("h", 3600), ("m", 60)].first { whole > 0 && whole % $0.1 == 0 } ?? ("s", 1)
        return "\(whole / unit.1)\(unit.0)"
    }

    private static func factor(_ unit: Substring) -> Double? {
        switch unit {
        case "", "s": 1
        case "m", "min": 60
        case "h": 3600
        case "d": 86_400
        case "w": 7 * 86_400
        case "y": 365 * 86_400
        default: nil
        }
    }
}
