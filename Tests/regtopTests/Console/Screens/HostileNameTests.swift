import Testing

@testable import ConsoleKit
@testable import ObjectStore
@testable import SafeText

/// Names that any client can write into a pool: none breaks a row or reaches the terminal without
/// escapes.
@MainActor @Suite(.timeLimit(.minutes(15))) struct HostileNameTests {
    private nonisolated static let names: [String] = [
        "\u{1b}]0;owned\u{7}", "\u{1b}[2J\u{1b}[H", "a\nb\r\nc", "tab\tbed", "\u{202e}gpj.exe", "\u{2066}x\u{2069}",
        "zero\u{200b}width\u{feff}", "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}", "\u{9b}31m", "\u{0}", "\u{7f}",
        "日本語のタグ",
        "👩‍👩‍👧‍👦", "\u{e000}", "\u{2028}", String(repeating: "long", count: 2560), " ", "> * app/web   ok",
    ]

    private nonisolated static func plant(_ writer: any ObjectWriter) async throws {
        let below = "/docker/registry/v2/repositories"
        let directories = [
            "/", below, "\(below)/library/alpine", "\(below)/library/alpine/_manifests/tags",
            "\(below)/library/alpine/_uploads", "\(below)/uploads/partial/_uploads",
            "\(below)/ml/weights/_manifests/tags/2015-11",
        ]
        for directory in directories {
            var keys: [ByteString: [UInt8]] = [:]
            for (number, name) in names.enumerated() {
                keys[ByteString(name)] = number.isMultiple(of: 3) ? Array(name.utf8) : []
            }
            keys[ByteString(bytes: [0xff, 0xfe, 0x1b, 0x5b])] = []
            let outcome = await writer.apply(
                WriteOperation([.setOmap(keys)]), to: ObjectID(ByteString(directory)))
            try #require(outcome == .applied)
        }
    }

    private nonisolated static let scenes =
        Scene.all + [
            Scene("hostile-tree", .run("tree"), .press(.end), .press(.enter)),
            Scene("hostile-object", .run("tree"), .press(.character("o"))),
            Scene("hostile-repository", .find("library/alpine"), .press(.enter), .press(.end), .press(.enter)),
            Scene("hostile-deletion", .find("library/alpine"), .press(.enter), .press(.end), .press(.character("d"))),
            Scene(
                "hostile-marks", .find("library/alpine"), .press(.enter), .press(.character("*")),
                .press(.character("d"))),
            Scene("hostile-uploads", .find("uploads/partial"), .press(.enter), .press(.end), .press(.enter)),
            Scene(
                "hostile-tags", .run("tree"), .find("docker"), .press(.enter), .press(.enter), .press(.enter),
                .press(.enter)),
            Scene("hostile-filter", .find("\u{1b}[2J\u{202e}")),
            Scene(
                "hostile-name", .press(.character(":")), .press(.character("\u{202e}")), .press(.character("\u{9b}"))),
        ]

    @Test(arguments: scenes) func hostileNamesBreakNoScreen(_ scene: Scene) async throws {
        let bench = try await ScreenBench(prepare: { try await Self.plant($0) })
        await bench.play(scene)
        for columns in [1, 7, 24, 40, 80, 200] {
            let size = Size(rows: columns == 1 ? 1 : 30, columns: columns)
            let frame = bench.console.frame(size)
            #expect(frame.lines.count == size.rows)
            for line in frame.lines {
                #expect(line.width <= columns)
                #expect(line.width == DisplayWidth.of(line.text))
                #expect(line.text.unicodeScalars.allSatisfy(Self.isHarmless), "\(VisibleText.of(line.text))")
            }
        }
    }

    private nonisolated static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: scalar == " " || !scalar.properties.isWhitespace
        }
    }
}
