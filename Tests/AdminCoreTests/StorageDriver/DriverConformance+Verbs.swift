import Testing

@testable import ObjectStore
@testable import StorageDriver

/// Rules for every verb: the paths that it accepts, and that it leaves nothing half done.
extension ConformanceCase {
    private typealias Verb = @Sendable (StorageDriver, StoragePath) async throws -> Void

    /// Verbs that need a path below the root, whether or not something exists there.
    private static let verbsBelowTheRoot: [(name: String, act: Verb)] = [
        ("content", { _ = try await $0.reader.content($1) }),
        ("reader", { _ = try await $0.reader.stream($1) }),
        ("blob", { _ = try await $0.reader.blob($1) }),
        ("putContent", { try await $0.putContent($1, [1]) }),
        ("replacing", { await (try $0.replacing($1)).cancel() }),
        ("writer", { await (try $0.writer($1, offset: 0)).cancel() }),
        ("delete", { try await $0.delete($1) }),
        ("move from", { try await $0.move($1, to: path("/elsewhere/file")) }),
        ("move to", { try await $0.move(path("/there/file"), to: $1) }),
        ("move onto", { try await $0.move(path("/there/file"), to: $1, overwrite: true) }),
    ]

    private static let verbsAnywhere: [(name: String, act: Verb)] = [
        ("stat", { _ = try await $0.reader.stat($1) }),
        ("list", { _ = try await $0.reader.list($1) }),
        ("walk", { _ = try await $0.reader.walk($1) }),
    ]

    private static let invalid = [
        "", "abc", "//bcd", "//", "/abc/", "/a//b", "/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b",
        "/a b", "/ä", "/a\u{0}", "/a\nb", "/*", "a/b", " /a",
    ]

    private static let valid = [
        "/a", "/.abc", "/_.abc", "/a--b", "/a-.b", "/abc./abc", "/UPPER/Case", "/0/1/2", "/..a", "/a..", "/...",
        "/" + (0..<40).map { "level-\($0)" }.joined(separator: "/"),
    ]

    static let driverVerbs: [ConformanceCase] = [
        ConformanceCase("every verb refuses every invalid path, and changes nothing") { store in
            let driver = store.driver()
            try await driver.putContent(path("/there/file"), pattern(10))
            let before = try await Snapshot(store.reader)
            for (name, act) in verbsBelowTheRoot + verbsAnywhere {
                for text in invalid {
                    await #expect(throws: StorageError.invalidPath(text), "\(name)") {
                        try await act(driver, path(text))
                    }
                }
            }
            for (name, act) in verbsBelowTheRoot {
                await #expect(throws: StorageError.invalidPath("/"), "\(name)") { try await act(driver, path("/")) }
            }
            #expect(try await Snapshot(store.reader).differences(to: before).isEmpty)
        },
        ConformanceCase("every verb takes every valid path, of a file and of a directory") { store in
            let driver = store.driver()
            let reader = driver.reader
            for text in valid {
                let (place, other) = (try path(text), try path("/elsewhere/as/well"))
                try await driver.putContent(place, pattern(10))
                #expect(try await reader.content(place) == pattern(10))
                #expect(try await reader.stat(place).size == 10)
                #expect(try await reader.list(place.parent).map(\.name) == [place.name])
                await store.expect(.notFound(place)) { try await reader.list(place) }
                let appending = try await driver.writer(place, offset: 10)
                try await appending.write([1])
                try await appending.commit()
                #expect(try await reader.stream(place, offset: 9) == [pattern(10)[9], 1])
                let replacing = try await driver.replacing(place)
                try await replacing.write([2])
                try await replacing.commit()
                try await driver.move(place, to: other)
                await store.expect(.notFound(place)) { try await reader.stat(place) }
                try await driver.move(other, to: place)
                #expect(try await reader.content(place) == [2])
                try await driver.delete(place)
                #expect(try await reader.list(.root).isEmpty)

                try await driver.putContent(place.appending("child"), [3])
                #expect(try await reader.stat(place).kind == .directory)
                #expect(try await reader.list(place).map(\.name) == ["child"])
                try await driver.move(place, to: other)
                #expect(try await reader.walk(other).compactMap(\.path) == [other.appending("child")])
                try await driver.move(other, to: place)
                #expect(try await reader.content(place.appending("child")) == [3])
                try await driver.delete(place)
                #expect(try await reader.list(.root).isEmpty)
            }
        },
        ConformanceCase("a store that was never written answers every verb, and stays as it is") { store in
            let driver = store.driver()
            let nothing = try path("/nothing/here")
            for (name, act) in verbsAnywhere + verbsBelowTheRoot
            where !["putContent", "replacing", "writer"].contains(name) {
                let missing = name.hasPrefix("move ") && name != "move from" ? try path("/there/file") : nothing
                await #expect(throws: StorageError.notFound(missing), "\(name)") { try await act(driver, nothing) }
            }
            #expect(try await driver.reader.list(.root).isEmpty)
            #expect(try await driver.reader.stat(.root).kind == .directory)
            #expect(try await driver.reader.walk(.root).isEmpty)
            #expect(try await store.objects().isEmpty)
        },
        ConformanceCase("whichever write of putContent fails, the content is all there or as it was") { store in
            let recording = RecordingStore(store)
            let (driver, failing) = (store.driver(), recording.underTest.driver())
            let full = StoreError(.full, operation: "write", errno: 28, reason: "injected")
            for old in [nil, 0, 3000] as [Int?] {
                var number = 1
                while true {
                    let file = try path("/dir-\(number)/sub/file")
                    if let old { try await driver.putContent(file, pattern(old)) }
                    let before = try await store.objects().count
                    recording.reset()
                    recording.inject { [number] in $0.write == number ? .failed(full) : nil }
                    let error = await #expect(throws: (any Error).self) {
                        try await failing.putContent(file, pattern(2500, seed: 2))
                        try #require(recording.writeCount < number)
                        throw CancellationError()
                    }
                    _ = try await driver.recover()
                    if error is CancellationError { break }
                    // After the file exists, the last steps only ensure that it is listed.
                    let found = try await driver.reader.entry(file) == nil ? nil : driver.reader.content(file)
                    let isNew = found == pattern(2500, seed: 2)
                    #expect(isNew || found == old.map { pattern($0) }, "write \(number) over \(old ?? -1)")
                    if !isNew { #expect(try await store.objects().count <= before + 1, "write \(number)") }
                    number += 1
                }
                #expect(number > (old == nil ? 5 : 3))
                for child in try await driver.reader.list(.root) {
                    try await driver.delete(path("/\(child.name ?? "")"))
                }
                _ = try await driver.freeUnreferenced()
            }
        },
    ]
}
