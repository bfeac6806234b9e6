@testable import ObjectStore
@testable import StorageDriver
import Testing

extension ConformanceCase {
    /// A small tree: files by path.
    private static func plant(_ driver: StorageDriver, _ files: [String]) async throws {
        for (index, file) in files.enumerated() {
            try await driver.putContent(path(file), pattern(1500, seed: UInt64(index + 1)))
        }
    }

    private static func files(_ driver: StorageDriver) async throws -> [String] {
        try await driver.reader.walk(.root).compactMap { entry in
            if case .file = entry.entry.kind { entry.path?.string } else { nil }
        }.sorted()
    }

    static let driverTree: [ConformanceCase] = [
        ConformanceCase("list gives direct children only") { store in
            let driver = store.driver()
            try await plant(driver, ["/a/b/c", "/a/b/d", "/a/e", "/ab/f", "/a.b"])
            #expect(try await driver.reader.list(.root).map(\.name) == ["a", "a.b", "ab"])
            #expect(try await driver.reader.list(path("/a")).map(\.name) == ["b", "e"])
            #expect(try await driver.reader.list(path("/a/b")).map(\.name) == ["c", "d"])
            #expect(try await driver.reader.list(path("/ab")).map(\.name) == ["f"])
            await store.expect(.notFound(try path("/a/e"))) { try await driver.reader.list(path("/a/e")) }
            await store.expect(.notFound(try path("/nothing"))) { try await driver.reader.list(path("/nothing")) }
        },
        ConformanceCase("a directory of more than one page is listed whole") { store in
            let driver = store.driver()
            try await driver.putContent(path("/many/file"), [1])
            var keys: [ByteString: [UInt8]] = [:]
            for index in 0..<5000 { keys[ByteString("d\(index)")] = [] }
            try await store.set(ObjectID("/many"), [.setOmap(keys)])
            #expect(try await driver.reader.list(path("/many")).count == 5001)
        },
        ConformanceCase(
            "a directory that is not listed is read by its exact path; one without an object is empty",
            leavesDamage: true
        ) {
            store in
            let driver = store.driver()
            try await plant(driver, ["/a/b/c"])
            try await store.set(ObjectID("/a"), [.removeOmap(["b"]), .setOmap(["gone": []])])
            #expect(try await driver.reader.list(path("/a/b")).map(\.name) == ["c"])
            #expect(try await driver.reader.stat(path("/a/b")).kind == .directory)
            #expect(try await driver.reader.content(path("/a/b/c")).count == 1500)
            #expect(try await driver.reader.list(path("/a/gone")).isEmpty)
            #expect(try await driver.reader.walk(path("/a")).count == 1)
        },
        ConformanceCase("nothing is written below a file or over a directory") { store in
            let driver = store.driver()
            try await plant(driver, ["/a/file", "/b"])
            let before = try await store.objects().count
            await store.expect(.notADirectory(try path("/a/file"))) {
                try await driver.putContent(path("/a/file/x/y"), [1])
            }
            await store.expect(.isDirectory(try path("/a"))) { try await driver.putContent(path("/a"), [1]) }
            await store.expect(.notADirectory(try path("/a/file"))) {
                try await driver.move(path("/b"), to: path("/a/file/b"))
            }
            #expect(try await store.objects().count == before)
            #expect(try await files(driver) == ["/a/file", "/b"])
        },
        ConformanceCase("moving a file keeps its identifier, and no data moves") { store in
            let driver = store.driver()
            try await plant(driver, ["/a/b/file", "/other"])
            let blob = try await driver.reader.blob(path("/a/b/file"))
            try await driver.move(path("/a/b/file"), to: path("/x/y/z/new"))
            #expect(try await driver.reader.blob(path("/x/y/z/new")) == blob)
            #expect(try await files(driver) == ["/other", "/x/y/z/new"])
            #expect(try await driver.reader.list(.root).map(\.name) == ["other", "x"], "emptied parents vanish")
        },
        ConformanceCase("moving onto a file only when asked; onto itself changes nothing") { store in
            let driver = store.driver()
            try await plant(driver, ["/a", "/b"])
            let a = try await driver.reader.content(path("/a"))
            await store.expect(.alreadyExists(try path("/b"))) { try await driver.move(path("/a"), to: path("/b")) }
            #expect(try await files(driver) == ["/a", "/b"])
            try await driver.move(path("/a"), to: path("/a"))
            #expect(try await files(driver) == ["/a", "/b"])
            try await driver.move(path("/a"), to: path("/b"), overwrite: true)
            #expect(try await files(driver) == ["/b"])
            #expect(try await driver.reader.content(path("/b")) == a)
        },
        ConformanceCase("moving what is not there leaves the destination as it is") { store in
            let driver = store.driver()
            try await plant(driver, ["/b"])
            await store.expect(.notFound(try path("/a"))) {
                try await driver.move(path("/a"), to: path("/b"), overwrite: true)
            }
            await store.expect(.notFound(try path("/a"))) { try await driver.move(path("/a"), to: path("/a")) }
            #expect(try await driver.reader.content(path("/b")).count == 1500)
        },
        ConformanceCase("moving a directory takes everything below it, and nothing else") { store in
            let driver = store.driver()
            try await plant(driver, ["/a/b/c/d", "/a/b/e", "/a/f", "/ab/g"])
            try await driver.move(path("/a"), to: path("/x/y"))
            #expect(try await files(driver) == ["/ab/g", "/x/y/b/c/d", "/x/y/b/e", "/x/y/f"])
            #expect(try await driver.reader.list(.root).map(\.name) == ["ab", "x"])
            await store.expect(.intoItself(try path("/x"), try path("/x/y/z"))) {
                try await driver.move(path("/x"), to: path("/x/y/z"))
            }
            await store.expect(.alreadyExists(try path("/ab"))) {
                try await driver.move(path("/x"), to: path("/ab"), overwrite: true)
            }
            #expect(try await files(driver).count == 4)
        },
        ConformanceCase("delete leaves siblings, takes what is below, and emptied parents vanish") { store in
            let driver = store.driver()
            try await plant(driver, ["/a/b/c", "/a/b/d", "/a/e", "/ab/f"])
            try await driver.delete(path("/a/b/c"))
            #expect(try await files(driver) == ["/a/b/d", "/a/e", "/ab/f"])
            try await driver.delete(path("/a"))
            #expect(try await files(driver) == ["/ab/f"])
            await store.expect(.notFound(try path("/a"))) { try await driver.delete(path("/a")) }
            try await driver.delete(path("/ab/f"))
            #expect(try await driver.reader.list(.root).isEmpty)
            #expect(try await store.objects().filter { $0.name.hasPrefix("/") } == [ObjectID("/")])
        },
        ConformanceCase("a reference to lost chunks can be deleted") { store in
            let driver = store.driver()
            try await plant(driver, ["/a/lost", "/a/kept"])
            let blob = try await driver.reader.blob(path("/a/lost"))
            try await store.set(blob.chunk(0), [.remove])
            try await driver.delete(path("/a/lost"))
            #expect(try await files(driver) == ["/a/kept"])
        },
        ConformanceCase("one identifier under two paths: deleting one leaves the other readable") { store in
            let driver = store.driver()
            try await plant(driver, ["/a/one", "/b/other"])
            let blob = try await driver.reader.blob(path("/a/one"))
            try await store.set(ObjectID("/b"), [.setOmap(["two": Array(blob.string.utf8)])])
            try await driver.delete(path("/a/one"))
            #expect(try await driver.reader.content(path("/b/two")) == pattern(1500, seed: 1))
        },
    ]
}
