import Testing

@testable import ConsoleKit

@MainActor @Suite(.timeLimit(.minutes(15))) struct LinearTests {
    private func news(_ text: inout LinearText, _ bench: Bench) -> [String] {
        text.news(bench.console.frame(bench.size))
    }

    @Test func writesEveryLineOnceAndThenNewOnes() {
        let bench = Bench()
        var text = LinearText()
        let first = news(&text, bench)
        #expect(first.contains("Repositories 3"))
        #expect(first.contains("> web 1 B ok") && first.contains("cron 1 B ok"))
        #expect(news(&text, bench).isEmpty)
        bench.press(.character("j"))
        #expect(news(&text, bench) == ["> api 1 B ok"])
        bench.press(.character(" "))
        #expect(news(&text, bench) == ["Repositories 3 1 marked", "* api 1 B ok", "> cron 1 B ok"])
        bench.press(.character("k"), .character("j"))
        #expect(news(&text, bench).isEmpty)
    }

    @Test func questionsAreReadWithoutRules() {
        let bench = Bench()
        var text = LinearText()
        _ = news(&text, bench)
        bench.press(.character("d"))
        let question = news(&text, bench)
        #expect(question.contains("Delete web") && question.contains("remove 3 links"))
        #expect(question.contains("Delete web? y yes N no"))
        #expect(question.allSatisfy { !$0.unicodeScalars.contains { (0x2500...0x259f).contains($0.value) } })
    }

    @Test func clipboardTextIsEncoded() {
        #expect(ClipboardSequence.of("\u{1b}[2J") == "\u{1b}]52;c;G1sySg==\u{7}")
        #expect(ASCIIFallback.of("a › b…\n") == "a > b~\n")
    }
}
