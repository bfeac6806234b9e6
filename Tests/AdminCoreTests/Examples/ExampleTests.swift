import AdminCore
import Foundation
import Testing

/// The examples of the DocC catalogue: they run, and the articles show the code that runs.
@Suite struct ExampleTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
    private static let catalogue = examples.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/AdminCore/AdminCore/AdminCore.docc")

    /// The names of the articles, without the overview and without the extension.
    private static let articles: [String] =
        (try? FileManager.default.contentsOfDirectory(atPath: catalogue.path(percentEncoded: false)))?
        .filter { $0.hasSuffix(".md") && $0 != "AdminCore.md" }.map { String($0.dropLast(3)) }.sorted() ?? []

    @Test func thereAreArticles() {
        #expect(Self.articles == ["ListARegistry", "ReadABlob", "RemoveATag"])
    }

    @Test(arguments: articles) func theArticleShowsTheCodeThatRuns(_ name: String) throws {
        let article = try String(contentsOf: Self.catalogue.appending(path: "\(name).md"), encoding: .utf8)
        let source = try String(contentsOf: Self.examples.appending(path: "\(name).swift"), encoding: .utf8)
        let shown = article.split(separator: "```swift\n").dropFirst().compactMap { $0.split(separator: "```").first }
        let marked = source.split(separator: "// begin\n").dropFirst().compactMap {
            $0.split(separator: "// end").first
        }
        #expect(!marked.isEmpty)
        #expect(shown == marked)
    }

    @Test func aRegistryIsListed() async throws {
        let lines = try await listSampleRegistry()
        #expect(lines.contains("attic/y2k  0 bytes  untagged"))
        let weights = try #require(lines.firstIndex(of: "ml/weights  8913743 bytes  ok"))
        #expect(lines[weights + 1] == "  2015-11  8913743 bytes  ok")
    }

    @Test func aTagIsRemoved() async throws {
        let tag = try #require(ImageReference("library/alpine:3.3"))
        let session = try await Session.open(SessionOptions(location: .sample(path: nil)))
        let refused = try await remove(tag, in: session) { _ in false }
        #expect(refused.isEmpty)
        let report = try await remove(tag, in: session) { plan in
            plan.impact.siblingTags == ["library/alpine:3", "library/alpine:latest"] && plan.impact.bytes == 0
        }
        #expect(report == ["library/alpine:3.3 is in the trash"])
        let tags = try await session.registry.pass().tagNames(of: tag.repository)
        #expect(tags.contains("3") && !tags.contains("3.3"))
        await session.close()
    }

    @Test(arguments: [("ml/weights:2015-11", 0), ("damaged/resumed-upload:v1", 1)])
    func layersAreRead(_ image: String, damaged count: Int) async throws {
        let session = try await Session.open(SessionOptions(location: .sample(path: nil), readOnly: true))
        let damaged = try await damagedLayers(of: #require(ImageReference(image)), in: session.registry)
        #expect(damaged.count == count)
        await session.close()
    }
}
