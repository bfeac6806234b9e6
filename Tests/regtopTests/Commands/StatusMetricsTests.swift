import Foundation
import Testing

@testable import AdminCore
@testable import Inspection
@testable import regtop

/// `regtop status -f prometheus`.
@Suite(.timeLimit(.minutes(15))) struct StatusMetricsTests {
    /// The metrics of the sample after some changes, with open changes in the journal and a name
    /// that needs escapes. The golden has every number; the checker knows the format.
    @MainActor @Test func theMetricsOfTheSampleEqualTheirGolden() async throws {
        let session = try await ScreenBench().store.session
        let (admin, planner) = (try session.changing(), session.planner)
        let removal = try await planner.removal(of: [#require(ImageReference("library/alpine:3.3"))])
        #expect(await admin.apply(removal).map(\.outcome) == [.done])
        let collection = try await admin.collection(CollectionOptions())
        #expect(await admin.apply(collection).allSatisfy { $0.outcome == .done })
        let read = try await StoreMetrics.read(session)
        let begun = WallClock.test.now
        let text = read.replacing(
            store: "a\"b\\c\nd",
            pending: [
                PendingChange(id: "1", what: "a", begun: begun.addingTimeInterval(-90), state: .interrupted),
                PendingChange(id: "2", what: "b", begun: begun.addingTimeInterval(-0.25), state: .interrupted),
                PendingChange(id: "3", what: "c", begun: nil, state: .unreadable("it has no head")),
            ],
            fsck: FsckRecord(store: "x", ended: begun.addingTimeInterval(-3600), errors: 7)
        ).text
        try Golden.check(text.replacing(BuildVersion.string, with: "VERSION"), "status.prometheus")
        try MetricChecker.check(text)
    }

    /// A complete fsck records its result for its store alone; a run that could not begin leaves
    /// the record.
    @Test func theLastFsckIsRecorded() async throws {
        let place = try TemporaryPlace()
        let (store, other) = (try await place.fixture(), try await place.store(DumpText(), "other.db"))
        func metrics(_ store: String) async throws -> [Substring] {
            let text = try await RegtopProgram.run("status", "-f", "prometheus", store, in: place).text
            try MetricChecker.check(text)
            return text.split(separator: "\n").filter { $0.hasPrefix("regtop_fsck_") }
        }
        #expect(try await metrics(store).isEmpty)
        let before = WallClock.system.now.timeIntervalSince1970
        #expect(try await RegtopProgram.run("fsck", store, in: place).status == 4)
        let damaged = try await metrics(store)
        #expect(damaged.last?.hasSuffix("} 2") == true, "\(damaged)")
        let time = try #require(damaged.first?.split(separator: " ").last.flatMap { Double($0) })
        #expect(time >= before.rounded(.down) && time <= WallClock.system.now.timeIntervalSince1970 + 1)
        #expect(
            try await RegtopProgram.run("fsck", store, "--chunk-size", "8M", "--repair", "--yes", in: place).status & 8
                == 8)
        #expect(try await metrics(store) == damaged)
        #expect(try await metrics(other).isEmpty)
        #expect(try await RegtopProgram.run("fsck", "--repair", "--yes", store, in: place).status == 1)
        #expect(try await metrics(store).last?.hasSuffix("} 0") == true)
    }

    /// The program prints the metrics of a file, and nothing else.
    @Test func theProgramPrintsMetrics() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run("status", "-f", "prometheus", store, in: place)
        #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
        try MetricChecker.check(run.text)
        #expect(run.text.contains(#/\nregtop_repositories\{store="[^"]+"\} 12\n/#))
    }
}

extension StoreMetrics {
    /// The same with another name of the store, another journal and another record of fsck.
    fileprivate func replacing(store name: String, pending: [PendingChange], fsck: FsckRecord) -> StoreMetrics {
        var status = overview.store
        status.name = name
        return StoreMetrics(
            overview: Overview(
                store: status, chunkSize: overview.chunkSize, repositories: overview.repositories,
                tags: overview.tags, uploads: overview.uploads, trash: overview.trash,
                isPullThroughCache: overview.isPullThroughCache, pending: pending),
            uploads: uploads, trash: trash, quarantine: quarantine, log: log, fsck: fsck)
    }
}

/// Checks a text against the rules of Prometheus: the grammar of the text format, and those
/// conventions for names that promtool checks.
private enum MetricChecker {
    static func check(_ text: String) throws {
        var (families, series): (Set<String>, Set<Substring>) = ([], [])
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        #expect(lines.popLast() == "", "the last line does not end")
        while let line = lines.popFirst() {
            let help = try #require(line.wholeMatch(of: #/# HELP ([a-z][a-z0-9_]*) (\S.*)/#), "\(line)")
            let name = String(help.output.1)
            #expect(families.insert(name).inserted, "\(name) is twice there")
            #expect(lines.popFirst() == "# TYPE \(name) gauge")
            #expect(name.hasPrefix("regtop_") && !name.hasSuffix("_total") && !name.hasSuffix("_count"), "\(name)")
            #expect(!name.contains(#/_(kb|kib|mb|mib|milliseconds|ms|minutes|hours|days)(_|$)/#), "\(name)")
            if name.contains("timestamp") { #expect(name.hasSuffix("_timestamp_seconds")) }
            var count = 0
            while let sample = lines.first, !sample.hasPrefix("#") {
                lines.removeFirst()
                let label = #/[a-z_]+="(?:[^"\\\n]|\\\\|\\"|\\n)*"/#
                let match = try #require(
                    sample.wholeMatch(of: #/([a-z0-9_]+)\{(.*)\} (-?[0-9]+(?:\.[0-9]+)?)/#), "\(sample)")
                #expect(match.output.1 == name, "\(sample)")
                #expect(series.insert(sample.prefix { $0 != "}" }).inserted, "\(sample) is twice there")
                let rest = match.output.2.replacing(label, with: "L")
                #expect(rest.wholeMatch(of: #/L(,L)*/#) != nil, "\(sample)")
                count += 1
            }
            #expect(count > 0, "\(name) has no sample")
        }
        #expect(families.count > 10)
    }
}
