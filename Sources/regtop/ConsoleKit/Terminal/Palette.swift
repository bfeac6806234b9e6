import CNcurses

/// The looks of the styles on a terminal.
///
/// The colours are blue and orange, because one man in twelve cannot tell green from red, in shades
/// that are readable on dark and light backgrounds. Terminals without colours show attributes.
nonisolated struct Palette: Sendable, Equatable {
    struct Look: Sendable, Equatable {
        /// The number of a colour; -1 for the default of the terminal.
        var foreground: Int16 = -1
        var background: Int16 = -1
        var attributes: attr_t = CNcurses_normal
    }

    let looks: [Look]

    /// - Parameter colours: The number of colours of the terminal; 0 for none.
    init(colours: Int) {
        looks = Style.allCases.map { style in
            colours >= 256 ? Self.rich(style) : colours >= 8 ? Self.basic(style) : Self.monochrome(style)
        }
    }

    subscript(style: Style) -> Look { looks[Int(style.rawValue)] }

    private static func rich(_ style: Style) -> Look {
        switch style {
        case .normal: Look()
        case .dim: Look(foreground: 245)
        case .title: Look(attributes: CNcurses_bold)
        case .header: Look(foreground: 254, background: 24)
        case .headerAlert: Look(foreground: 232, background: 214, attributes: CNcurses_bold)
        case .columnTitle: Look(foreground: 67, attributes: CNcurses_bold)
        case .selected: Look(foreground: 16, background: 67)
        case .match: Look(foreground: 166, attributes: CNcurses_bold | CNcurses_underline)
        case .marked: Look(foreground: 133, attributes: CNcurses_bold)
        case .good: Look(foreground: 32)
        case .warning: Look(foreground: 136)
        case .bad: Look(foreground: 166, attributes: CNcurses_bold)
        case .key: Look(foreground: 32, attributes: CNcurses_bold)
        case .bar: Look(foreground: 32)
        case .barShared: Look(foreground: 245)
        case .rule: Look(foreground: 245)
        }
    }

    private static func basic(_ style: Style) -> Look {
        switch style {
        case .normal, .dim, .rule, .barShared: Look()
        case .title: Look(attributes: CNcurses_bold)
        case .header: Look(attributes: CNcurses_reverse)
        case .headerAlert: Look(foreground: 0, background: 3)
        case .columnTitle: Look(foreground: 6, attributes: CNcurses_bold)
        case .selected: Look(attributes: CNcurses_reverse)
        case .match: Look(foreground: 3, attributes: CNcurses_bold | CNcurses_underline)
        case .marked: Look(foreground: 3, attributes: CNcurses_bold)
        case .good, .bar: Look(foreground: 6)
        case .warning: Look(foreground: 3)
        case .bad: Look(foreground: 3, attributes: CNcurses_bold)
        case .key: Look(foreground: 6, attributes: CNcurses_bold)
        }
    }

    private static func monochrome(_ style: Style) -> Look {
        switch style {
        case .normal, .good, .bar, .barShared, .rule: Look()
        case .dim: Look(attributes: CNcurses_dim)
        case .title, .columnTitle, .key, .marked, .warning: Look(attributes: CNcurses_bold)
        case .header, .selected: Look(attributes: CNcurses_reverse)
        case .headerAlert: Look(attributes: CNcurses_reverse | CNcurses_bold)
        case .match: Look(attributes: CNcurses_underline)
        case .bad: Look(attributes: CNcurses_bold | CNcurses_underline)
        }
    }
}
