import Testing

@testable import AdminCore
@testable import regtop

@MainActor @Suite struct ManifestScreenTests {
    private static func recipe(_ text: String) throws -> ImageRecipe { try ImageRecipe(parsing: Array(text.utf8)) }

    private static func image(layers: Int) throws -> ImageDetail {
        let name = try #require(RepositoryName("app"))
        var image = ImageDetail(name: name, tag: "1", digest: .sha256(of: [0]))
        image.config = ImageDetail.Blob(digest: .sha256(of: [1]), size: 7, mediaType: nil, state: .ok)
        image.layers = (0..<layers).map {
            ImageDetail.Blob(digest: .sha256(of: [2, UInt8($0)]), size: 100, mediaType: nil, state: .ok)
        }
        return image
    }

    private static let history = #"""
        {"config":{"Entrypoint":["/init"],"Cmd":["-v"]},"history":[
         {"created_by":"/bin/sh -c #(nop) ADD file:1 in /"},{"created_by":"/bin/sh -c #(nop)  ENV A=1","empty_layer":true},
         {"created_by":"/bin/sh -c make"},{"created_by":"COPY x /"}]}
        """#

    /// More steps than layers, and more layers than steps: nothing is left out.
    @Test(arguments: [0, 1, 3, 5]) func layersStandWithTheStepsThatMadeThem(_ layers: Int) throws {
        let image = try Self.image(layers: layers)
        let recipe = try Self.recipe(Self.history)
        let rows = ManifestRow.rows(image, [.sha256(of: [0]): recipe])
        #expect(rows.filter { $0.part == .layer }.map(\.digest) == image.layers.map(\.digest))
        let commands = ["ADD file:1 in /", "ENV A=1", "RUN make", "COPY x /"]
        #expect(rows.compactMap { $0.step == nil ? nil : $0.command } == commands)
        #expect(rows.first { $0.part == .configuration }?.command == "/init -v")
        #expect(rows.map(\.id) == Array(rows.indices) && rows.allSatisfy { $0.owner == .sha256(of: [0]) })
        guard layers == 3 else { return }
        #expect(rows.map(\.name) == ["manifest", "config", "layer 1", "step", "layer 2", "layer 3"])
    }

    @Test func anIndexIsATreeAndItsImagesAreOpened() async throws {
        let bench = try await ScreenBench()
        await bench.find("multi/arch")
        await bench.press(.enter, .enter)
        for text in ["linux/amd64", "  config", "  layer 1", "ADD file:"] {
            #expect(bench.text.contains(text), "\(text)")
        }
        await bench.press(.down, .down, .character("i"))
        #expect(bench.title.hasPrefix("Config linux/"))
        #expect(bench.text.contains("HISTORY") && bench.text.contains("/bin/"))
        await bench.press(.escape)
        #expect(bench.title.hasPrefix("multi/arch:"))
    }

    @Test func whatAConfigurationSaysBreaksNoRow() throws {
        let evil = "\u{1b}[2J\u{202e}\u{200b}a\nb" + String(repeating: "日本long ", count: 2000)
        let quoted = evil.replacing("\n", with: "\\n").replacing("\u{1b}", with: "\\u001b")
        let recipe = try Self.recipe(
            #"""
            {"author":"\#(quoted)","config":{"Cmd":["\#(quoted)"],"Env":["\#(quoted)"],"Labels":{"\#(quoted)":"\#(quoted)"}},
             "history":[{"created_by":"\#(quoted)","comment":"\#(quoted)"}]}
            """#)
        let image = try Self.image(layers: 1)
        let screen = RecipeScreen("app:1", recipe, layers: image.layers, words: [])
        let rows = ManifestRow.rows(image, [.sha256(of: [0]): recipe])
        for columns in [1, 7, 40, 80, 200] {
            let lines = screen.lines(Size(rows: 500, columns: columns))
            #expect(lines.allSatisfy { $0.width <= columns })
            for line in lines + rows.flatMap(\.details) {
                #expect(
                    !line.text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e || $0.value == 0x200b })
            }
        }
    }
}
