import Foundation
import Testing

@testable import AdminCore
@testable import Changes
@testable import ConsoleKit
@testable import ObjectStore
@testable import StorageDriver
@testable import regtop

@MainActor @Suite(.timeLimit(.minutes(15))) struct RecoverScreenTests {
    /// The header names the command, the screen tells what is left, and `R` does it.
    @Test func anInterruptedChangeIsShownAndUndone() async throws {
        let bench = try await ScreenBench()
        bench.size = Size(rows: 24, columns: 110)
        let registry = bench.store.session.registry
        let gone = ChangeOwner(host: "here", process: 0, started: "0", space: "an earlier boot")
        let driver = StorageDriver(
            reader: registry.storage, writer: RecoverCommandTests.DyingWriter(bench.writer, after: 30),
            policy: JournalPolicy(
                delay: 0, owner: gone, clock: .stopped(at: Date(timeIntervalSince1970: 1_700_000_000))))
        let plan = try await ChangePlanner(registry: registry, policy: driver.policy).move(
            from: try #require(ImageReference("app/web")), to: try #require(ImageReference("team/web")))
        #expect(await RegistryAdmin(registry: registry, driver: driver).apply(plan).map(\.outcome) == [.failed])
        await bench.press(.character("r"))
        #expect(bench.rows[0].contains("1 INTERRUPTED CHANGE :recover"))
        await bench.press(.character(":"))
        await bench.type("recover")
        await bench.press(.enter)
        #expect(bench.text.contains(/> +interrupted +move app\/web to team\/web +2023-11-14 +now/))
        #expect(bench.text.contains("undoes it, or finishes it if only cleaning up is left"))
        await bench.press(.character("R"), .enter)
        #expect(bench.status == "Nothing was changed.")
        await bench.press(.character("R"), .character("y"))
        #expect(bench.status == "Undone: move app/web to team/web.")
        #expect(bench.text.contains("Nothing is pending.") && !bench.rows[0].contains("INTERRUPTED"))
        let names = try await registry.repositoryNames().map(\.string)
        #expect(names.contains("app/web") && !names.contains("team/web"))
    }
}
