import Glibc
import Testing

@testable import ConsoleKit

/// Feeds a parser with the reads of a terminal.
private struct Typist {
    var parser = KeyParser()
    private var now = ContinuousClock.now

    init(_ parser: KeyParser = KeyParser()) { self.parser = parser }

    /// Returns the keys of a read, after a time in milliseconds. As the keyboard does, tells the
    /// parser of a silence.
    mutating func read(_ text: String, after milliseconds: Int = 100) -> [Key] {
        read(Array(text.utf8), after: milliseconds)
    }

    mutating func read(_ bytes: some Sequence<UInt8>, after milliseconds: Int = 100) -> [Key] {
        let silence = milliseconds >= 25 ? parser.takeSilence().keys : []
        now += .milliseconds(milliseconds)
        return silence + parser.take(bytes, at: now).keys
    }

    /// Returns the keys of some reads, and of a silence after them.
    static func keys(_ reads: String..., after milliseconds: Int = 100) -> [Key] {
        var typist = Typist()
        return reads.flatMap { typist.read($0, after: milliseconds) } + typist.parser.takeSilence().keys
    }
}

/// What terminals send, as captured from xterm, kitty, foot, iTerm2, tmux, rxvt and the Linux
/// console.
enum Capture {
    /// Replies and reports; none of them is a key.
    static let reports = [
        // Colours, clipboard, cell size, names and versions, settings, graphics.
        "\u{1b}]11;rgb:1e1e/1e1e/2e2e\u{1b}\\", "\u{1b}]10;rgb:ffff/ffff/ffff\u{7}",
        "\u{1b}]4;1;rgb:cccc/0000/0000\u{7}", "\u{1b}]52;c;ZGFpbHkgeQ==\u{7}",
        "\u{1b}]1337;ReportCellSize=17.50;8.00\u{1b}\\", "\u{1b}P>|XTerm(388)\u{1b}\\",
        "\u{1b}P1+r544e=787465726d\u{1b}\\", "\u{1b}P1$r0;1m\u{1b}\\", "\u{1b}P!|7E565445\u{1b}\\",
        "\u{1b}_Gi=31;OK\u{1b}\\", "\u{1b}_Gi=1;ENOENT:d y\u{1b}\\", "\u{1b}^d y\r\u{1b}\\",
        "\u{1b}Xd y\u{1b}\\", "\u{1b}]0;Ü dy\u{7}",
        // Attributes, states, places and sizes.
        "\u{1b}[?62;1;4;6;22c", "\u{1b}[?1;2c", "\u{1b}[>41;388;0c", "\u{1b}[=0c", "\u{1b}[24;80R", "\u{1b}[1;1R",
        "\u{1b}[0n", "\u{1b}[?2026;2$y", "\u{1b}[8;24;80t", "\u{1b}[4;600;800t", "\u{1b}[?31u", "\u{1b}[=1;1u",
        "\u{1b}[<1u", "\u{1b}[>4;2m", "\u{1b}[I", "\u{1b}[O",
        // Releases of keys, keys with Alt, and moves and releases of the mouse.
        "\u{1b}[97;1:3u", "\u{1b}[1;1:3D", "\u{1b}[3;1:3~", "\u{1b}[57441;2u", "\u{1b}[1;3D", "\u{1b}\u{1b}[D",
        "\u{1b}[<0;20;5m", "\u{1b}[<35;20;5M", "\u{1b}[<2;100;100M", "\u{1b}[M#dy", "\u{1b}[M#\u{e4}y",
        "\u{1b}[M#d\u{e4}",
        // Control characters of eight bits.
        "\u{9d}11;rgb:0000/0000/0000\u{9c}", "\u{90}>|foot(1.16)\u{9c}", "\u{9b}?62c", "\u{9f}Gi=1;OK\u{9c}",
        "\u{98}dy\u{9c}", "\u{9e}dy\u{1b}\\", "\u{9b}24;80R",
    ]

    static let keys: [(bytes: String, key: Key)] = [
        ("\u{1b}[A", .up), ("\u{1b}OB", .down), ("\u{1b}[D", .left), ("\u{1b}[1;5C", .right), ("\u{1b}[1;1:1D", .left),
        ("\u{9b}A", .up), ("\u{8f}D", .left), ("\u{1b}[H", .home), ("\u{1b}[4~", .end), ("\u{1b}OF", .end),
        ("\u{1b}[5~", .pageUp), ("\u{1b}[6;2~", .pageDown), ("\u{1b}[3~", .delete), ("\u{1b}[2~", .insert),
        ("\u{1b}[Z", .backtab), ("\u{1b}[9;2u", .backtab), ("\u{1b}OP", .function(1)), ("\u{1b}[P", .function(1)),
        ("\u{1b}[[A", .function(1)), ("\u{1b}[[E", .function(5)), ("\u{1b}[11~", .function(1)),
        ("\u{1b}[15~", .function(5)), ("\u{1b}[24~", .function(12)), ("\u{1b}[13u", .enter), ("\u{1b}OM", .enter),
        ("\u{1b}[57414u", .enter), ("\u{1b}[27;5;108~", .control("l")), ("\u{1b}[108;5u", .control("l")),
        ("\u{1b}[100u", .character("d")), ("\u{1b}[100:68;2u", .character("D")), ("\u{1b}[57400u", .character("1")),
        ("\u{1b}Op", .character("0")), ("\u{1b}[127u", .backspace), ("\u{1b}[57417u", .left), ("é", .character("é")),
        ("日", .character("日")),
        ("\u{1b}[<0;8;5M", .mouse(MouseEvent(kind: .click, row: 4, column: 7))),
        ("\u{1b}[<4;8;7M", .mouse(MouseEvent(kind: .click, row: 6, column: 7))),
        ("\u{1b}[<65;100;200M", .mouse(MouseEvent(kind: .wheelDown, row: 199, column: 99))),
        ("\u{1b}[M (!", .mouse(MouseEvent(kind: .click, row: 0, column: 7))),
        ("\u{1b}[M`d\u{a1}", .mouse(MouseEvent(kind: .wheelUp, row: 128, column: 67))),
        ("\u{1b}[200~d y\r\u{1b}[A\u{1b}[201~", .paste("d y\r\u{1b}[A")),
    ]
}

@Suite struct KeyTests {
    @Test(
        arguments: [
            (0x0d, .enter), (0x0a, .enter), (0x09, .tab), (0x1b, .escape), (0x7f, .backspace), (0x08, .backspace),
            (0x01, .control("a")), (0x0c, .control("l")), (0x1a, .control("z")), (0x61, .character("a")),
            (0x47, .character("G")), (0xe9, .character("é")), (0x20, .character(" ")), (0x9b, nil),
        ] as [(UInt8, Key?)])
    func characters(_ code: UInt8, _ key: Key?) {
        #expect(KeyParser.key(UnicodeScalar(code)) == key)
    }

    /// The third of three quick clicks would act on what the second one has brought.
    @Test func threeQuickClicksAreOneDoubleClick() {
        let events = Typist.keys(String(repeating: "\u{1b}[<0;8;5M", count: 3)).map { key -> MouseEvent.Kind? in
            if case .mouse(let event) = key { event.kind } else { nil }
        }
        #expect(events == [.click, .doubleClick])
    }

    @Test(arguments: Capture.reports) func aReportIsNoKey(_ report: String) {
        #expect(Typist.keys(report, "j") == [.character("j")])
    }

    @Test(arguments: Capture.keys) func aSequenceIsOneKey(_ bytes: String, _ key: Key) {
        #expect(Typist.keys(bytes, "j") == [key, .character("j")])
    }

    /// Sequences in any number of reads. An Esc at the end of a read may act, and then the rest of
    /// the sequence does nothing.
    @Test func noSplitTurnsASequenceIntoOtherKeys() {
        var random = SeededGenerator(state: 18)
        for _ in 0..<20_000 {
            var typist = Typist()
            var keys: [Key] = []
            var expected: [Key] = []
            var hasSplitEscape = false
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let bytes: String
                if let key = Bool.random(using: &random) ? Capture.keys.randomElement(using: &random) : nil {
                    bytes = key.bytes
                    expected.append(key.key)
                } else {
                    bytes = Capture.reports.randomElement(using: &random) ?? ""
                }
                var gap = 600
                var rest = Array(bytes.utf8)[...]
                while !rest.isEmpty {
                    let read = rest.prefix(Int.random(in: 1...rest.count, using: &random))
                    rest = rest.dropFirst(read.count)
                    keys += typist.read(read, after: gap)
                    gap = Int.random(in: 0...(read.last == 0x1b ? 90 : 490), using: &random)
                    if read.last == 0x1b, gap >= 25 { hasSplitEscape = true }
                }
            }
            if hasSplitEscape {
                #expect(Set(keys).subtracting(expected).isSubset(of: [.escape]))
            } else {
                #expect(keys == expected)
            }
        }
    }

    @Test func whatFollowsAnEscBelongsToItForHalfASecond() {
        #expect(Typist.keys("\u{1b}") == [.escape])
        #expect(Typist.keys("\u{1b}", "[D", after: 490) == [.escape])
        #expect(Typist.keys("\u{1b}", "[", "D", after: 490) == [.escape])
        #expect(Typist.keys("\u{1b}", "]11;d", "yd\u{7}", "j", after: 490) == [.escape, .character("j")])
        #expect(Typist.keys("\u{1b}[", "D", "j", after: 490) == [.left, .character("j")])
        #expect(Typist.keys("\u{1b}", "\u{1b}[D", after: 90) == [.escape])
        #expect(Typist.keys("\u{1b}", "\u{1b}[D", after: 110) == [.escape, .left])
        #expect(Typist.keys("\u{1b}", "j", after: 30) == [.escape, .character("j")])
        #expect(Typist.keys("\u{1b}", "[", after: 501) == [.escape, .character("[")])
        // Nothing continues these: the next key counts again.
        #expect(Typist.keys("\u{1b}[3", "j", after: 501) == [.character("j")])
        #expect(Typist.keys("\u{1b}]11;", "j", after: 2_001) == [.character("j")])
        #expect(Typist.keys("\u{1b}[200~dy", "j", after: 2_001) == [.paste("dy"), .character("j")])
        #expect(Typist.keys("\u{1b}[3\u{18}j") == [.character("j")])
    }

    /// Alt comes as Esc and a character in one read.
    @Test func altIsAKeyOfItsOwn() {
        #expect(Typist.keys("\u{1b}d") == [.meta("d")])
        #expect(Typist.keys("\u{1b}\u{7f}") == [.meta("\u{7f}")])
        #expect(Typist.keys("\u{1b}é") == [.meta("é")])
        #expect(Typist.keys("\u{1b}\r") == [])
        #expect(Typist.keys("\u{1b}[100;3u") == [.meta("d")])
        #expect(Typist.keys("\u{1b}[27;3;100~") == [.meta("d")])
    }

    @Test func aPasteWithoutMarksIsNoKey() {
        #expect(Typist.keys("daily y\r") == [.paste("daily y\n")])
        #expect(Typist.keys("d", "aily y\r") == [.character("d"), .paste("aily y\n")])
        #expect(Typist.keys("daily ", "y\r", after: 2) == [.paste("daily "), .paste("y\n")])
        #expect(
            Typist.keys("d", "a", "i", "l", "y", " ", "y", "\r", after: 1)
                == [.character("d"), .character("a"), .character("i")] + ["l", "y", " ", "y", "\n"].map(Key.paste))
        // A key that is held down, and keys that come together over a slow connection.
        #expect(Typist.keys("jjjjjj").count == 6)
        #expect(Typist.keys("jjk") == [.character("j"), .character("j"), .character("k")])
        #expect(Typist.keys("\u{1b}[B\u{1b}[B\u{1b}[B\u{1b}[B\u{1b}[B").count == 5)
    }

    /// Of a long paste the beginning is kept, and its end is found.
    @Test func aLongPasteEnds() {
        let text = String(repeating: "a\u{1b}[20", count: 100_000)
        #expect(
            Typist.keys("\u{1b}[200~\(text)\u{1b}[201~", "j") == [.paste(String(text.prefix(4096))), .character("j")])
        #expect(Typist.keys("\u{1b}[200~a\u{1b}\u{1b}[201~", "j") == [.paste("a\u{1b}"), .character("j")])
    }

    @Test func severalKeysAtOnceAreHurried() {
        var parser = KeyParser()
        let start = ContinuousClock.now
        #expect(!parser.take("d".utf8, at: start).isHurried)
        #expect(parser.take("y".utf8, at: start + .milliseconds(1)).isHurried)
        #expect(!parser.take("y".utf8, at: start + .milliseconds(100)).isHurried)
        #expect(parser.take("y\r".utf8, at: start + .milliseconds(300)).isHurried)
    }

    @Test func withoutUTF8EveryByteIsACharacter() {
        var typist = Typist(KeyParser(hasUnicode: false))
        #expect(typist.read([0xe9, 0x6a]) == [.character("é"), .character("j")])
        #expect(typist.read([0x9b, 0x41]) == [.up])
        var unicode = Typist()
        #expect(unicode.read([0xff, 0x6a]) == [.character("j")])
        #expect(unicode.read([0xe6, 0x97]) == [])
        #expect(unicode.read([0xa5, 0xe6, 0x6a]) == [.character("日"), .character("j")])
    }

    @Test func theDescriptionOfTheTerminalComesFirst() {
        let known: [[UInt8]: Key] = [Array("\u{1b}[7~".utf8): .function(7)]
        var typist = Typist(KeyParser(known: known))
        #expect(typist.read("\u{1b}[7~\u{1b}[8~") == [.function(7), .end])
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
