@testable import StorageDriver
import Testing

/// One operation of the old driver and one of regtop's, which act on the same small tree.
struct Encounter: Sendable, CustomTestStringConvertible {
    let ours: Ours
    let theirs: Theirs

    /// All pairs except those that `isWorthMeeting` excludes.
    static let all = everyOurs.flatMap { ours in
        everyTheirs.filter(ours.isWorthMeeting).map { Encounter(ours: ours, theirs: $0) }
    }

    var testDescription: String { "\(ours.name) | \(theirs.name)" }

    /// One operation of regtop.
    struct Ours: Sendable {
        let name: String
        /// The path that the operation writes, and the content.
        var writes: (path: String, content: [UInt8])?
        /// True if the operation removes `/r/a/f`.
        var deletes = false
        /// The path to which the operation moves `/r/a/f`.
        var moves: String?
        /// True if the operation does the same to everything in `/r/a`.
        var wholeDirectory = false
        let act: @Sendable (StorageDriver) async throws -> Void

        /// Returns false if another operation of the old driver has the same effect beside this
        /// one: `theirs` writes a path that this operation does not use.
        func isWorthMeeting(_ theirs: Theirs) -> Bool {
            switch theirs.writes {
            case "/r/a/x": writes?.path == "/r/a/x"
            case "/t/y", "/t/g": moves != nil
            default: true
            }
        }
    }

    /// One operation of the old driver.
    struct Theirs: Sendable {
        let name: String
        var writes: String?
        var deletes = false
        var moves: String?
        let act: @Sendable (OldDriver) async throws -> Void
    }

    static let file = "/r/a/f"
    static let old = pattern(100)
    static let ourContent = pattern(100, seed: 2)
    static let theirContent = pattern(100, seed: 3)
    static let tree = [file: old, "/z/k": pattern(5, seed: 4)]

    private static let everyOurs: [Ours] = [
        Ours(name: "put a new file", writes: ("/r/a/x", ourContent)) {
            try await $0.putContent(path("/r/a/x"), ourContent)
        },
        Ours(name: "put into a new directory", writes: ("/r/n/x", ourContent)) {
            try await $0.putContent(path("/r/n/x"), ourContent)
        },
        Ours(name: "overwrite", writes: (file, ourContent)) { try await $0.putContent(path(file), ourContent) },
        Ours(name: "delete", deletes: true) { try await $0.delete(path(file)) },
        Ours(name: "delete the directory", deletes: true, wholeDirectory: true) { try await $0.delete(path("/r/a")) },
        Ours(name: "move", moves: "/t/g") { try await $0.move(path(file), to: path("/t/g")) },
        Ours(name: "move the directory", moves: "/t/f", wholeDirectory: true) {
            try await $0.move(path("/r/a"), to: path("/t"))
        },
    ]

    private static let everyTheirs: [Theirs] = [
        writing("/r/a/y", "a sibling"), writing("/r/b/y", "into a new directory beside"),
        writing(file, "over the file"),
        writing("/t/y", "beside the destination"), writing("/t/g", "onto the destination"),
        writing("/r/a/x", "onto the new path"),
        Theirs(name: "delete", deletes: true) { try await $0.delete(file) },
        Theirs(name: "move", moves: "/r/c/f") { try await $0.move(file, to: "/r/c/f") },
    ]

    private static func writing(_ path: String, _ name: String) -> Theirs {
        Theirs(name: "put \(name)", writes: path) { try await $0.put(path, theirContent) }
    }

    /// Returns a copy of the tree on which both sides act.
    static func planted() async throws -> StoreCopy {
        let store = try StoreUnderTest.quick()
        for (file, content) in tree { try await store.driver().putContent(path(file), content) }
        return try await StoreCopy(of: store)
    }
}
