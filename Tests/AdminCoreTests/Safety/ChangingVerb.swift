@testable import StorageDriver
import Testing

/// A verb that changes a tree, with the files of its own small tree before and after it.
struct ChangingVerb: Sendable, CustomTestStringConvertible {
    /// Executes the verb with a driver.
    typealias Act = @Sendable (StorageDriver) async throws -> Void

    let name: String
    /// The content of each file before the verb, by path.
    let before: [String: [UInt8]]
    /// The content of each file after the verb, by path.
    let after: [String: [UInt8]]
    /// The files that the verb moves: old path to new path. At every moment each of them is at one
    /// of the two paths at least, or at a path of `passing`.
    let moves: [String: String]
    /// Further paths at which a file may be for a moment, by its path before the verb. An example
    /// is a key with a claim.
    let passing: [String: [String]]
    /// Plans the verb on a tree that holds the files of `before`.
    let plan: @Sendable (StorageDriver) async throws -> Act

    init(
        planning name: String, before: [String: [UInt8]], after: [String: [UInt8]], moves: [String: String] = [:],
        passing: [String: [String]] = [:],
        plan: @escaping @Sendable (StorageDriver) async throws -> Act
    ) {
        self.name = name
        self.before = before.merging(ChangingVerb.bystander) { own, _ in own }
        self.after = after.merging(ChangingVerb.bystander) { own, _ in own }
        self.moves = moves
        self.passing = passing
        self.plan = plan
    }

    init(
        _ name: String, before: [String: [UInt8]], after: [String: [UInt8]], moves: [String: String] = [:],
        act: @escaping Act
    ) {
        self.init(planning: name, before: before, after: after, moves: moves) { _ in act }
    }

    var testDescription: String { name }

    /// Files that no verb touches.
    private static let bystander = ["/keep/other": pattern(10), "/r/repositories/other/_layers/link": pattern(71)]

    /// Verbs of the storage driver.
    static let driver = putting + moving + deleting

    private static let putting: [ChangingVerb] = [
        ChangingVerb("put a file into new directories", before: [:], after: ["/a/b/f": pattern(2500)]) {
            try await $0.putContent(path("/a/b/f"), pattern(2500))
        },
        ChangingVerb(
            "put a file beside another", before: ["/a/b/x": pattern(5)],
            after: ["/a/b/x": pattern(5), "/a/b/f": pattern(1024)]
        ) { try await $0.putContent(path("/a/b/f"), pattern(1024)) },
        ChangingVerb("put an empty file", before: [:], after: ["/a/f": []]) {
            try await $0.putContent(path("/a/f"), [])
        },
        ChangingVerb(
            "overwrite by less", before: ["/a/f": pattern(3000)], after: ["/a/f": pattern(100, seed: 2)]
        ) { try await $0.putContent(path("/a/f"), pattern(100, seed: 2)) },
        ChangingVerb(
            "overwrite by more", before: ["/a/f": pattern(100)], after: ["/a/f": pattern(3000, seed: 2)]
        ) { try await $0.putContent(path("/a/f"), pattern(3000, seed: 2)) },
        ChangingVerb(
            "resume in the middle", before: ["/a/f": pattern(3000)],
            after: ["/a/f": Array(pattern(3000)[..<1500]) + pattern(100, seed: 2) + Array(pattern(3000)[1600...])]
        ) {
            let writer = try await $0.writer(path("/a/f"), offset: 1500)
            try await writer.write(orCancel: pattern(100, seed: 2))
        },
        ChangingVerb(
            "resume past the end", before: ["/a/f": pattern(700)],
            after: ["/a/f": pattern(700) + [UInt8](repeating: 0, count: 800) + pattern(100, seed: 2)]
        ) {
            let writer = try await $0.writer(path("/a/f"), offset: 1500)
            try await writer.write(orCancel: pattern(100, seed: 2))
        },
    ]

    private static let moving: [ChangingVerb] = [
        ChangingVerb(
            "move a file", before: ["/a/b/f": pattern(2500)], after: ["/x/y/f": pattern(2500)],
            moves: ["/a/b/f": "/x/y/f"]
        ) { try await $0.move(path("/a/b/f"), to: path("/x/y/f")) },
        ChangingVerb(
            "move a file over another", before: ["/a/b/f": pattern(2500), "/x/f": pattern(20, seed: 2)],
            after: ["/x/f": pattern(2500)], moves: ["/a/b/f": "/x/f"]
        ) { try await $0.move(path("/a/b/f"), to: path("/x/f"), overwrite: true) },
        ChangingVerb(
            "move a directory",
            before: ["/a/b/f": pattern(2500), "/a/b/c/g": pattern(7), "/a/b/c/d/h": [], "/a/z": pattern(3)],
            after: ["/x/y/f": pattern(2500), "/x/y/c/g": pattern(7), "/x/y/c/d/h": [], "/a/z": pattern(3)],
            moves: ["/a/b/f": "/x/y/f", "/a/b/c/g": "/x/y/c/g", "/a/b/c/d/h": "/x/y/c/d/h"]
        ) { try await $0.move(path("/a/b"), to: path("/x/y")) },
    ]

    private static let deleting: [ChangingVerb] = [
        ChangingVerb("delete a file and what it leaves empty", before: ["/a/b/f": pattern(2500)], after: [:]) {
            try await $0.delete(path("/a/b/f"))
        },
        ChangingVerb(
            "delete a file that has siblings", before: ["/a/b/f": pattern(2500), "/a/b/g": pattern(3)],
            after: ["/a/b/g": pattern(3)]
        ) { try await $0.delete(path("/a/b/f")) },
        ChangingVerb(
            "delete a directory",
            before: ["/a/b/f": pattern(2500), "/a/b/c/g": pattern(7), "/a/b/c/d/h": [], "/a/z": pattern(3)],
            after: ["/a/z": pattern(3)]
        ) { try await $0.delete(path("/a/b")) },
    ]
}

extension FileWriter {
    /// Writes and commits as a caller should: cancels the write if it fails.
    fileprivate func write(orCancel bytes: [UInt8]) async throws {
        do {
            try await write(bytes)
        } catch {
            await cancel()
            throw error
        }
        try await commit()
    }
}
