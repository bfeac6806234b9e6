import AdminCore
import Presentation
import SafeText
import Foundation

/// A difference between two states, as text and as JSON.
nonisolated struct ShownDifference: Sendable {
    /// One of the states.
    struct Side: Sendable {
        let contents: RegistryContents
        let store: String
        let taken: Date?

        var json: JSONValue {
            [
                "store": .string(store), "taken": .time(taken), "repositories": .count(contents.repositories.count),
                "tags": .count(contents.tags), "size": .unsigned(contents.size),
            ]
        }

        var text: String {
            let time = taken.map { ", \(HumanText.second($0))" } ?? ""
            return "\(store)\(time): \(HumanText.count(contents.repositories.count, "repository", "repositories")), "
                + "\(HumanText.count(contents.tags, "tag")), \(HumanText.bytes(contents.size))"
        }
    }

    let difference: RegistryDifference
    let before: Side
    let after: Side

    /// Reads both states.
    ///
    /// - Parameters:
    ///   - options: The options of the earlier state.
    ///   - session: The later state.
    static func read(
        since options: SessionOptions, to session: Session, _ progress: @escaping ProgressHandler
    ) async throws -> ShownDifference {
        let earlier = try await Session.open(options)
        let before: RegistryContents
        do {
            before = try await RegistryContents.read(earlier.registry, progress: progress)
        } catch {
            await earlier.close()
            throw error
        }
        await earlier.close()
        let after = try await RegistryContents.read(session.registry, progress: progress)
        return ShownDifference(
            difference: RegistryDifference(from: before, to: after),
            before: Side(contents: before, store: earlier.name, taken: earlier.snapshot?.taken),
            after: Side(contents: after, store: session.name, taken: session.snapshot?.taken))
    }

    /// Reads a file, and the session's store.
    static func read(
        since file: String, to session: Session, _ progress: @escaping ProgressHandler
    ) async throws -> ShownDifference {
        let options = SessionOptions(location: .sqlite(path: file), readOnly: true)
        return try await read(since: options, to: session, progress)
    }

    var text: String {
        var facts = FactLines()
        facts.add("before", before.text)
        facts.add("after", after.text)
        if difference.isEmpty { return facts.text + "\nno difference\n" }
        var table = PlainTable(.left("REPOSITORY"), .right("BEFORE"), .right("AFTER"), .right("CHANGE"))
        for row in difference.growth {
            table.add(
                row.name.string, PlainTable.size(row.before), PlainTable.size(row.after), Self.signed(row.change))
        }
        let sizes = difference.growth.isEmpty ? "" : "\n" + table.text
        let lines = self.lines.map { VisibleText.of($0) + "\n" }
        return facts.text + sizes + (lines.isEmpty ? "" : "\n" + lines.joined())
    }

    /// The names that came, went, moved or changed, one a line.
    var lines: [String] {
        var lines = difference.repositoriesCome.map { "+ \($0)" } + difference.repositoriesGone.map { "- \($0)" }
        lines += difference.repositoriesMoved.map { "> \($0.from) is \($0.to)" }
        lines += difference.tagsCome.map { "+ \($0)" } + difference.tagsGone.map { "- \($0)" }
        lines += difference.tagsMoved.map { "> \($0.from) is \($0.to)" }
        lines += difference.tagsChanged.map { change in
            func short(_ digest: Digest?) -> String { digest.map(PlainTable.short) ?? HumanText.unknown }
            return "~ \(change.tag) \(short(change.before)) is \(short(change.after))"
        }
        return lines
    }

    /// A change of bytes, with its sign.
    static func signed(_ change: Int64) -> String {
        (change > 0 ? "+" : "-") + PlainTable.size(change.magnitude)
    }

    var json: JSONValue {
        func names(_ values: [some CustomStringConvertible]) -> JSONValue { .array(values.map { .text($0) }) }
        func moves(_ values: [RegistryDifference.Move<some CustomStringConvertible & Hashable & Sendable>]) -> JSONValue
        {
            .array(values.map { ["from": .text($0.from), "to": .text($0.to)] })
        }
        let changed = difference.tagsChanged.map { change -> JSONValue in
            ["tag": .text(change.tag), "before": .text(change.before), "after": .text(change.after)]
        }
        let sizes = difference.growth.map { row -> JSONValue in
            [
                "name": .text(row.name), "formerName": .text(row.formerName), "before": .bytes(row.before),
                "after": .bytes(row.after), "change": .number(row.change),
            ]
        }
        return [
            "equal": .bool(difference.isEmpty), "before": before.json, "after": after.json,
            "repositories": [
                "came": names(difference.repositoriesCome), "went": names(difference.repositoriesGone),
                "moved": moves(difference.repositoriesMoved),
            ],
            "tags": [
                "came": names(difference.tagsCome), "went": names(difference.tagsGone),
                "moved": moves(difference.tagsMoved), "changed": .array(changed),
            ],
            "sizes": .array(sizes),
        ]
    }
}
