/// A colour as a person names it; the palette finds the nearest colour of the terminal.
package nonisolated enum Colour: Hashable, Sendable {
    /// One of the 256 colours of xterm; the first 16 have names, and the terminal defines them.
    case indexed(UInt8)
    case rgb(UInt8, UInt8, UInt8)

    /// The names of the first 16 colours.
    package static let names =
        ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"].flatMap { [$0, "bright-" + $0] }

    /// Returns nil for a text that names no colour.
    init?(_ text: some StringProtocol) {
        if let position = Self.names.firstIndex(of: String(text)) {
            // The bright colours follow the others.
            self = .indexed(UInt8(position / 2 + position % 2 * 8))
        } else if text.first == "#" {
            let digits = text.dropFirst()
            guard digits.utf8.count == 6, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
                return nil
            }
            self = .rgb(UInt8(value >> 16), UInt8(value >> 8 & 0xff), UInt8(value & 0xff))
        } else {
            guard text.allSatisfy(\.isNumber), let number = UInt8(text) else { return nil }
            self = .indexed(number)
        }
    }

    /// Returns the number of the colour on a terminal; -1 if it has no colours.
    ///
    /// - Parameter colours: The number of colours of the terminal.
    func number(of colours: Int) -> Int32 {
        guard colours >= 8 else { return -1 }
        // A terminal of direct colours takes numbers below 8 as names.
        if colours >= 1 << 24 {
            if case .indexed(let number) = self, number < 8 { return Int32(number) }
            let (red, green, blue) = parts
            return max(8, Int32(red) << 16 | Int32(green) << 8 | Int32(blue))
        }
        if case .indexed(let number) = self {
            if Int(number) < colours { return Int32(number) }
            if number < 16 { return Int32(number) - 8 }
        }
        // The first 16 colours differ from terminal to terminal, so that 256 colours need none.
        let candidates = colours >= 256 ? 16...255 : 0...UInt8(colours >= 16 ? 15 : 7)
        func distance(_ number: UInt8) -> Int {
            let (one, other) = (parts, Colour.indexed(number).parts)
            let steps = [
                Int(one.red) - Int(other.red), Int(one.green) - Int(other.green), Int(one.blue) - Int(other.blue),
            ]
            return steps.reduce(0) { $0 + $1 * $1 }
        }
        return candidates.min { distance($0) < distance($1) }.map { Int32($0) } ?? -1
    }

    /// Red, green and blue, of the first 16 colours as xterm has them.
    var parts: (red: UInt8, green: UInt8, blue: UInt8) {
        switch self {
        case .rgb(let red, let green, let blue): return (red, green, blue)
        case .indexed(let number) where number >= 232:
            let grey = 8 + (number - 232) * 10
            return (grey, grey, grey)
        case .indexed(let number) where number >= 16:
            let levels: [UInt8] = [0, 95, 135, 175, 215, 255]
            let cube = Int(number) - 16
            return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
        case .indexed(7): return (192, 192, 192)
        case .indexed(8): return (128, 128, 128)
        case .indexed(let number):
            let level: UInt8 = number < 8 ? 128 : 255
            return (number & 1 != 0 ? level : 0, number & 2 != 0 ? level : 0, number & 4 != 0 ? level : 0)
        }
    }
}

/// The look of a style: colours and attributes.
package nonisolated struct Paint: Hashable, Sendable {
    /// nil for the colour of the terminal.
    var foreground: Colour?
    var background: Colour?
    var isBold = false
    var isDim = false
    var isUnderlined = false
    var isReversed = false

    init(_ foreground: UInt8? = nil, on background: UInt8? = nil, bold: Bool = false, underlined: Bool = false) {
        (self.foreground, self.background) = (foreground.map(Colour.indexed), background.map(Colour.indexed))
        (isBold, isUnderlined) = (bold, underlined)
    }

    /// The reason why a text is no look.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads a look such as `bold white on 24`: attributes, a colour, and a background.
    ///
    /// - Throws: `Problem` for a text that is no look.
    package init(_ text: String) throws(Problem) {
        self.init()
        var isBackground = false
        var count = 0
        let words = text.split(separator: " ")
        guard !words.isEmpty else { throw Problem(description: "a look needs a colour or an attribute") }
        for word in words {
            switch word {
            case "bold": isBold = true
            case "dim": isDim = true
            case "underline": isUnderlined = true
            case "reverse": isReversed = true
            case "on" where !isBackground: isBackground = true
            default:
                let colour = Colour(word)
                guard colour != nil || word == "default" else {
                    throw Problem(
                        description: "\"\(word)\" is no colour: write a name such as blue or bright-blue, a number "
                            + "from 0 to 255, \"#rrggbb\" or default")
                }
                count += 1
                guard count <= (isBackground ? 2 : 1) else {
                    throw Problem(description: "more than one colour; write \"white on blue\" for a background")
                }
                if isBackground {
                    background = colour
                    count = 2
                } else {
                    foreground = colour
                }
            }
        }
        if isBackground, count < 2 { throw Problem(description: "a colour must follow \"on\"") }
    }
}
