import AdminCore
import Foundation

extension Harness {
    /// One directory, listed some times in succession.
    func list(_ name: String, children: Int, times: Int) -> Comparison {
        compare(
            name, rounds: 9,
            prepare: {
                try await limit.makeDirectories([$0.directory])
                try await limit.makeFiles($0.directory, series: 0, count: children)
            },
            limit: { try await limit.list($0.directory, times: times, expecting: children) },
            driver: { turn, driver in
                let path = try StoragePath(turn.directory)
                for _ in 0..<times {
                    let count = try await driver.reader.list(path).count
                    guard count == children else { throw WrongContent(what: "\(count) children") }
                }
            })
    }

    /// Directories with one file each, in groups.
    func walk(_ name: String, width: Int, leaves: Int, in directory: String) -> Comparison {
        let entries = width + 2 * width * leaves
        return compare(
            name,
            limit: { _ in try await limit.walk(directory, depth: 128, expecting: entries) },
            driver: { _, driver in
                let count = try await driver.reader.walk(try StoragePath(directory)).count
                guard count == entries else { throw WrongContent(what: "\(count) entries") }
            })
    }

    /// Files moved one after the other, from one directory into another.
    func moveOne(_ name: String, count: Int) -> Comparison {
        compare(
            name,
            prepare: {
                try await limit.makeDirectories([$0.directory + "/from", $0.directory + "/to"])
                try await limit.makeFiles($0.directory + "/from", series: $0.series, count: count + 1)
            },
            limit: { try await limit.move($0.directory + "/from", $0.directory + "/to", count: count) },
            driver: { turn, driver in
                for index in 0..<count {
                    try await driver.move(
                        try StoragePath("\(turn.directory)/from/f\(index)"),
                        to: try StoragePath("\(turn.directory)/to/f\(index)"))
                }
            },
            clear: { try await clearUp($0, files: count + 1) })
    }

    /// Moves a directory with its files. The raw program moves `batch` keys with one operation.
    func moveAll(_ name: String, count: Int, batch: Int) -> Comparison {
        compare(
            name,
            prepare: { try await makeDirectory($0, count) },
            limit: { try await limit.moveAll($0.directory, "from", "to", batch: batch, depth: 128) },
            driver: { turn, driver in
                try await driver.move(
                    try StoragePath(turn.directory + "/from"), to: try StoragePath(turn.directory + "/to"))
            },
            clear: { try await clearUp($0, files: count) })
    }

    /// A directory that is deleted with all its files: the references go, the chunks stay, as ever.
    func deleteAll(_ name: String, count: Int, batch: Int) -> Comparison {
        compare(
            name,
            prepare: { try await makeDirectory($0, count) },
            limit: { try await limit.unlinkAll($0.directory, "from", batch: batch, depth: 128) },
            driver: { turn, driver in try await driver.delete(try StoragePath(turn.directory + "/from")) },
            clear: { try await clearUp($0, files: count) })
    }

    /// Frees files whose references are in a holding, after the delay, with the proof and the
    /// claims.
    func free(_ name: String, count: Int) -> Comparison {
        compare(
            name,
            prepare: { turn in
                try await makeDirectory(turn, count)
                let path = try StoragePath(turn.directory + "/from")
                let references = (0..<count).compactMap { index in
                    (try? path.appending("f\(index)")).map { (origin: $0, blob: Limit.identifier(turn.series, index)) }
                }
                let left = try await driver(turn, delay: 0).holdings.put(
                    references, at: try StoragePath(turn.directory + "/held"),
                    Holding.Note(name: "all", kind: "bench", by: "bench", begun: WallClock.system.now))
                guard left.isEmpty else { throw WrongContent(what: "\(left.count) references that stayed") }
            },
            limit: { try await limit.removeChunks(series: $0.series, count: count) },
            driver: { turn, given in
                var driver = given
                driver.policy = JournalPolicy(delay: 0, clock: .system)
                guard let holding = try await driver.reader.holding(try StoragePath(turn.directory + "/held")) else {
                    throw WrongContent(what: "no holding")
                }
                let outcomes = try await driver.holdings.free(holding.entries, of: holding)
                guard outcomes == Array(repeating: .freed, count: count) else {
                    throw WrongContent(what: "not all freed")
                }
            },
            clear: { turn in
                // Of the raw program's turn: references without chunks.
                try? await driver(turn, delay: 0).delete(try StoragePath(turn.directory + "/held"))
            })
    }

    private func makeDirectory(_ turn: Turn, _ count: Int) async throws {
        try await limit.makeDirectories([turn.directory + "/from"])
        try await limit.makeFiles(turn.directory + "/from", series: turn.series, count: count)
    }

    /// Ends what the journal would look at later, so that it does not grow from round to round.
    private func clearUp(_ turn: Turn, files: Int) async throws {
        _ = try await driver(turn, delay: 0).recover()
        try await limit.removeChunks(series: turn.series, count: files)
    }
}
