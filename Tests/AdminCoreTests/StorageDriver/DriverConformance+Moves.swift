import Testing

@testable import StorageDriver

/// The content that moves and deletions leave unchanged, and the depth that they reach.
extension ConformanceCase {
    private static func deep(_ levels: Int) -> String { (0..<levels).map { "/l\($0)" }.joined() }

    /// Expects an error, and that the store is unchanged byte for byte.
    private static func expectRefusal(
        _ error: StorageError, by store: StoreUnderTest, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async throws {
        let before = try await Snapshot(store.reader)
        await store.expect(error, sourceLocation: sourceLocation, body)
        #expect(
            try await Snapshot(store.reader).differences(to: before).isEmpty, "nothing changes",
            sourceLocation: sourceLocation)
    }

    static let driverMoves: [ConformanceCase] = [
        ConformanceCase("a move that cannot be done changes nothing") { store in
            let driver = store.driver()
            for file in ["/a/b/c", "/a/f", "/d/g", "/h"] { try await driver.putContent(path(file), pattern(1500)) }
            func refused(
                _ source: String, _ destination: String, _ error: StorageError,
                sourceLocation: SourceLocation = #_sourceLocation
            ) async throws {
                for overwrite in [false, true] {
                    try await expectRefusal(error, by: store, sourceLocation: sourceLocation) {
                        try await driver.move(path(source), to: path(destination), overwrite: overwrite)
                    }
                }
            }
            try await refused("/a/b", "/a/b/c/x", .notADirectory(path("/a/b/c")))
            try await refused("/h", "/h/x", .notADirectory(path("/h")))
            try await refused("/h", "/a/f/x/y", .notADirectory(path("/a/f")))
            try await refused("/d", "/h/x", .notADirectory(path("/h")))
            try await refused("/a", "/a/x", .intoItself(path("/a"), path("/a/x")))
            try await refused("/a", "/a/b/x", .intoItself(path("/a"), path("/a/b/x")))
            try await refused("/a", "/d", .alreadyExists(path("/d")))
            try await refused("/a", "/h", .alreadyExists(path("/h")))
            try await refused("/h", "/a", .alreadyExists(path("/a")))
            try await refused("/nothing", "/h", .notFound(path("/nothing")))
            try await refused("/nothing", "/new", .notFound(path("/nothing")))
            try await refused("/nothing", "/nothing", .notFound(path("/nothing")))
            try await refused("/a/f/x", "/new", .notFound(path("/a/f/x")))
            try await expectRefusal(.alreadyExists(path("/a/f")), by: store) {
                try await driver.move(path("/h"), to: path("/a/f"))
            }
            let before = try await Snapshot(store.reader)
            for place in ["/h", "/a", "/a/b"] {
                try await driver.move(path(place), to: path(place))
                try await driver.move(path(place), to: path(place), overwrite: true)
            }
            #expect(try await Snapshot(store.reader).differences(to: before).isEmpty, "onto itself")
        },
        ConformanceCase("a directory moves with its whole subtree, however deep, up and down") { store in
            let driver = store.driver()
            let files = [1, 5, 20].map { deep($0) + "/file" }
            for (index, file) in files.enumerated() {
                try await driver.putContent(path("/top" + file), pattern(1500, seed: UInt64(index + 1)))
            }
            try await driver.putContent(path("/topmost/file"), [1])
            var blobs: [BlobIdentifier] = []
            for file in files { blobs.append(try await driver.reader.blob(path("/top" + file))) }
            // Moves below another directory, to a sibling, out of its own parent, and back.
            var from = "/top"
            for to in ["/x/y/z" + deep(10), "/x/y/zz", "/other", "/top/below/again", "/top-2", "/top"] {
                try await driver.move(path(from), to: path(to))
                for (index, file) in files.enumerated() {
                    #expect(try await driver.reader.blob(path(to + file)) == blobs[index], "\(to)\(file)")
                    await store.expect(.notFound(try path(from + file))) {
                        try await driver.reader.stat(path(from + file))
                    }
                }
                let top = String(try #require(to.split(separator: "/").first))
                #expect(try await driver.reader.list(.root).map(\.name) == [top, "topmost"].sorted(), "\(to)")
                from = to
            }
            #expect(try await driver.reader.content(path("/top" + files[2])) == pattern(1500, seed: 3))
            #expect(try await driver.reader.content(path("/topmost/file")) == [1])
        },
        ConformanceCase("deleting what is not there changes nothing; from the depth every emptied parent vanishes") {
            store in
            let driver = store.driver()
            try await driver.putContent(path("/a/b/file"), pattern(1500))
            for nothing in ["/nothing", "/a/nothing", "/a/b/nothing", "/a/b/file/below", "/nothing/below"] {
                try await expectRefusal(.notFound(path(nothing)), by: store) { try await driver.delete(path(nothing)) }
            }
            try await driver.putContent(path("/a" + deep(20) + "/file"), pattern(10))
            try await driver.putContent(path("/a" + deep(3) + "/kept"), pattern(10))
            try await driver.delete(path("/a" + deep(20) + "/file"))
            #expect(try await driver.reader.list(path("/a" + deep(3))).map(\.name) == ["kept"])
            await store.expect(.notFound(try path("/a" + deep(4)))) {
                try await driver.reader.list(path("/a" + deep(4)))
            }
            try await driver.delete(path("/a/l0"))
            #expect(
                try await driver.reader.walk(.root).compactMap(\.path?.string).sorted() == ["/a", "/a/b", "/a/b/file"])
        },
        ConformanceCase("`/a` and `/ab` never meet") { store in
            let driver = store.driver()
            let names = ["a", "ab", "a.b", "a-b", "A", "aa"]
            for (index, name) in names.enumerated() {
                try await driver.putContent(path("/\(name)/file"), pattern(10, seed: UInt64(index + 1)))
            }
            #expect(try await driver.reader.list(path("/a")).map(\.name) == ["file"])
            #expect(try await driver.reader.walk(path("/a")).count == 1)
            try await driver.move(path("/a"), to: path("/abc"))
            try await driver.delete(path("/ab"))
            #expect(try await driver.reader.list(.root).map(\.name) == ["A", "a-b", "a.b", "aa", "abc"])
            #expect(try await driver.reader.content(path("/abc/file")) == pattern(10, seed: 1))
            #expect(try await driver.reader.content(path("/aa/file")) == pattern(10, seed: 6))
        },
    ]
}
