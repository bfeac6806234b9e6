import Testing

@testable import ConsoleKit
@testable import Registry
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

    /// More steps than layers, and more layers than steps: every row is shown.
    @Test(arguments: [0, 1, 3, 5]) func layersHaveTheirSteps(_ layers: Int) throws {
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
        await bench.press(.up, .enter)
        #expect(bench.title.hasPrefix("multi/arch@sha256:"), "the image under the cursor")
        #expect(bench.text.contains("layer 1") && !bench.text.contains("linux/arm64"))
    }

    /// Both with and without rows below the table.
    @Test(arguments: ["manifest", "problems"]) func aClickChoosesTheRowItPointsAt(_ name: String) async throws {
        let bench = try await ScreenBench()
        if name == "manifest" {
            await bench.find("multi/arch")
            await bench.press(.enter, .enter)
        } else {
            await bench.press(.character("F"))
        }
        let rows = bench.rows
        for (number, row) in rows.enumerated().dropFirst(3).prefix(8) where row.hasPrefix("    ") {
            await bench.press(.mouse(MouseEvent(kind: .click, row: number, column: 8)))
            #expect(bench.rows[number].hasPrefix(">   "), "\(number): \(row)")
        }
        let chosen = bench.rows.first { $0.hasPrefix(">") }
        await bench.press(.mouse(MouseEvent(kind: .click, row: rows.count - 3, column: 8)))
        #expect(bench.rows.first { $0.hasPrefix(">") } == chosen, "what is below the table is no row")
    }

    @Test func aLongTextIsWrappedWithoutLoss() {
        for text in ["日本語a日本", "aaa", "e\u{301}e\u{301}日", "", "日"] {
            for columns in 2...9 {
                let rows = Line(text).broken(to: columns)
                #expect(rows.map(\.text).joined() == text, "\(text) to \(columns)")
                #expect(rows.allSatisfy { $0.width <= columns })
            }
        }
        let mixed = (Line("日本", .bad) + Line("語ab", .dim)).broken(to: 3)
        #expect(mixed.map(\.text) == ["日", "本", "語a", "b"])
    }

    /// A small configuration that many images share does not become millions of rows.
    @Test func stepsWithoutALayerAreLimited() throws {
        var image = try Self.image(layers: 1)
        let steps = String(repeating: #"{"created_by":"ENV","empty_layer":true},"#, count: 900)
        let recipe = try Self.recipe(#"{"history":[\#(steps){"created_by":"ADD"}]}"#)
        let name = image.name
        image.manifests = try (0..<20).map { number in
            var child = try Self.image(layers: 1)
            child.digest = .sha256(of: [9, UInt8(number)])
            return ImageDetail.Child(
                digest: try #require(child.digest), size: 1, mediaType: nil, platform: "linux/\(name)", state: .ok,
                image: child)
        }
        let recipes = Dictionary(uniqueKeysWithValues: image.withChildren.compactMap { $0.digest.map { ($0, recipe) } })
        let rows = ManifestRow.rows(image, recipes)
        #expect(rows.count { $0.part == .step } == 2000)
        #expect(rows.count { $0.part == .layer } == 21)
        #expect(rows.first { $0.part == .child }?.owner == .sha256(of: [9, 0]))
    }

    @Test func configurationsBreakNoRow() throws {
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

    /// A manifest is as sound as itself. Its screen and that of the blob judge as fsck does, and
    /// repair.
    @Test func damageIsJudgedAndRepairedWhereItIsSeen() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: 120)
        await bench.find("resumed-upload")
        await bench.press(.enter, .enter)
        func row(_ name: String) -> String { bench.rows.first { $0.dropFirst(4).hasPrefix(name) } ?? "" }
        #expect(bench.rows[1].contains("  damaged  "))
        #expect(row("manifest").contains("ok") && row("layer 1").contains("damaged"))
        await bench.find("layer")
        await bench.press(.enter)
        #expect(bench.text.contains("Some bytes of a resumed upload are in the wrong chunk"))
        #expect(bench.text.contains("R repairs this: rearrange."))
        await bench.press(.escape, .escape, .character("R"))
        #expect(bench.text.contains("put the chunks of 1 blob back in order"))
        await bench.accept()
        #expect(bench.text.contains("Repaired long-chunk"))
        #expect(bench.rows[1].contains("  ok  ") && row("layer 1").contains("ok"))
        await bench.press(.character("R"))
        #expect(bench.status.hasPrefix("No damage of these blobs has a repair; F lists"))
    }

    /// One image has one state: a list that has not read the content says that it has not, and the
    /// screens that have agree with fsck.
    @Test(arguments: [
        ("zero-filled", "suspect", "waste"), ("overwritten-shorter", "suspect", "waste"),
        ("resumed-upload", "damaged", "damaged"), ("short-chunk", "damaged", "damaged"),
    ]) func everyScreenTellsTheSameOfAnImage(_ repository: String, _ listed: String, _ judged: String) async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 40, columns: 140)
        await bench.find("damaged/\(repository)")
        #expect(bench.rows.contains { $0.hasPrefix(">   damaged/\(repository) ") && $0.contains("  \(listed)  ") })
        await bench.press(.enter)
        #expect(bench.rows.contains { $0.hasPrefix(">   v1 ") && $0.contains("  \(listed)") }, "\(bench.text)")
        await bench.press(.enter)
        #expect(bench.rows[1].contains("  \(judged)  "))
        let layer = try #require(bench.rows.first { $0.contains("layer 1") })
        #expect(layer.contains("  \(judged)"), "\(layer)")
        await bench.find("layer")
        await bench.press(.enter)
        #expect(bench.rows[1].contains("  \(judged)  "))
        let digest = try #require(bench.text.firstMatch(of: /sha256:[0-9a-f]{64}/)).output.suffix(8)
        await bench.press(.character("F"))
        let severity = judged == "damaged" ? "error" : judged
        #expect(
            bench.rows.contains { $0.contains("\(digest)  ") && $0.contains("  \(severity)  ") }, "\(bench.text)")
    }

    /// The screen of a repository names damage that its tags do not show.
    @Test(arguments: [
        ("half-moved", "! The finished upload 6f0d1a52"),
        ("dot-dot-name", "! The directory of the tags has an entry .."),
    ]) func theDamageOfARepositoryIsNamed(_ repository: String, _ sentence: String) async throws {
        let bench = try await ScreenBench()
        await bench.find("damaged/\(repository)")
        await bench.press(.enter)
        #expect(bench.text.contains(sentence), "\(bench.text)")
    }

    /// A problem of several rows has one mark, so that it is not read as several problems.
    @Test func aProblemHasOneMark() async throws {
        let bench = try await ScreenBench()
        await bench.find("half-deleted")
        await bench.press(.enter, .enter)
        #expect(
            bench.text.contains(
                /\n! The layer\n  sha256:[0-9a-f]+ is\n  damaged\. The first chunk, which has the size,/))
    }
}
