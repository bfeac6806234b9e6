import AdminCore
import Presentation
import SafeText
import ArgumentParser
import Foundation

/// `regtop snapshot FILE`
struct SnapshotCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Write the structure of a store into a file, to look at it later.",
        discussion: """
            A snapshot has every object with its size and its date, and the data of links, manifests and configurations, \
            but not the data of layers. All reading commands and the console open it with --store sqlite:FILE, offline and \
            read-only; ages count from its time. verify, fsck --deep and dump need data, and refuse it. See docs/snapshots.md.

            The file must not exist, and appears whole or not at all. Registries may write meanwhile.

            JSON: {file, store, pool, fsid, taken, version, objects, bytes}; bytes are those of the store's objects.

            EXAMPLES:
              regtop snapshot monday.db
              regtop repos --unique --store sqlite:monday.db
              regtop diff monday.db
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("The new file.", valueName: "file"))
    var file: String

    func run(in context: CommandContext) async throws {
        let (note, summary) = try await context.session.writeSnapshot(
            to: file, version: BuildVersion.string, progress: context.progress.handler)
        let json: JSONValue = [
            "file": .string(file), "store": .string(note.store), "pool": .text(note.pool), "fsid": .text(note.fsid),
            "taken": .time(note.taken), "version": .string(note.version), "objects": .unsigned(summary.objects),
            "bytes": .unsigned(summary.bytes),
        ]
        let what = "\(HumanText.count(summary.objects, "object")) with \(HumanText.bytes(summary.bytes))"
        try await context.print(
            format.format, json: json, plain: VisibleText.of("wrote \(file): \(note.store), \(what)") + "\n")
    }
}

/// `regtop diff A [B]`
struct DiffCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what came, went, moved and grew between two snapshots, or since one.",
        discussion: """
            diff compares repositories, tags and sizes. A and B are files of snapshots or other SQLite stores, or rados:POOL; \
            without B it compares A with the store of the options. A repository or a tag has moved if the same manifests \
            have another name. The sizes are those of `regtop repos`; the repositories that grew most come first.

            The exit status is 0 if the comparison was made, with or without differences; JSON says whether there are any.

            JSON: {equal, before, after, repositories: {came, went, moved: [{from, to}]}, tags: {came, went, moved, changed: \
            [{tag, before, after}]}, sizes: [{name, formerName, before, after, change}]}; before and after: {store, taken, \
            repositories, tags, size}.

            EXAMPLES:
              regtop diff monday.db
              regtop diff monday.db friday.db -f json
              regtop diff monday.db rados:registry
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: "The earlier state: a file, or rados:POOL.")
    var a: String

    @Argument(help: "The later state. (default: the store of the options)")
    var b: String?

    var sessionOptions: SessionOptions { options(of: b) }

    /// The options for a state, which is only read.
    private func options(of place: String?) -> SessionOptions {
        var options = store.session()
        options.readOnly = true
        guard let place else { return options }
        if place.hasPrefix("rados:") {
            options.location = .rados
            options.rados.pool = String(place.dropFirst(6))
        } else {
            options.location = .sqlite(path: place.hasPrefix("sqlite:") ? String(place.dropFirst(7)) : place)
        }
        return options
    }

    func run(in context: CommandContext) async throws {
        let shown = try await ShownDifference.read(
            since: options(of: a), to: context.session, context.progress.handler)
        try await context.print(format.format, json: shown.json, plain: shown.text)
    }
}

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
