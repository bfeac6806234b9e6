import CNcurses

/// The looks of the styles on a terminal: those of a theme, and the user's own ones. Terminals
/// without colours show attributes.
nonisolated struct Palette: Sendable, Equatable {
    struct Look: Sendable, Equatable {
        /// The number of a colour; -1 for the default of the terminal.
        var foreground: Int32 = -1
        var background: Int32 = -1
        var attributes: attr_t = CNcurses_normal

        var hasColours: Bool { foreground >= 0 || background >= 0 }
    }

    let looks: [Look]

    /// - Parameters:
    ///   - colours: The number of colours of the terminal; 0 for none.
    ///   - own: The user's own looks. They do not apply without colours.
    init(colours: Int, theme: Theme = .standard, own: [Style: Paint] = [:]) {
        let paints = Style.allCases.map { style in
            (colours >= 8 ? own[style] : nil) ?? theme.paint(style, colours: colours)
        }
        // Text of every other style stands on the background of normal text, and has its colour.
        let base = paints[Int(Style.normal.rawValue)]
        looks = paints.map { paint in
            let isPlain = paint.background == nil && !paint.isReversed
            return Look(
                foreground: (paint.foreground ?? (isPlain ? base.foreground : nil))?.number(of: colours) ?? -1,
                background: (paint.background ?? (isPlain ? base.background : nil))?.number(of: colours) ?? -1,
                attributes: Self.attributes(paint))
        }
    }

    subscript(style: Style) -> Look { looks[Int(style.rawValue)] }

    private static func attributes(_ paint: Paint) -> attr_t {
        let all = [
            (paint.isBold, CNcurses_bold), (paint.isDim, CNcurses_dim), (paint.isUnderlined, CNcurses_underline),
            (paint.isReversed, CNcurses_reverse),
        ]
        return all.reduce(CNcurses_normal) { $1.0 ? $0 | $1.1 : $0 }
    }
}
