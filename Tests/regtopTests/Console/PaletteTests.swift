import Foundation
import Testing

@testable import ConsoleKit

@Suite struct PaletteTests {
    /// The linear brightness of one of the 256 colours.
    private func luminance(_ colour: Int16) -> Double {
        let levels = [0, 95, 135, 175, 215, 255]
        let number = Int(colour)
        let parts: [Int] =
            number >= 232
            ? Array(repeating: 8 + (number - 232) * 10, count: 3)
            : [levels[(number - 16) / 36], levels[(number - 16) / 6 % 6], levels[(number - 16) % 6]]
        let linear = parts.map { part -> Double in
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
