import Foundation
import Testing

@testable import ConsoleKit

@Suite struct PaletteTests {
    /// The linear brightness of one of the 256 colours.
    private func luminance(_ colour: Int32) -> Double {
        let parts = Colour.indexed(UInt8(colour)).parts
        let linear = [parts.red, parts.green, parts.blue].map { part -> Double in
            let value = Double(part) / 255
            return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    private func contrast(_ one: Double, _ other: Double) -> Double {
        (max(one, other) + 0.05) / (min(one, other) + 0.05)
    }

    /// Text is readable on dark and light terminals, and on the background of its style.
    @Test(arguments: Style.allCases) func everyColourIsReadableOnDarkAndLight(_ style: Style) {
        let look = Palette(colours: 256)[style]
        guard look.foreground >= 0 else { return }
        let backgrounds = look.background >= 0 ? [luminance(look.background)] : [0, 1]
        for background in backgrounds {
            #expect(contrast(luminance(look.foreground), background) >= 3, "\(style)")
        }
    }

    /// The themes for one background only have more contrast.
    @Test(arguments: [(Theme.dark, 0.0, 4.5), (.light, 1, 4.5), (.highContrast, 0, 7)])
    func everyThemeIsReadableOnItsBackground(_ theme: Theme, _ background: Double, _ least: Double) {
        let palette = Palette(colours: 256, theme: theme)
        for style in Style.allCases where palette[style].foreground >= 0 {
            let isText = ![.rule, .bar, .barShared].contains(style)
            let own = palette[style].background
            let behind = own >= 0 ? luminance(own) : background
            #expect(contrast(luminance(palette[style].foreground), behind) >= (isText ? least : 3), "\(style)")
        }
    }

    /// High contrast does not depend on the colours of the terminal.
    @Test(arguments: [8, 16, 256, 1 << 24]) func highContrastHasColoursOfItsOwn(_ colours: Int) {
        let palette = Palette(colours: colours, theme: .highContrast)
        #expect(Style.allCases.allSatisfy { palette[$0].foreground >= 0 && palette[$0].background >= 0 })
    }

    /// Every state differs from normal text in every theme, on every terminal.
    @Test(arguments: Theme.allCases, [0, 8, 16, 256, 1 << 24])
    func statesDifferFromNormalText(_ theme: Theme, _ colours: Int) {
        let palette = Palette(colours: colours, theme: theme)
        for style in [Style.bad, .warning, .marked, .selected, .match, .key, .header] {
            #expect(palette[style] != palette[.normal], "\(style)")
        }
        #expect(palette[.bad] != palette[.good])
    }

    /// NO_COLOR, or a terminal without colours, is stronger than every theme and every own look.
    @Test(arguments: Theme.allCases) func withoutColoursNoThemeHasAny(_ theme: Theme) throws {
        #expect(Palette(colours: 0, theme: theme, own: [.bad: try Paint("red on white")]) == Palette(colours: 0))
    }

    @Test func ownLooksReplaceThoseOfTheTheme() throws {
        let own: [Style: Paint] = [
            .bad: try Paint("bold underline bright-red"), .normal: try Paint("252 on #000000"),
            .selected: try Paint("white on blue"), .key: try Paint("default on 3"),
        ]
        let palette = Palette(colours: 256, theme: .light, own: own)
        #expect(palette[.bad].foreground == 9 && palette[.selected].foreground == 7)
        #expect(palette[.selected].background == 4 && palette[.key].foreground == -1 && palette[.key].background == 3)
        // Other text stands on the background of normal text.
        #expect(palette[.normal].background == 16 && palette[.bad].background == 16)
        #expect(
            palette[.title].foreground == 252
                && palette[.good].foreground == Palette(colours: 256, theme: .light)[.good].foreground)
    }

    /// A terminal with few colours gets the nearest one.
    @Test(arguments: [
        ("#ff8700", 1 << 24, 0xff8700), ("#ff8700", 256, 208), ("#fe0000", 16, 9), ("#fe0000", 8, 1), ("208", 8, 3),
        ("bright-blue", 256, 12), ("bright-blue", 8, 4), ("245", 1 << 24, 0x8a8a8a), ("#000001", 1 << 24, 8),
        ("red", 1 << 24, 1), ("12", 0, -1),
    ])
    func coloursAreMappedToTheTerminal(_ text: String, _ colours: Int, _ number: Int32) throws {
        #expect(try #require(Colour(text)).number(of: colours) == number)
    }

    @Test(arguments: [
        "", "purple", "256", "-1", "#12345", "#12345g", "red blue", "red on", "on", "red on blue on black", "bold 300",
    ])
    func aTextThatIsNoLookIsRefused(_ text: String) {
        #expect(throws: Paint.Problem.self) { try Paint(text) }
    }

    /// The background of the cursor is seen on dark and light terminals.
    @Test func theCursorStandsOut() {
        let background = luminance(Palette(colours: 256)[.selected].background)
        #expect(contrast(background, 0) >= 3 && contrast(background, 1) >= 3)
    }

    /// Good, warning and bad differ by more than red against green.
    @Test func statesDifferInBlue() {
        let palette = Palette(colours: 256)
        func blue(_ style: Style) -> Int { (Int(palette[style].foreground) - 16) % 6 }
        #expect(blue(.good) - blue(.bad) >= 3)
        #expect(blue(.good) - blue(.warning) >= 3)
    }

    @Test func aTerminalWithoutColoursGetsNone() {
        let palette = Palette(colours: 0)
        #expect(Style.allCases.allSatisfy { palette[$0].foreground < 0 && palette[$0].background < 0 })
        let plain = palette[.normal]
        for style in [Style.bad, .warning, .marked, .selected, .match, .key] { #expect(palette[style] != plain) }
    }
}
