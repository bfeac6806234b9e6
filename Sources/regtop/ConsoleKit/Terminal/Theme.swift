/// A set of looks for all styles.
package nonisolated enum Theme: String, CaseIterable, Sendable {
    /// Shades that are readable on dark and light backgrounds.
    case standard = "default"
    case dark
    case light
    /// White on black, with few colours.
    case highContrast = "high-contrast"
    /// Attributes in place of colours.
    case mono

    /// A sentence for the choice of a theme.
    var meaning: String {
        switch self {
        case .standard: "Blue and orange in shades that are readable on dark and light backgrounds."
        case .dark: "Brighter colours for a dark background."
        case .light: "Darker colours for a light background."
        case .highContrast: "White on black, also on a terminal of another colour."
        case .mono: "No colours: bold, underlined and reversed text."
        }
    }

    /// Returns the look of a style on a terminal.
    ///
    /// - Parameter colours: The number of colours of the terminal; 0 for none.
    func paint(_ style: Style, colours: Int) -> Paint {
        guard colours >= 8 else { return Self.monochrome(style) }
        switch self {
        case .standard: return colours >= 256 ? Self.standard(style) : Self.basic(style)
        case .dark: return colours >= 256 ? Self.dark(style) : Self.basic(style)
        case .light: return colours >= 256 ? Self.light(style) : Self.basicLight(style)
        case .highContrast: return Self.highContrast(style, isRich: colours >= 256)
        case .mono: return Self.monochrome(style)
        }
    }

    // Blue and orange, because one man in twelve cannot tell green from red.

    private static func standard(_ style: Style) -> Paint {
        switch style {
        case .normal: Paint()
        case .dim: Paint(245)
        case .title: Paint(bold: true)
        case .header: Paint(254, on: 24)
        case .headerAlert: Paint(232, on: 214, bold: true)
        case .columnTitle: Paint(67, bold: true)
        case .selected: Paint(16, on: 67)
        case .match: Paint(166, bold: true, underlined: true)
        case .marked: Paint(133, bold: true)
        case .good: Paint(32)
        case .warning: Paint(136)
        case .bad: Paint(166, bold: true)
        case .key: Paint(32, bold: true)
        case .bar: Paint(32)
        case .barShared: Paint(245)
        case .rule: Paint(245)
        }
    }

    private static func dark(_ style: Style) -> Paint {
        switch style {
        case .normal: Paint()
        case .dim: Paint(248)
        case .title: Paint(bold: true)
        case .header: Paint(254, on: 24)
        case .headerAlert: Paint(232, on: 214, bold: true)
        case .columnTitle: Paint(110, bold: true)
        case .selected: Paint(16, on: 110)
        case .match: Paint(215, bold: true, underlined: true)
        case .marked: Paint(177, bold: true)
        case .good: Paint(75)
        case .warning: Paint(179)
        case .bad: Paint(208, bold: true)
        case .key: Paint(75, bold: true)
        case .bar: Paint(75)
        case .barShared: Paint(247)
        case .rule: Paint(243)
        }
    }

    private static func light(_ style: Style) -> Paint {
        switch style {
        case .normal: Paint()
        case .dim: Paint(240)
        case .title: Paint(bold: true)
        case .header: Paint(231, on: 24)
        case .headerAlert: Paint(231, on: 130, bold: true)
        case .columnTitle: Paint(24, bold: true)
        case .selected: Paint(231, on: 25)
        case .match: Paint(130, bold: true, underlined: true)
        case .marked: Paint(90, bold: true)
        case .good: Paint(25)
        case .warning: Paint(94)
        case .bad: Paint(130, bold: true)
        case .key: Paint(25, bold: true)
        case .bar: Paint(25)
        case .barShared: Paint(244)
        case .rule: Paint(244)
        }
    }

    private static func highContrast(_ style: Style, isRich: Bool) -> Paint {
        // Shades of white, black, yellow and blue.
        let (white, black): (UInt8, UInt8) = isRich ? (231, 16) : (7, 0)
        let (yellow, blue): (UInt8, UInt8) = isRich ? (226, 123) : (3, 6)
        return switch style {
        case .normal, .dim, .rule, .barShared: Paint(white, on: black)
        case .title, .columnTitle: Paint(white, on: black, bold: true)
        case .header: Paint(black, on: white)
        case .headerAlert: Paint(black, on: yellow, bold: true)
        case .selected: Paint(black, on: white, bold: true)
        case .match: Paint(yellow, on: black, bold: true, underlined: true)
        case .marked: Paint(blue, on: black, bold: true, underlined: true)
        case .good: Paint(blue, on: black)
        case .warning: Paint(yellow, on: black)
        case .bad: Paint(yellow, on: black, bold: true, underlined: true)
        case .key: Paint(blue, on: black, bold: true)
        case .bar: Paint(blue, on: black)
        }
    }

    private static func basic(_ style: Style) -> Paint {
        switch style {
        case .header, .selected: reversed()
        case .headerAlert: Paint(0, on: 3)
        default: coloured(style, good: 6, bad: 3)
        }
    }

    private static func basicLight(_ style: Style) -> Paint {
        switch style {
        case .header, .selected: reversed()
        case .headerAlert: Paint(7, on: 1)
        default: coloured(style, good: 4, bad: 1)
        }
    }

    /// Two of the eight colours.
    private static func coloured(_ style: Style, good: UInt8, bad: UInt8) -> Paint {
        switch style {
        case .normal, .dim, .rule, .barShared, .header, .headerAlert, .selected: Paint()
        case .title: Paint(bold: true)
        case .columnTitle, .key: Paint(good, bold: true)
        case .match: Paint(bad, bold: true, underlined: true)
        case .marked, .bad: Paint(bad, bold: true)
        case .good, .bar: Paint(good)
        case .warning: Paint(bad)
        }
    }

    private static func monochrome(_ style: Style) -> Paint {
        switch style {
        case .normal, .good, .bar, .barShared, .rule: Paint()
        case .dim: dimmed()
        case .title, .columnTitle, .key, .marked, .warning: Paint(bold: true)
        case .header, .selected: reversed()
        case .headerAlert: reversed(bold: true)
        case .match: Paint(underlined: true)
        case .bad: Paint(bold: true, underlined: true)
        }
    }

    private static func reversed(bold: Bool = false) -> Paint {
        var paint = Paint(bold: bold)
        paint.isReversed = true
        return paint
    }

    private static func dimmed() -> Paint {
        var paint = Paint()
        paint.isDim = true
        return paint
    }
}
