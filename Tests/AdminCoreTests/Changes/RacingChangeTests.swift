import Testing

@testable import Changes
@testable import Registry
@testable import StorageDriver

/// Two changes of one repository: the change that fails leaves nothing behind, and reports the
/// reason. And a forced rename that is cut at every operation.
@Suite struct RacingChangeTests {
    @Test(arguments: [false, true])
    func theLosingMoveLeavesNoEmptyRepository(_ removes: Bool) async throws {
        let fixture = try ChangeFixture.inMemory()
        try await fixture.push("a", tags: ["1", "2"], layer: pattern(100))
        let slow = try await fixture.planner.move(from: fixture.reference("a"), to: fixture.reference("x/slow"))
        if removes {
            #expect(try await fixture.trash("a").map(\.outcome) == [.done])
        } else {
            #expect(try await fixture.move("a", to: "x/quick").map(\.outcome) == [.done])
        }
        let before = try await fixture.snapshot()
        let results = await fixture.admin.apply(slow)
        #expect(results.map(\.outcome) == [.failed])
        #expect(results[0].error?.contains("moved or removed by another client") == true, "\(results)")
        #expect(try await fixture.snapshot().differences(to: before).filter { !$0.contains("regtop:") }.isEmpty)
        #expect(try await fixture.names() == (removes ? [] : ["x/quick"]))
    }

    /// The destination has the source's manifest in its index already, as `latest` often has.
    @Test func aForcedRenameIsCompleteOrUndone() async throws {
        var number = 1
        while true {
            let fixture = ChangeFixture(try StoreUnderTest.quick())
            let digest = try await fixture.push("app", tags: ["1", "latest"], layer: pattern(100, seed: 1))
            let newest = try await fixture.push("app", tags: ["latest"], layer: pattern(100, seed: 2))
            let before = try await fixture.snapshot()
            let recording = RecordingStore(fixture.store)
            recording.die(before: number)
            let plan = try await fixture.planner.move(
                from: fixture.reference("app:1"), to: fixture.reference("app:latest"), force: true)
            let driver = recording.underTest.driver(chunkSize: StorageReader.defaultChunkSize)
            _ = await RegistryAdmin(registry: fixture.registry, driver: driver).apply(plan)
            guard recording.writeCount >= number else { break }
            _ = try await fixture.driver.recover()
            let tags = try await fixture.tags("app")
            let pass = fixture.registry.pass()
            let what = "cut before write \(number)"
            if tags == ["latest"] {
                #expect(try await pass.tag("latest", of: "app").digest == digest, "\(what)")
                let ids = try await fixture.trashItems.map(\.id)
                #expect(try await fixture.restore(ids, as: "app:old").map(\.outcome) == [.done], "\(what)")
                #expect(try await pass.tag("old", of: "app").digest == newest, "\(what)")
            } else {
                let after = try await fixture.snapshot()
                let differences = after.differences(to: before).filter { !$0.contains("regtop:") }
                #expect(differences.isEmpty, "\(what): \(differences)")
                #expect(try await pass.tag("latest", of: "app").digest == newest, "\(what)")
            }
            number += 1
        }
        print("\ncrash sweep: forced rename: \(number - 1) cut points")
        #expect(number > 15)
    }
}
