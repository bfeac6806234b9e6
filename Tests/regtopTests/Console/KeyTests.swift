import Glibc
import Testing

@testable import ConsoleKit

@Suite struct KeyTests {
    @Test(
        arguments: [
            (0x0d, .enter), (0x0a, .enter), (0x09, .tab), (0x1b, .escape), (0x7f, .backspace), (0x08, .backspace),
            (0x01, .control("a")), (0x0c, .control("l")), (0x1a, .control("z")), (0x61, .character("a")),
            (0x47, .character("G")), (0xe9, .character("é")), (0x20, .character(" ")), (0x9b, nil), (0xd800, nil),
        ] as [(UInt32, Key?)])
    func characters(_ code: UInt32, _ key: Key?) {
        #expect(KeyDecoder.key(character: code) == key)
    }

    /// Numbers from curses.h, which never change.
    @Test(
        arguments: [
            (0o402, .down), (0o403, .up), (0o404, .left), (0o405, .right), (0o406, .home), (0o550, .end),
            (0o522, .pageDown),
            (0o523, .pageUp), (0o512, .delete), (0o513, .insert), (0o541, .backtab), (0o407, .backspace),
            (0o411, .function(1)),
            (0o424, .function(12)), (0o632, .resize), (0o631, nil),
        ] as [(Int32, Key?)])
    func functionKeys(_ code: Int32, _ key: Key?) {
        #expect(KeyDecoder.key(function: code) == key)
    }

    private static func typed(_ parts: String...) -> [Key] {
        var typed = TypedKeys()
        return parts.flatMap { part in
            for scalar in part.unicodeScalars { typed.take(character: scalar.value) }
            return typed.drain()
        }
    }

    /// An unknown sequence would arrive as Esc and letters. None of them may run as a command.
    @Test func unknownSequencesAreOneKeyOrNone() {
        #expect(Self.typed("\u{1b}[4~") == [.end])
        #expect(Self.typed("\u{1b}[1~yd") == [.home, .character("y"), .character("d")])
        #expect(Self.typed("\u{1b}[200~", "x") == [.character("x")])
        #expect(Self.typed("\u{1b}[100;5u\u{1b}OH") == [.home])
        #expect(Self.typed("\u{1b}[1;5A") == [.up])
        // The bytes arrive in pieces, as over a slow line.
        #expect(Self.typed("\u{1b}[4", "~d") == [.end, .character("d")])
        // Not a sequence: Esc, Alt, and Alt with a character that could begin one.
        #expect(Self.typed("\u{1b}") == [.escape])
        #expect(Self.typed("\u{1b}d") == [.meta("d")])
        #expect(Self.typed("\u{1b}[") == [.meta("[")])
        #expect(Self.typed("\u{1b}O", "d") == [.meta("O"), .character("d")])
        #expect(Self.typed("\u{1b}\r") == [.escape, .enter])
        #expect(Self.typed("\u{1b}[3\rx") == [.enter, .character("x")])
    }

    @Test func labels() {
        #expect(Key.character(" ").label == "Space")
        #expect(Key.control("f").label == "^F")
        #expect(Key.function(1).label == "F1")
    }

    /// Without UTF-8 every drawing character has an ASCII replacement.
    @Test func drawingCharactersHaveASCIIReplacements() {
        for scalar in "█▉▊▋▌▍▎▏▒░·─│…▲▼→←↑↓–日é".unicodeScalars {
            #expect(ASCIIFallback.of(scalar).isASCII)
        }
        #expect(ASCIIFallback.of("a") == "a")
    }

    @Test(arguments: [0, 8, 256])
    func palettesDistinguishStates(_ colours: Int) {
        let palette = Palette(colours: colours)
        #expect(palette[.bad] != palette[.normal])
        #expect(palette[.bad] != palette[.good])
        #expect(palette[.selected] != palette[.normal])
        if colours == 0 {
            #expect(Style.allCases.allSatisfy { palette[$0].foreground == -1 && palette[$0].background == -1 })
        }
    }
}
