#if RADOS
import Foundation
import Subprocess
import Testing

/// The console on a real cluster whose only OSD stops.
@Suite(.serialized, .timeLimit(.minutes(15))) struct StalledClusterTests {
    @Test func theConsoleRespondsWhileAnOSDHangs() async throws {
        let place = try TemporaryPlace()
        try await ClusterScript.with(below: place) { cluster in
            try await cluster.ceph("osd", "pool", "create", "registry", "8")
            let store = ["-c", cluster.conf, "-n", "client.admin", "-p", "registry"]
            let load = try await RegtopProgram.run(["load", "--yes"] + store + [Fixture.path], in: place)
            try #require(load.status == 0, "\(load.error)")
            try await TerminalWindow.with(store, in: place) { window in
                try await window.idle()
                try await cluster.signal(SIGSTOP)
                #expect(try await window.strike("r").busy > 0)
                try await staysAlive(window)
                try await tellsTheOperationItWaitsFor(window)
                try await cluster.signal(SIGCONT)
                try await window.idle()
                let text = try await window.text()
                for (name, state) in Fixture.states where name.hasPrefix("stale/") || name.hasPrefix("uploads/") {
                    #expect(text.split(separator: "\n").contains { $0.contains(name) && $0.contains(state) }, "\(name)")
                }
                try await stopsHalfWay(window, store, cluster)
                #expect(try await window.finish("q") == 0)
                let (before, after) = try (window.note("before"), window.note("after"))
                #expect(before == after)
            }
        }
    }

    /// Help, filter, moves and back change the screen while the cluster hangs.
    private func staysAlive(_ window: TerminalWindow) async throws {
        let before = try await window.text()
        #expect(try await window.strike("?").screen == "Help")
        #expect(try await window.text() != before)
        #expect(try await window.strike("q").screen == "Repositories")
        try await window.strike("/", "s", "t", "a")
        let filtered = try await window.text()
        #expect(filtered.contains("/sta") && !filtered.contains("library/alpine"))
        try await window.strike("Escape")
        #expect(try await window.text().contains("library/alpine"))
        try await window.strike("j")
        #expect(try await window.screen().contains { $0.hasPrefix(">   damaged/resumed") })
        #expect(try await window.strike("Enter").screen == "damaged/resumed")
        #expect(try await window.text().contains("Listing tags"))
        #expect(try await window.strike("h").screen == "Repositories")
        try await window.resize(columns: 100, rows: 30)
        #expect(try await window.screen().contains { $0.hasPrefix(">   damaged/resumed") })
    }

    /// A deletion that hangs at its first operation and is stopped reports the true outcome of each
    /// target.
    private func stopsHalfWay(_ window: TerminalWindow, _ store: [String], _ cluster: ClusterScript) async throws {
        let all = Fixture.states.keys
        let osd = try await cluster.osd
        // The filter stays: Esc stops the change first.
        try await window.press("/")
        try await window.type("/")
        try await window.press("Enter", "*", "d")
        #expect(try await window.text().contains("Delete \(all.count) targets?"))
        try await window.type("\(all.count)")
        // The OSD stops before the deletion begins, so that the deletion cannot end earlier.
        try #require(kill(osd, SIGSTOP) == 0)
        #expect(try await window.strike("Enter").busy > 0)
        try await window.strike("Escape")
        #expect(try await window.text().contains("Stop the deletion after the current target?"))
        try await window.strike("y")
        try #require(kill(osd, SIGCONT) == 0)
        #expect(try await window.idle().screen == "Results")
        try await window.resize(columns: 100, rows: 60)
        let results = try await window.screen()
        #expect(results.contains { $0.hasPrefix("skipped  ") }, "\(results.joined(separator: "\n"))")
        try await window.press("Escape")
        let run = try await RegtopProgram.run(["recover", "--yes"] + store, in: window.place)
        #expect(run.status == 0, "\(run.error)")
        let names = try await RegtopProgram.run(["repos", "-f", "json"] + store, in: window.place).text
        for name in all {
            let outcome = results.first { $0.hasSuffix(" " + name) }?.prefix { $0 != " " }
            try #require(outcome != nil, "\(name): \(results.joined(separator: "\n"))")
            if outcome == "done" { #expect(!names.contains("\"\(name)\""), "\(name)") }
            if outcome == "skipped" { #expect(names.contains("\"\(name)\""), "\(name)") }
        }
    }

    private func tellsTheOperationItWaitsFor(_ window: TerminalWindow) async throws {
        try await window.frame { _ in
            let top = try await window.screen()[0]
            return top.contains("WAITING") && top.contains(" s for ")
        }
    }
}

/// A throwaway cluster for this suite, by scripts/cluster.
struct ClusterScript: Sendable {
    let directory: String

    var conf: String { directory + "/ceph.conf" }

    static func with<Value: Sendable>(
        below place: TemporaryPlace, _ body: @Sendable (ClusterScript) async throws -> Value
    ) async throws -> Value {
        let cluster = ClusterScript(directory: place.path + "/cluster")
        do {
            try await run(path, "up", "--dir", cluster.directory)
            let value = try await body(cluster)
            try await run(path, "down", "--dir", cluster.directory)
            return value
        } catch {
            // A new task runs this command, because the test may have been cancelled and no process
            // may stay.
            await Task { _ = try? await run(path, "down", "--dir", cluster.directory) }.value
            throw error
        }
    }

    /// Runs `ceph` as the administrator.
    func ceph(_ words: String...) async throws {
        try await Self.run("ceph", ["-c", conf, "--name", "client.admin"] + words)
    }

    /// Sends a signal to the OSD.
    func signal(_ number: Int32) async throws {
        try #require(kill(try await osd, number) == 0)
    }

    /// The process of the OSD.
    var osd: Int32 {
        get async throws {
            let lines = try await Self.run(Self.path, "env", "--dir", directory).split(separator: "\n")
            let prefix = "export REGTOP_TEST_OSD_PID="
            guard let line = lines.first(where: { $0.hasPrefix(prefix) }),
                let process = Int32(line.dropFirst(prefix.count)), process > 1
            else { throw TraceReader.Failure(description: "no OSD") }
            return process
        }
    }

    private static let path: String = {
        var root = URL(filePath: #filePath)
        for _ in 0..<5 { root.deleteLastPathComponent() }
        return root.appending(path: "scripts/cluster").path(percentEncoded: false)
    }()

    @discardableResult
    private static func run(_ program: String, _ words: String...) async throws -> String {
        try await run(program, words)
    }

    @discardableResult
    private static func run(_ program: String, _ words: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name("env"),
            arguments: Arguments(["-u", "CEPH_CONF", "-u", "CEPH_ARGS", "-u", "CEPH_KEYRING", program] + words),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard case .exited(0) = result.terminationStatus else {
            throw TraceReader.Failure(description: "\(program) \(words): \(result.standardError)")
        }
        return result.standardOutput
    }
}
#endif
