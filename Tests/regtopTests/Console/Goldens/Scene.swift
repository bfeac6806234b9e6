import Testing

@testable import ConsoleKit

/// A state of the console on the sample registry, as the steps that lead there.
struct Scene: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        /// Filters for a row and puts the cursor on it.
        case find(String)
        /// Types the name of a command after `:`.
        case run(String)
        case press(Key)
        /// Types a text into an input, and Enter.
        case answer(String)
    }

    let name: String
    let steps: [Step]

    init(_ name: String, _ steps: Step...) {
        self.name = name
        self.steps = steps
    }

    var testDescription: String { name }

    /// Every screen and every panel. A new screen is one line here; UPDATE_GOLDEN=1 writes its
    /// goldens.
    static let all: [Scene] = [
        Scene("repositories"),
        Scene("repositories-unique", .run("unique"), .run("sort unique")),
        Scene("repositories-marked", .find("attic"), .press(.character("*")), .press(.escape), .find("weights")),
        Scene(
            "repositories-folders", .run("unique"), .press(.character("f")), .press(.down), .press(.enter),
            .press(.down),
            .press(.character(" "))),
        Scene("repository", .find("library/alpine"), .press(.enter)),
        Scene("repository-untagged", .find("attic/intranet"), .press(.enter)),
        Scene("manifest", .find("ml/weights"), .press(.enter), .press(.enter)),
        Scene("manifest-index", .find("multi/arch"), .press(.enter), .press(.enter)),
        Scene("config", .find("app/web"), .press(.enter), .press(.enter), .press(.character("i"))),
        Scene("images", .find("app/web"), .press(.enter), .run("against 2.0")),
        Scene("images-index", .find("multi/arch"), .press(.enter), .run("against app/web:2.0")),
        Scene("blob", .find("ml/weights"), .press(.enter), .press(.enter), .run("sort size"), .press(.enter)),
        Scene("object", .run("tree"), .press(.character("o"))),
        Scene("tree", .run("tree"), .press(.enter)),
        Scene(
            "uses", .find("ml/weights"), .press(.enter), .press(.enter), .press(.enter), .press(.character("w"))),
        Scene("pool", .run("pool")),
        Scene("tasks", .run("tasks")),
        Scene("usage", .run("usage")),
        Scene("usage-folders", .run("usage"), .press(.character("f")), .press(.enter)),
        Scene("problems", .run("problems")),
        Scene("verification", .find("damaged/"), .press(.character("*")), .press(.character("v"))),
        Scene("verification-damaged", .find("short-chunk"), .press(.enter), .press(.character("v"))),
        Scene("verification-none", .run("verification")),
        Scene("collection", .run("collection")),
        Scene("collection-marked", .run("collection"), .press(.character("M"))),
        Scene("collection-choice", .run("collection"), .press(.character("x"))),
        Scene("collection-question", .run("collection"), .press(.character("x")), .press(.enter)),
        Scene(
            "collection-results", .run("collection"), .press(.character("x")), .press(.enter), .press(.pageDown),
            .press(.character("y"))),
        Scene(
            "collection-held", .run("collection"), .press(.character("x")), .press(.enter), .press(.pageDown),
            .press(.character("y")), .press(.escape)),
        Scene("settings", .run("settings")),
        Scene("recover", .run("recover")),
        Scene("trash", .run("trash")),
        Scene("uploads", .run("uploads")),
        Scene("log", .run("log")),
        Scene("question-name", .find("app/web/cache"), .press(.character("D"))),
        Scene("copy", .find("ml/weights"), .press(.enter), .press(.character("y"))),
        Scene("palette", .press(.character(":")), .press(.character("r")), .press(.character("e")), .press(.down)),
        Scene("help", .press(.character("?"))),
        Scene("question", .find("app/web/cache"), .press(.character("d"))),
        Scene(
            "question-export", .find("app/web/cache"), .press(.character("e")), .answer("/regtop/copy")),
        Scene("results-none", .find("app/web/cache"), .press(.character("d")), .press(.escape)),
    ]
}

extension ScreenBench {
    /// Performs the steps of a scene.
    func play(_ scene: Scene) async {
        for step in scene.steps {
            switch step {
            case .find(let text): await find(text)
            case .run(let name):
                await press(.character(":"))
                await type(name)
                await press(.enter)
            case .press(let key): await press(key)
            case .answer(let text):
                await type(text)
                await press(.enter)
            }
        }
    }
}
