import Foundation
import Testing

/// `regtop doctor` without a cluster; `CephCommandTests` has the cluster.
@Suite(.timeLimit(.minutes(15))) struct DoctorCommandTests {
    @Test func everythingIsOkWithAFile() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let run = try await RegtopProgram.run("doctor", "-f", "json", store, in: place)
        #expect(run.status == 0 && run.error.isEmpty, "\(run.text)\(run.error)")
        let page: [String: Any] = try run.json()
        #expect(page["ok"] as? Bool == true)
        let checks = try #require(page["checks"] as? [[String: Any]])
        #expect(
            checks.map { $0["name"] as? String } == [
                "regtop", "librados", "sqlite", "curses", "system", "terminal", "locale", "config.yml", "log", "store",
            ])
        for check in checks {
            #expect(check["ok"] as? Bool == true && check["advice"] is NSNull, "\(check)")
            #expect((check["finding"] as? String)?.isEmpty == false)
        }
    }

    /// Each fault of the machine has a line with its remedy, and does not hide the others.
    @Test func everyFaultHasItsRemedy() async throws {
        let place = try TemporaryPlace()
        let config = "\(place.path)/.config/regtop"
        try FileManager.default.createDirectory(atPath: config, withIntermediateDirectories: true)
        try "registries: {prod: {pool: x}}\nnonsense: 1\n".write(
            toFile: "\(config)/config.yml", atomically: true, encoding: .utf8)
        let run = try await TerminalSession.run(
            ["doctor", "--store", "sqlite:\(place.path)/none.db", "--log-file", "\(place.path)/.config"],
            waitingFor: "store", answering: "",
            variables: ["TERM=no-such-type", "LC_ALL=C", "XDG_CONFIG_HOME=\(place.path)/.config"], in: place)
        #expect(run.status == 1)
        let lines = run.text.split(whereSeparator: \.isNewline)
        func line(_ name: String) -> String { lines.first { $0.hasPrefix(name + " ") }.map(String.init) ?? "" }
        for name in ["terminal", "locale", "config.yml", "log", "store"] {
            #expect(line(name).contains(" FIX "), "\(run.text)")
        }
        #expect(line("terminal").contains("TERM=no-such-type") && line("terminal").contains("set TERM to the type"))
        #expect(line("locale").contains("LC_ALL=C, not UTF-8: the console draws in ASCII; set LC_ALL to"))
        #expect(line("config.yml").contains("registries: prod: ") && line("config.yml").contains("nonsense"))
        #expect(line("store").contains("none.db"))
        for name in ["regtop", "sqlite", "system"] { #expect(line(name).contains(" ok "), "\(run.text)") }
        let good = try await TerminalSession.run(
            ["doctor", try await place.fixture()], waitingFor: "store", answering: "",
            variables: ["TERM=xterm-256color", "LC_ALL=C.UTF-8", "XDG_CONFIG_HOME=\(place.path)/none"], in: place)
        #expect(good.status == 0 && good.text.contains("256 colours"), "\(good.text)")
    }

    #if RADOS
    @Test func aMissingConfigurationIsNamed() async throws {
        let place = try TemporaryPlace()
        let run = try await RegtopProgram.run("doctor", "-c", "\(place.path)/nowhere.conf", in: place)
        #expect(run.status == 1 && run.error.isEmpty)
        let last = run.text.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("ceph.conf ") && last.contains(" FIX "), "\(run.text)")
        #expect(last.contains("nowhere.conf") && last.contains("name another ceph.conf with --conf"))
    }
    #endif
}
