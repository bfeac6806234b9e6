import Foundation

@testable import Changes
@testable import ObjectStore

extension ChangingVerb {
    /// Deletions into the trash, restores, emptying the trash, and purging an upload. Each deletion
    /// has the same id, so that the files after it are known in advance.
    static let trash: [ChangingVerb] = [
        trashing("trash a tag", "app:v1", "app", of: repository("app"), leaving: repository("app", tags: ["v2": "b"])),
        trashing("trash a repository", "app", "app", of: small, leaving: [:]),
        ChangingVerb(
            planning: "restore a repository", before: held(small), after: small, moves: inverse(heldMoves(small)),
            passing: claimed(small, "restoring.")
        ) { driver in
            let plan = try await planner(driver).restoration(of: [id.string])
            return { try await execute(plan, with: $0) }
        },
        ChangingVerb(
            planning: "restore a repository under another name", before: held(small), after: renamed(small),
            moves: Dictionary(uniqueKeysWithValues: small.keys.map { (key($0), newName($0)) }),
            passing: Dictionary(
                uniqueKeysWithValues: small.keys.map {
                    (key($0), [key(newName($0)), key(newName($0), "restoring."), key($0, "restoring.")])
                })
        ) { driver in
            let plan = try await planner(driver).restoration(of: [id.string], as: reference("team/new"))
            return { try await execute(plan, with: $0) }
        },
        ChangingVerb(
            planning: "empty the trash", before: held(small), after: [:], passing: claimed(small, "freeing.")
        ) { driver in
            let plan = try await planner(driver).emptying()
            return { try await execute(plan, with: $0) }
        },
        overwriting,
        ChangingVerb(
            planning: "purge an upload", before: upload, after: held(upload), moves: heldMoves(upload)
        ) { driver in
            let plan = try await planner(driver).purging(olderThan: 0)
            let target = try required(plan.targets.first)
            return { driver in
                try await execute(
                    FixedPlan(name: target.name) { context in
                        try await UploadsExecutor(context: context, counter: FixedPlan.counter).purge(target, as: id)
                    }, with: driver)
            }
        },
    ]

    /// A tag that replaces another one, which goes to the trash. Both have one manifest in their
    /// history, as `latest` often has.
    private static let overwriting: ChangingVerb = {
        let shared = index("app", "v2", "a")
        let old = repository("app", tags: ["v2": "b"], revisions: []).merging(shared) { own, _ in own }
            .filter { $0.key.contains("_manifests") }
        let new = repository("app", tags: ["v1": "a"], revisions: []).filter { $0.key.contains("_manifests") }
        let moves =
            new.keys.map { ($0, $0.replacing("/v1/", with: "/v2/")) } + heldMoves(old).map { ($0.key, $0.value) }
        return ChangingVerb(
            planning: "move a tag over another", before: repository("app").merging(shared) { own, _ in own },
            after: repository("app", tags: ["v2": "a"]).merging(held(old)) { own, _ in own },
            moves: Dictionary(uniqueKeysWithValues: moves)
        ) { driver in
            let plan = try await planner(driver).move(from: reference("app:v1"), to: reference("app:v2"), force: true)
            let target = try required(plan.targets.first)
            return { driver in
                try await execute(
                    FixedPlan(name: "app:v1") { context in
                        try await MoveExecutor(
                            context: context, handling: RepositoryHandling(), counter: FixedPlan.counter
                        ).move(target, replacedTo: id)
                    }, with: driver)
            }
        }
    }()

    private static let id = TrashID.make(count: 1, at: .distantPast)[0]

    private static let small = repository("app", tags: ["v1": "a"], revisions: ["a"], history: false)

    private static let upload = [
        "\(root)app/_uploads/u/data": [1, 2, 3] as [UInt8],
        "\(root)app/_uploads/u/startedat": Array("2015-11-02T10:00:00Z".utf8),
    ]

    private static func trashing(
        _ name: String, _ text: String, _ repository: String, of before: [String: [UInt8]],
        leaving after: [String: [UInt8]]
    ) -> ChangingVerb {
        let gone = before.filter { after[$0.key] == nil }
        return ChangingVerb(
            planning: name, before: before, after: after.merging(held(gone)) { own, _ in own }, moves: heldMoves(gone)
        ) { driver in
            let target = try await target(text, with: driver)
            return { driver in
                try await execute(
                    FixedPlan(name: text) { context in
                        try await RemovalExecutor(
                            context: context, handling: RepositoryHandling(), counter: FixedPlan.counter
                        ).trash(target, as: id)
                    }, with: driver)
            }
        }
    }

    /// A change with one step.
    private struct FixedPlan: Plan {
        let name: String
        let work: @Sendable (ChangeContext) async throws -> [String]

        static var counter: ProgressCounter { ProgressCounter(phase: "", total: nil, handler: nil) }

        var action: PlanAction { .remove }
        var targetNames: [String] { [name] }
        var impact: Impact { Impact() }
        var notes: [String] { [] }

        func steps(with context: ChangeContext, progress: ProgressHandler?) -> [PlanStep] {
            [PlanStep(name) { try await work(context) }]
        }
    }

    // MARK: - The trash's files

    /// Returns the path of a file in the trash.
    private static func key(_ file: String, _ claim: String = "") -> String {
        let name = file.replacing("-", with: "--").replacing("/", with: "-.")
        return "/regtop-trash/\(id)/\(claim)\(name)"
    }

    private static func held(_ files: [String: [UInt8]]) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: files.map { (key($0.key), $0.value) })
    }

    private static func heldMoves(_ files: [String: [UInt8]]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: files.keys.map { ($0, key($0)) })
    }

    private static func claimed(_ files: [String: [UInt8]], _ claim: String) -> [String: [String]] {
        Dictionary(uniqueKeysWithValues: files.keys.map { (key($0), [key($0, claim)]) })
    }

    private static func inverse(_ moves: [String: String]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: moves.map { ($0.value, $0.key) })
    }

    private static func newName(_ file: String) -> String { root + "team/new" + file.dropFirst((root + "app").count) }

    private static func renamed(_ files: [String: [UInt8]]) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: files.map { (newName($0.key), $0.value) })
    }
}
