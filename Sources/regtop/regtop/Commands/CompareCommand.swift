import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop compare SOURCE TARGET`
struct CompareCommand: StreamCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare the tags of two registries.",
        discussion: """
            compare lists the tags that the target lacks (missing), that name another manifest there (differs), that only \
            the target has (extra), and whose image is not whole there (damaged). --deep also reads every blob of the \
            target and compares it with its digest.

            SOURCE and TARGET are registry:DIR, oci:DIR, rados:POOL or sqlite:FILE. The options of the connection belong \
            to SOURCE; those with --to- connect to a TARGET in another cluster.

            JSON: {same, differences:[{kind, repository, tag, source, target, detail}]}.

            EXAMPLES:
              regtop compare rados:registry registry:/srv/registry
              regtop compare rados:registry oci:images --deep
              regtop compare sqlite:a.db sqlite:b.db -f json | jq '.differences[].tag'

            Exit status: 0 all tags agree; 1 they do not; 130 cancelled.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var other: OtherSideOptions

    @Flag(help: "Read every blob of the target and compare it with its digest.")
    var deep = false

    @Argument(
        help: "The one registry.", completion: .values(.place(TransferPlace.readableForms)),
        transform: TransferPlace.readable)
    var source: TransferPlace

    @Argument(
        help: "The other registry.", completion: .values(.place(TransferPlace.readableForms)),
        transform: TransferPlace.readable)
    var target: TransferPlace

    func run(_ streams: StandardStreams) async throws {
        let log = LogFile.begin(store.log)
        var (here, there) = (store.session(), other.session(beside: store))
        here.rados.logFile = log?.path
        there.rados.logFile = log?.path
        if source.isStore || target.isStore { streams.divertLibraries(to: log?.descriptor) }
        let progress = ProgressLine(streams)
        let left = try await OpenPlace.open(source, here)
        defer { progress.end() }
        do {
            let right = try await OpenPlace.open(target, there)
            do {
                let comparison = try await TransferComparison.of(
                    left.registry, right.registry, isDeep: deep, progress: progress.handler)
                await right.close()
                await left.close()
                progress.end()
                try await print(comparison, streams)
            } catch {
                await right.close()
                throw error
            }
        } catch {
            await left.close()
            throw error
        }
    }

    private func print(_ comparison: TransferComparison, _ streams: StandardStreams) async throws {
        try await streams.print(format.format, json: comparison.json, plain: CompareText.plain(comparison))
        await streams.flush()
        if !comparison.isSame { throw CommandFailure.silent }
    }
}

/// A comparison as text.
nonisolated enum CompareText {
    static func plain(_ comparison: TransferComparison) -> String {
        var facts = FactLines()
        facts.add("same", HumanText.count(comparison.same, "tag"))
        facts.add("different", HumanText.count(comparison.differences.count))
        guard !comparison.differences.isEmpty else { return facts.text }
        let lines = comparison.differences.map { item in
            let place = item.tag.isEmpty ? "\(item.repository)" : "\(item.repository):\(item.tag)"
            let digests = [item.source, item.target].map { $0.map(PlainTable.short) ?? HumanText.unknown }
            let detail = item.detail.map { "  \($0)" } ?? "  \(digests.joined(separator: " → "))"
            return VisibleText.of("\(item.kind.rawValue)  \(place)\(detail)") + "\n"
        }
        return facts.text + "\n" + lines.joined()
    }
}
