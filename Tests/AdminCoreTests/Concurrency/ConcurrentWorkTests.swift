import Foundation
import Synchronization
import Testing

@testable import ObjectStore

/// A window of tasks, a result that is delivered once, and a file that appears whole.
struct ConcurrentWorkTests {
    @Test("results keep the order of the items, within the window")
    func map() async throws {
        let (underWay, most) = (Counter(), Counter())
        let results = try await concurrentMap(0..<200, window: 7) { item -> Int? in
            let now = underWay.add(1)
            if now > most.value { most.add(now - most.value) }
            await Task.yield()
            underWay.add(-1)
            return item.isMultiple(of: 2) ? item : nil
        }
        #expect(results == (0..<200).map { $0.isMultiple(of: 2) ? $0 : nil })
        #expect(most.value <= 7)
    }

    @Test("work grows while it runs, is held back by next, and ends early")
    func growing() async throws {
        for (limit, expected) in [(Int.max, 127), (20, 20)] {
            var pending = [6]
            var done = 0
            try await concurrentWork(window: 16, until: done >= limit) { underWay in
                underWay < 4 ? pending.popLast() : nil
            } perform: { (depth: Int) in
                depth
            } take: { depth in
                done += 1
                if depth > 0 { pending += [depth - 1, depth - 1] }
            }
            #expect(done == expected)
        }
    }

    @Test("the first error ends the work and cancels the rest")
    func failure() async {
        await #expect(throws: StoreError.cancelled("7")) {
            try await concurrentMap(0..<8, window: 8) { item in
                guard item < 7 else { throw StoreError.cancelled("7") }
                let never = OneShot<Void, any Error>()
                try await never.value(cancelled: CancellationError()) {}
            }
        }
    }

    @Test("the first of several results counts")
    func oneShot() async throws {
        let shot = OneShot<Int, StoreError>()
        #expect(shot.claim() && !shot.claim() && !shot.end(.success(2)))
        shot.deliver(.success(1))
        #expect(try await shot.value(cancelled: .cancelled("test")) {} == 1)

        let late = OneShot<Int, StoreError>()
        await #expect(throws: StoreError.closed("late")) {
            try await late.value(timeout: .milliseconds(1), late: .closed("late"), cancelled: .cancelled("test")) {}
        }
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await BlockingCall.run { 1 }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a file appears whole or not at all")
    func fileDraft() async throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let path = place.path("it")
        try await FileDraft.write(path) { draft in
            #expect(!FileManager.default.fileExists(atPath: path))
            try Data("whole".utf8).write(to: URL(filePath: draft))
        }
        await #expect(throws: StoreError.self) {
            try await FileDraft.write(path) { draft in
                try Data("half".utf8).write(to: URL(filePath: draft))
                throw StoreError.closed("write")
            }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole")
        #expect(try place.contents() == ["it"])
    }

    @Test(
        "a file may have any name, also one of a single character",
        arguments: ["p", "ü", ".p", "a b", "new\nline", "e\u{301}", "-", "*", "\u{1}", "🐳"])
    func fileDraftNames(name: String) async throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        try await FileDraft.write(place.path(name)) { try Data("x".utf8).write(to: URL(filePath: $0)) }
        #expect(try place.contents().map { Array($0.utf8) } == [Array(name.utf8)])
    }

    @Test("the directory of a file is found by its last slash")
    func fileDraftDirectory() {
        let directories = [
            "p": ".", "pool.gz": ".", "": ".", "./p": ".", "../p": "..", "/p": "/", "a/p": "a", "/a/b/p": "/a/b",
            "é/\u{301}p": "é",
        ]
        for (path, directory) in directories { #expect(FileDraft.directory(of: path) == directory, "\(path)") }
    }
}
