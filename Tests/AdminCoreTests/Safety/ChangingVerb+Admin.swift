@testable import Changes
@testable import Registry
@testable import StorageDriver

/// The results of a plan that was not fully done, as `RegistryAdmin` reports them.
struct AdminRefusal: Error, CustomStringConvertible {
    let results: [ChangeResult]

    /// True if the outcome of a target is unknown.
    var isUnknown: Bool { results.contains { $0.outcome == .unknown } }

    /// Returns the notes of changes that are done except for the last look.
    static func unseen(_ results: [ChangeResult]) -> [String] {
        results.flatMap(\.notes).filter { $0.contains("could not be looked at once more") }
    }

    var description: String { (results.compactMap(\.error) + Self.unseen(results)).joined(separator: "; ") }
}

extension ChangingVerb {
    /// Changes to a registry with one repository, which has at most two tags and two manifests.
    static let admin: [ChangingVerb] = [
        ChangingVerb(planning: "remove a tag", before: repository("app"), after: repository("app", tags: ["v2": "b"])) {
            try await removal(of: "app:v1", with: $0)
        },
        ChangingVerb(
            planning: "remove a digest", before: repository("app"),
            after: repository("app", tags: ["v2": "b"], revisions: ["b"])
        ) { driver in
            let digest = try digest("a")
            let revision = registry(driver).paths.revision(try name("app"), digest)
            let links = try await driver.reader.walk(revision).compactMap(\.file).map {
                ChangePlan.Link(path: $0.path, blob: $0.blob)
            }
            let tag = try await target("app:v1", with: driver)
            return apply(
                .remove,
                ChangePlan.Target(
                    reference: try reference("app@\(digest)"), stages: tag.stages + [links],
                    directories: tag.directories + [revision]))
        },
        ChangingVerb(
            planning: "remove a repository",
            before: repository("app", tags: ["v1": "a"], revisions: ["a"], history: false), after: [:]
        ) {
            try await removal(of: "app", with: $0)
        },
        ChangingVerb(
            planning: "move a repository",
            before: repository("app", tags: ["v1": "a"], revisions: ["a"], history: false),
            after: repository("team/new", tags: ["v1": "a"], revisions: ["a"], history: false),
            moves: Dictionary(
                uniqueKeysWithValues: repository("app", tags: ["v1": "a"], revisions: ["a"], history: false).keys.map {
                    ($0, root + "team/new" + $0.dropFirst((root + "app").count))
                })
        ) { try await movement(from: "app", to: "team/new", with: $0) },
        ChangingVerb(
            planning: "move a tag", before: repository("app"), after: repository("app", tags: ["v2": "b", "w1": "a"]),
            moves: [currentLink("app", "v1"): currentLink("app", "w1")]
        ) { try await movement(from: "app:v1", to: "app:w1", with: $0) },
        ChangingVerb(
            planning: "copy a repository", before: repository("app").merging(blobs) { own, _ in own },
            after: repository("app").merging(blobs) { own, _ in own }.merging(repository("team/new")) { own, _ in own }
        ) { driver in
            let plan = try await planner(driver).copy(from: reference("app"), to: reference("team/new"))
            return { try await execute(plan, with: $0) }
        },
    ]

    /// The blobs that the links name. Their contents do not matter here.
    private static let blobs = Dictionary(
        uniqueKeysWithValues: ["a", "b", "c"].map { ("/r/blobs/sha256/\($0)\($0)/\(hex($0))/data", pattern(10)) })

    static func removal(of text: String, with driver: StorageDriver) async throws -> Act {
        apply(.remove, try await target(text, with: driver))
    }

    static func target(_ text: String, with driver: StorageDriver) async throws -> ChangePlan.Target {
        try await TargetFinder(registry: registry(driver), policy: driver.policy).target(reference(text))
    }

    static func movement(from: String, to: String, with driver: StorageDriver) async throws -> Act {
        let plan = try await planner(driver).move(from: reference(from), to: reference(to), force: true)
        return { try await execute(plan, with: $0) }
    }

    static func apply(_ action: PlanAction, _ target: ChangePlan.Target) -> Act {
        let plan = ChangePlan(action: action, skipsTrash: true, targets: [target], impact: Impact(), notes: [])
        return { try await execute(plan, with: $0) }
    }

    static func execute(_ plan: some Plan, with driver: StorageDriver) async throws {
        let results = await RegistryAdmin(registry: registry(driver), driver: driver).apply(plan)
        guard results.allSatisfy({ $0.outcome == .done }), AdminRefusal.unseen(results).isEmpty else {
            throw AdminRefusal(results: results)
        }
    }

    static func planner(_ driver: StorageDriver) -> ChangePlanner {
        ChangePlanner(registry: registry(driver), policy: driver.policy)
    }

    static func registry(_ driver: StorageDriver) -> RegistryReader {
        RegistryReader(storage: driver.reader, paths: RegistryPaths(root: .literal("r")))
    }

    // MARK: - The registry's files

    static let root = "/r/repositories/"

    static func hex(_ letter: String) -> String { String(repeating: letter, count: 64) }

    static func link(_ letter: String) -> [UInt8] { Array("sha256:\(hex(letter))".utf8) }

    static func currentLink(_ name: String, _ tag: String) -> String {
        "\(root)\(name)/_manifests/tags/\(tag)/current/link"
    }

    static func index(_ name: String, _ tag: String, _ letter: String) -> [String: [UInt8]] {
        ["\(root)\(name)/_manifests/tags/\(tag)/index/sha256/\(hex(letter))/link": link(letter)]
    }

    static func repository(
        _ name: String, tags: [String: String] = ["v1": "a", "v2": "b"], revisions: [String] = ["a", "b"],
        history: Bool = true
    ) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for (tag, letter) in tags {
            files[currentLink(name, tag)] = link(letter)
            if history { files.merge(index(name, tag, letter)) { own, _ in own } }
        }
        for letter in revisions {
            files["\(root)\(name)/_manifests/revisions/sha256/\(hex(letter))/link"] = link(letter)
        }
        files["\(root)\(name)/_layers/sha256/\(hex("c"))/link"] = link("c")
        return files
    }

    static func reference(_ text: String) throws -> ImageReference { try required(ImageReference(text)) }

    static func name(_ text: String) throws -> RepositoryName { try required(RepositoryName(text)) }

    static func digest(_ letter: String) throws -> Digest { try required(Digest("sha256:\(hex(letter))")) }

    static func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw StorageError.unsupported("this literal") }
        return value
    }
}

extension ChangingVerb {
    /// All verbs that change anything.
    static let all = driver + admin + trash
}
