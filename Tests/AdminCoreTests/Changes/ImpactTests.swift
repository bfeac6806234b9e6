import Testing

@testable import Changes
@testable import Registry

/// The impact that a plan reports.
@Suite struct ImpactTests {
    private func planner(_ pool: RegistryPool) -> ChangePlanner { ChangePlanner(registry: pool.registry) }

    private func reference(_ text: String) throws -> ImageReference { try #require(ImageReference(text)) }

    /// Two indexes share a child. Only the first index names a third manifest.
    @Test func impactNamesChildrenThatLoseTheirOnlyIndex() async throws {
        var pool = RegistryPool()
        for number in [100, 200, 300] { pool.image("app", number, layers: [number + 50]) }
        pool.manifest("app", RegistryPool.digest(1), RegistryPool.listDocument([(100, "amd64"), (200, "arm64")]))
        pool.manifest("app", RegistryPool.digest(2), RegistryPool.listDocument([(200, "arm64"), (300, "s390x")]))
        pool.tag("app", "one", RegistryPool.digest(1))
        let first = try await planner(pool).removal(of: [reference("app@\(RegistryPool.digest(1))")]).impact
        #expect(first.orphanedChildren == ["app@\(RegistryPool.digest(100))"])
        #expect(first.tags == ["app:one"] && first.revisions == 1)
        let both = try await planner(pool).removal(
            of: [reference("app@\(RegistryPool.digest(1))"), reference("app@\(RegistryPool.digest(2))")]
        ).impact
        #expect(both.orphanedChildren == [100, 200, 300].map { "app@\(RegistryPool.digest($0))" })
        let all = try await planner(pool).removal(of: [reference("app")]).impact
        #expect(all.orphanedChildren.isEmpty, "they go as well")
        let child = try await planner(pool).removal(of: [reference("app@\(RegistryPool.digest(100))")]).impact
        pool.tag("app", "two", RegistryPool.digest(2))
        for text in ["app:one", "app@\(RegistryPool.digest(1))"] {
            let plan = try await planner(pool).removal(of: [reference(text)])
            let shared = "app@\(RegistryPool.digest(200)) is a part of app:two as well, and stays"
            #expect(plan.impact.sharedChildren == [shared] && plan.notes.contains(shared))
        }
        pool.tag("app", "alias", RegistryPool.digest(1))
        let alias = try await planner(pool).removal(of: [reference("app:alias")]).impact
        #expect(alias.sharedChildren.isEmpty, "the index keeps a tag")
        #expect(child.brokenIndexes == ["app@\(RegistryPool.digest(1))"] && first.brokenIndexes.isEmpty)
    }

    @Test func impactCountsSharedBlobs() async throws {
        var pool = RegistryPool()
        pool.image("app", 100, layers: [1, 2, 3])
        pool.image("other", 200, layers: [2, 3, 4])
        let impact = try await planner(pool).removal(of: [reference("app")]).impact
        #expect(impact.sharedBlobs == 2)
        #expect(impact.sharedBytes == 200)
        let own = try await pool.pass.reach(of: [RegistryPool.digest(100)], in: "app").values.reduce(0, +)
        #expect(impact.reclaimable == own - 200 + 5 * 71, "and its five links")
    }
}
