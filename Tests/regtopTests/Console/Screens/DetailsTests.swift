import SafeText
import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import regtop

/// The pane of details beside a table of a wide console.
@MainActor @Suite(.timeLimit(.minutes(15))) struct DetailsTests {
    private static let rule = " │"

    /// The words of the pane, which begins with the name of the row.
    private func pane(_ bench: ScreenBench) -> String {
        bench.rows.compactMap { row in row.firstRange(of: Self.rule).map { row[$0.upperBound...] } }
            .joined(separator: " ").split(separator: " ").joined(separator: " ")
    }

    /// A console of 120 columns has the pane, a narrower one has the whole width for its table.
    @Test func aWideConsoleTellsWhatItKnowsAboutARow() async throws {
        let bench = try await ScreenBench()
        for columns in [119, 120] {
            bench.size = Size(rows: 30, columns: columns)
            #expect(pane(bench).isEmpty == (columns < 120))
        }
        let pass = bench.store.session.registry.pass()
        for name in try await pass.repositoryNames() {
            let (text, summary) = (pane(bench), try await pass.summary(of: name))
            #expect(text.hasPrefix("\(name) TAGS \(summary.tags) REVISIONS \(summary.revisions) UPLOADS "))
            #expect(summary.size < 1024 || text.contains("\(HumanText.count(summary.size)) bytes"))
            #expect(text.contains("STATE \(summary.state.rawValue)"))
            // Each sentence is whole, whatever its length.
            for problem in summary.problems {
                #expect(text.filter { $0 != " " }.contains(problem.filter { $0 != " " }))
            }
            await bench.press(.down)
        }
    }

    @Test func aKeyAndTheConfigurationHideThePane() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: 120)
        await bench.press(.character("|"))
        #expect(pane(bench).isEmpty && bench.status == "Details are hidden.")
        await bench.press(.character("|"))
        #expect(!pane(bench).isEmpty && bench.status == "Details are shown.")
        let settings = SettingsFile.parse("details: false", path: "config.yml")
        #expect(settings.problems.isEmpty && !settings.hasDetails)
    }

    /// Without room for the pane, the same details are a screen.
    @Test func aNarrowConsoleHasAScreenOfDetails() async throws {
        let bench = try await ScreenBench()
        await bench.find("zero-filled")
        await bench.press(.character("|"))
        #expect(bench.title == "Details" && bench.rows[2] == "damaged/zero-filled")
        #expect(
            bench.words.contains("suspect: a chunk is too long, so only its content tells whether it can be pulled."))
        await bench.press(.character("|"))
        #expect(bench.title == "Repositories")
        // Also where the details of the table are below it.
        await bench.press(.enter, .enter)
        await bench.find("layer")
        await bench.press(.character("|"))
        #expect(bench.title == "Details" && bench.words.contains("waste: it can be pulled, and has bytes of no use."))
        await bench.press(.escape, .escape, .escape, .escape)
        #expect(bench.title == "Repositories")
        await bench.press(.escape)
        await bench.find("no such repository")
        await bench.press(.character("|"))
        #expect(bench.status == "There is no row here.")
    }

    /// A pane with too few rows says that it does.
    @Test func aCutPaneSaysSo() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 8, columns: 120)
        #expect(bench.rows[5].hasSuffix("│ …"), "\(bench.text)")
        bench.size = Size(rows: 20, columns: 120)
        #expect(!pane(bench).contains("…"))
    }

    /// The row in the pane is no row of the table.
    @Test func aClickOnThePaneChoosesNothing() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: 120)
        let edge = try #require(bench.rows[3].firstRange(of: Self.rule)).lowerBound
        let column = bench.rows[3].distance(from: bench.rows[3].startIndex, to: edge)
        await bench.press(.mouse(MouseEvent(kind: .click, row: 6, column: column)))
        #expect(bench.rows[3].hasPrefix(">"))
        await bench.press(.mouse(MouseEvent(kind: .click, row: 6, column: column - 1)))
        #expect(bench.rows[6].hasPrefix(">"))
    }

    /// The sums of a folder change with its rows.
    @Test func aFolderHasItsSums() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 30, columns: 120)
        await bench.press(.character("f"), .down, .up)
        #expect(pane(bench).hasPrefix("app/ 3 rows TAGS 10 REVISIONS"))
        await bench.press(.character("/"))
        await bench.type("cache")
        #expect(pane(bench).hasPrefix("app/ 1 row TAGS 1 REVISIONS"))
    }

    /// The rows of usage that are no repositories say what they are.
    @Test func usageExplainsItsRows() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 60, columns: 120)
        await bench.press(.character("b"))
        #expect(pane(bench).contains("Bytes behind the end of the chunks of a needed blob."))
    }
}
