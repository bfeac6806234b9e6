import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import Registry
@testable import regtop

@MainActor @Suite(.timeLimit(.minutes(15))) struct JumpTests {
    private func go(_ text: String, _ bench: ScreenBench) async {
        await bench.press(.character(":"))
        await bench.type("go " + text)
        await bench.press(.enter)
    }

    /// Whole names and unique beginnings of all kinds, each from the screen of the one before.
    @Test func everyKindOfNameLeadsToItsScreen() async throws {
        let bench = try await ScreenBench()
        let name = try #require(RepositoryName("ml/weights"))
        let pass = bench.store.session.registry.pass()
        let digest = try #require(try await pass.tag("2015-11", of: name).digest)
        let jumps = [
            ("ml/weights", "ml/weights"), ("attic/y", "attic/y2k"), ("ml/weights:2015-11", "ml/weights:2015-11"),
            ("ml/w:2015-1", "ml/weights:2015-11"), ("ml/weights@\(digest)", "ml/weights@\(digest)"),
            ("ml/weights@\(digest.hex.prefix(10))", "ml/weights@\(digest)"),
            ("\(digest)", "Blob sha256:\(digest.hex.prefix(12))…"),
            (String(digest.hex.prefix(10)), "Blob sha256:\(digest.hex.prefix(12))…"), ("/", "Tree /"),
            ("/dock", "Tree /docker"),
            (
                "/docker/registry/v2/repositories/ml/weights/_lay",
                "Tree /docker/registry/v2/repositories/ml/weights/_layers"
            ),
        ]
        for (number, (text, title)) in jumps.enumerated() {
            await go(text, bench)
            #expect(bench.title == title, "\(text): \(bench.status)")
            #expect(bench.console.stack.count == number + 2)
        }
        await bench.press(.escape)
        #expect(bench.title == "Tree /docker")
        await go("/docker/registry/v2/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)/da", bench)
        #expect(bench.title.hasPrefix("Blob ") && bench.text.contains("in place"))
    }

    /// A whole name comes before longer ones; several names are a choice, and many a message.
    @Test func severalNamesAreAChoice() async throws {
        let bench = try await ScreenBench()
        await go("app/web", bench)
        #expect(bench.title == "app/web", "app/web/cache is longer")
        await go("attic/", bench)
        #expect(bench.text.contains("3 names begin with \"attic/\""))
        await bench.press(.down, .enter)
        #expect(bench.title == "attic/intranet")
        await go("/docker/registry/v2/blobs/sha256/", bench)
        #expect(bench.title == "Tree /docker/registry/v2/blobs/sha256")
        await go("library/alpine:", bench)
        #expect(bench.text.contains("names begin with \"library/alpine:\""))
        await bench.press(.escape)
        let before = bench.title
        await go("nowhere", bench)
        #expect(bench.title == before)
        #expect(bench.text.contains("No repository, tag, digest or path begins with \"nowhere\"."))
    }

    /// Without a name after it, the command asks for one, and Tab completes it.
    @Test func theNameIsAskedFor() async throws {
        let bench = try await ScreenBench()
        await go("", bench)
        await bench.type("ml/w")
        await bench.press(.tab)
        #expect(bench.status == "go to: ml/weights")
        await bench.press(.enter)
        #expect(bench.title == "ml/weights")
    }
}
