import Testing

@testable import ConsoleKit
@testable import SafeText

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("team/app", "team/app"),
        ("a\u{1b}[31mb", "a\\x1b[31mb"),
        ("line\nbreak\ttab\rreturn", "line\\nbreak\\ttab\\rreturn"),
        ("\u{7f}\u{0}", "\\x7f\\x00"),
        ("c1 \u{9b}31m", "c1 <U+009B>31m"),
        ("\u{202e}gpj.exe", "<U+202E>gpj.exe"),
        ("a\u{200b}b\u{feff}c\u{200d}d", "a<U+200B>b<U+FEFF>c<U+200D>d"),
        ("no\u{a0}break", "no<U+00A0>break"),
        ("tag\u{e0041}", "tag<U+E0041>"),
        ("\u{301}alone", "<U+0301>alone"),
        ("e\u{301}", "e\u{301}"),
        ("日本", "日本"),
    ])
    func escapes(_ text: String, _ visible: String) {
        #expect(VisibleText.of(text).unicodeScalars.elementsEqual(visible.unicodeScalars))
    }

    @Test func towersOfMarksAreCut() {
        let tower = "a" + String(repeating: "\u{301}", count: 50)
        #expect(VisibleText.of(tower).hasPrefix("a\u{301}\u{301}<U+0301>"))
    }

    @Test func invalidBytesAreShown() {
        #expect(
            VisibleText.of(bytes: [0x61, 0xff, 0xc3, 0xa9, 0xed, 0xa0, 0x80, 0x1b]) == "a\\xffé\\xed\\xa0\\x80\\x1b")
        #expect(VisibleText.of(bytes: [0xe6, 0x97]) == "\\xe6\\x97")
    }

    /// No text from a pool draws a control character.
    @Test func everyScalarIsHarmless() {
        for value in UInt32(0)...0x10ffff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            for drawn in Span("x" + String(scalar)).text.unicodeScalars where drawn.value >= 0x7f || drawn.value < 0x20
            {
                let category = drawn.properties.generalCategory
                let harmless =
                    category != .control && category != .format && !drawn.properties.isDefaultIgnorableCodePoint
                if !harmless || DisplayWidth.of(drawn) == nil { Issue.record("U+\(String(value, radix: 16))") }
            }
        }
    }
}
