@testable import ObjectStore
@testable import StorageDriver
import Testing

extension ConformanceCase {
    static let driverPaths: [ConformanceCase] = [
        ConformanceCase("valid paths are written, read, listed and deleted") { store in
            let driver = store.driver()
            let deep = "/" + (0..<40).map { "level-\($0)" }.joined(separator: "/")
            for text in [
                "/a", "/.abc", "/_.abc", "/a--b", "/a-.b", "/abc./abc", "/UPPER/Case", "/0/1/2", deep, "/..a", "/a..",
            ] {
                let file = try path(text)
                try await driver.putContent(file, pattern(10))
                #expect(try await driver.reader.content(file) == pattern(10))
                #expect(try await driver.reader.list(file.parent).contains { $0.name == file.name })
                try await driver.delete(file)
                await store.expect(.notFound(file)) { try await driver.reader.stat(file) }
            }
        },
        ConformanceCase("invalid paths are refused") { _ in
            for text in [
                "", "abc", "//bcd", "/abc/", "/a//b", "/.", "/..", "/a/./b", "/a/../b", "/a b", "/ä", "/a\u{0}", "/*",
            ] {
                #expect(throws: StorageError.invalidPath(text)) { try path(text) }
            }
        },
        ConformanceCase("the root is no file") { store in
            let driver = store.driver()
            let invalid = StorageError.invalidPath("/")
            await store.expect(invalid) { try await driver.putContent(.root, []) }
            await store.expect(invalid) { try await driver.reader.content(.root) }
            await store.expect(invalid) { try await driver.reader.reader(.root) }
            await store.expect(invalid) { try await driver.writer(.root, offset: 0) }
            await store.expect(invalid) { try await driver.delete(.root) }
            await store.expect(invalid) { try await driver.move(.root, to: path("/a")) }
            try await driver.putContent(path("/a"), [1])
            await store.expect(invalid) { try await driver.move(path("/a"), to: .root) }
        },
        ConformanceCase("a store that was never written has an empty root") { store in
            let reader = store.driver().reader
            #expect(try await reader.list(.root).isEmpty)
            #expect(try await reader.stat(.root).kind == .directory)
            await store.expect(.notFound(try path("/a"))) { try await reader.list(path("/a")) }
            await store.expect(.notFound(try path("/a"))) { try await reader.stat(path("/a")) }
        },
        ConformanceCase("the root points at itself, and is not listed in itself") { store in
            let driver = store.driver()
            try await driver.putContent(path("/a"), [1])
            let root = try await store.state(ObjectID("/"))
            #expect(root.omap.map(\.key) == ["/", "a"])
            #expect(try await driver.reader.list(.root).map(\.name) == ["a"])
            #expect(try await driver.reader.walk(.root).count == 1)
        },
        ConformanceCase("URLs are not supported, and the driver has its name") { store in
            let reader = store.driver().reader
            await store.expect(.unsupported("URLs")) { try reader.urlFor(path("/a")) }
            #expect(reader.name == "rados")
        },
        ConformanceCase("names that break the rule are met, and never followed", leavesDamage: true) { store in
            let driver = store.driver()
            try await driver.putContent(path("/dir/file"), [1])
            try await driver.putContent(path("/other"), [2])
            try await store.set(
                ObjectID("/dir"), [.setOmap(["..": [], "a/b": [], "x\u{1b}[2J": [], "bad": [1, 2]])])
            let entries = try #require(try await driver.reader.entries(path("/dir")))
            #expect(entries.count == 5)
            #expect(try await driver.reader.list(path("/dir")).map(\.name) == ["file"])
            #expect(try await driver.reader.walk(path("/dir")).count == 5)
            try await driver.delete(path("/dir"))
            #expect(try await driver.reader.content(path("/other")) == [2])
            #expect(try #require(try await driver.reader.entries(path("/dir"))).count == 4, "what is invalid stays")
        },
    ]
}
