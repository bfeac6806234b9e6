import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import regtop

@MainActor @Suite(.timeLimit(.minutes(15))) struct ImageDifferenceScreenTests {
    @Test func twoMarkedTagsAreCompared() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: 120)
        await bench.press(.character("/"))
        await bench.type("app/web")
        await bench.press(.enter, .enter)
        #expect(bench.title == "app/web")
        let sentence = "Mark exactly two tags with Space; then = compares their images."
        await bench.press(.character("="))
        #expect(bench.status == sentence && bench.title == "app/web")
        await bench.press(.character(" "))
        #expect(!bench.text.contains("= compare"))
        await bench.press(.character("="))
        #expect(bench.status == sentence)
        await bench.press(.down, .character(" "))
        #expect(bench.text.contains("= compare"), "the hint comes with the second mark")
        await bench.press(.character("="))
        #expect(bench.title == "Compare 1.0 with 2.0")
        func row(_ start: String) -> [String] {
            bench.rows.filter { $0.dropFirst(4).hasPrefix(start) }.map { String($0.dropFirst(4)) }
        }
        #expect(row("digest").first?.contains("differs") == true)
        #expect(row("platform").first?.contains("same") == true)
        #expect(row("layer").count == 4)
        #expect(row("layer 3").map { $0.contains("first only") } == [true, false])
        #expect(row("layer 3").map { $0.contains("second only") } == [false, true])
        #expect(bench.rows[1].contains("2 layers in common, "))
        await bench.find("first only")
        await bench.press(.enter)
        #expect(bench.title.hasPrefix("Blob sha256:"))
        await bench.press(.escape, .escape, .escape)
        #expect(bench.title == "app/web")
        await bench.press(.up, .up, .character(" "))
        await bench.press(.character("="))
        #expect(bench.status == sentence, "three marks are not two")
    }

    /// A row with two manifests asks which of them to open.
    @Test func aRowWithTwoManifestsIsAChoice() async throws {
        let bench = try await ScreenBench()
        await bench.find("multi/arch")
        await bench.press(.enter, .character(":"))
        await bench.type("against app/web:1.0")
        await bench.press(.enter)
        #expect(bench.title == "Compare multi/arch:1.0 with app/web:1.0")
        await bench.press(.enter)
        #expect(bench.text.contains("Open digest"))
        await bench.press(.down, .enter)
        #expect(bench.title.hasPrefix("app/web@sha256:"))
    }

    @Test func aNameThatIsNoImageIsRefused() async throws {
        let bench = try await ScreenBench()
        await bench.find("multi/arch")
        await bench.press(.enter)
        for text in ["app/web", "a b/", "x@y"] {
            await bench.press(.character(":"))
            await bench.type("against \(text)")
            await bench.press(.enter)
            #expect(bench.status.contains("is not an image; write a tag, "), "\(text): \(bench.status)")
            #expect(bench.title == "multi/arch")
        }
        await bench.press(.character(":"))
        await bench.type("against gone")
        await bench.press(.enter)
        #expect(bench.text.contains("One of the two images does not exist any more."))
    }
}
